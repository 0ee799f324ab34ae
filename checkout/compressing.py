"""The payment page's HTML compressed, where its length can tell nobody a secret.

BREACH guesses a secret of a page from the lengths of compressed answers that repeat the guesses. So only the
answer to a GET is compressed: it holds nothing of the request but the customer's language. What repeats what
somebody typed is an answer to a POST, and goes out as it is. And the one secret of the page, its CSRF token,
is signed anew each second, while a name of random length in gzip's header blurs every length, as in Django.
Most pages are put together of pieces, with nothing of a session's compressed at all (checkout/pieces.py).
"""

import secrets
import struct
import zlib
from http import HTTPStatus

from flask import Response, request

from kit.encodings import GZIP

LEVEL = 4
SHORTEST_BYTES = 1024
MOST_BLUR_BYTES = 100
HEAD = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"  # deflated, with a name, of no time and no system


def compressed(response: Response) -> Response:
    """Compress a page that was asked for, by a browser that can read it so."""
    response.vary.add("Accept-Encoding")
    if (
        request.method != "GET"
        or response.status_code != HTTPStatus.OK
        or not wants_gzip()
        or "Content-Encoding" in response.headers
        or len(body := response.get_data()) < SHORTEST_BYTES
    ):
        return response
    response.set_data(_packed(body))
    response.headers["Content-Encoding"] = GZIP
    return response


def wants_gzip() -> bool:
    """Tell whether the browser reads gzip."""
    return bool(request.accept_encodings.quality(GZIP))


def head() -> bytes:
    """Return the head of a gzip member, with a name of random length that says nothing."""
    return HEAD + b"a" * secrets.randbelow(MOST_BLUR_BYTES + 1) + b"\x00"


def _packed(body: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    tail = struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)
    return head() + packer.compress(body) + packer.flush() + tail
