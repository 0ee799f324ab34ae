"""Which compressed bytes a browser reads, by the header that it sends."""

from functools import lru_cache

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

GZIP = "gzip"
LONGEST_HEADER = 200  # characters of one that is remembered; no browser's is longer


def takes_gzip(header: str) -> bool:
    """Tell whether whoever sends this `Accept-Encoding` reads gzip."""
    return _known(header) if len(header) <= LONGEST_HEADER else _parsed(header)


def _parsed(header: str) -> bool:
    return bool(parse_accept_header(header, Accept).quality(GZIP))


_known = lru_cache(maxsize=128)(_parsed)
