"""A request's body is read before the request has a place: a slow client keeps nobody but itself waiting."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from kit import crew

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def read_body(environ: WSGIEnvironment, most: int) -> None:
    """Put what the client sends into the environ; of more than `most` bytes just enough to see that it is."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and length.isascii():
        wanted = int(length)
        if not 0 < wanted <= most:
            return  # nothing, or refused by its length alone
    elif "HTTP_TRANSFER_ENCODING" in environ or environ.get("SERVER_PROTOCOL") == "HTTP/2":
        wanted = most + 1  # HTTP/2 need say nothing at all of a body that follows
    else:
        return
    crew.listen()
    try:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(wanted))
    finally:
        crew.heard()
