"""Reading an address that somebody else wrote, in the one way that leaves no doubt about its host."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import urllib3.exceptions
import urllib3.util

from kit.deadline import literal_address

NEEDED = "need http(s)://host with a name in ASCII, without user, password, spaces or control characters"

# Nothing that another reader could take for a different host gets past this: no user, no backslash, no
# control character, no escape or foreign digit in the host, no dot at its end.
_PLAIN = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[0-9]{1,5})?(?:[/?#][^\x00-\x20\x7f\\]*)?",
    re.IGNORECASE,
)
# A last label that is a number makes the whole host one (WHATWG URL): 127.1, 0x7f.1, 2130706433.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
MAXIMUM_HOST_CHARS, MAXIMUM_LABEL_CHARS = 253, 63


class Target(NamedTuple):
    """Where a request goes; an IPv6 host stands without its brackets."""

    tls: bool
    host: str
    port: int
    path: str


@functools.lru_cache(maxsize=1024)
def parse(url: str) -> Target | str:
    """Return where an address leads, or the sentence that says what is wrong with it."""
    if _PLAIN.fullmatch(url) is None:
        return NEEDED
    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.host or parts.auth is not None or parts.port == 0:
        return NEEDED
    tls = parts.scheme == "https"
    host = parts.host.removeprefix("[").removesuffix("]")
    if not _is_host(host):
        return "the host is neither a name nor an address written in full"
    return Target(tls, host, parts.port or (443 if tls else 80), parts.request_uri)


def _is_host(host: str) -> bool:
    if ":" in host or _NUMERIC.fullmatch(host):
        return bool(literal_address(host, 0))
    return len(host) <= MAXIMUM_HOST_CHARS and max(map(len, host.split("."))) <= MAXIMUM_LABEL_CHARS
