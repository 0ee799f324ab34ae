"""The payment page's HTML compressed, where its length can tell nobody a secret.

BREACH guesses a secret of a page from the lengths of compressed answers that repeat the guesses. So only the
answer to a GET is compressed: it holds nothing of the request but the customer's language. What repeats what
somebody typed is an answer to a POST, and goes out as it is. And the one secret of the page, its CSRF token,
is signed anew each second, while a name of random length in gzip's header blurs every length, as in Django.
"""

import gzip
import secrets
from http import HTTPStatus
from io import BytesIO

from flask import Response, request

LEVEL = 4
SHORTEST_BYTES = 1024
MOST_BLUR_BYTES = 100


def compressed(response: Response) -> Response:
    """Compress a page that was asked for, by a browser that can read it so."""
    response.vary.add("Accept-Encoding")
    if (
        request.method != "GET"
        or response.status_code != HTTPStatus.OK
        or not request.accept_encodings.quality("gzip")
        or "Content-Encoding" in response.headers
        or len(body := response.get_data()) < SHORTEST_BYTES
    ):
        return response
    response.set_data(_packed(body))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _packed(body: bytes) -> bytes:
    blur = "a" * secrets.randbelow(MOST_BLUR_BYTES + 1)
    packed = BytesIO()
    with gzip.GzipFile(filename=blur, mode="wb", compresslevel=LEVEL, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
