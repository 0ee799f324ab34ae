"""One request as an operation needs it; werkzeug's own takes a tenth of a status read to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Request, current_app
from werkzeug.exceptions import ClientDisconnected, LengthRequired, RequestEntityTooLarge

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Asked:
    """What a request's environ says, with headers under their names there (`HTTP_STRIPE_VERSION`)."""

    __slots__ = ("environ", "method", "path")

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        path: str = environ["PATH_INFO"]
        self.path = path if path.isascii() else path.encode("latin-1").decode(errors="replace")

    def header(self, name: str) -> str | None:
        """Return a header; None where there is none."""
        value: str | None = self.environ.get(name)
        return value

    @property
    def address(self) -> str | None:
        """The address that asks."""
        return self.header("REMOTE_ADDR")

    @property
    def content_type(self) -> str:
        """The type that the body is said to have; empty for none."""
        return self.header("CONTENT_TYPE") or ""

    @property
    def query_string(self) -> bytes:
        """What stands behind the path's question mark, as it was sent."""
        return (self.header("QUERY_STRING") or "").encode("latin-1")

    def body(self) -> bytes:
        """Return the body; raises RequestEntityTooLarge, ClientDisconnected or LengthRequired.

        One of a known and modest length is read without werkzeug's stream around it. One that comes in chunks
        is refused: granian gives what has arrived of a broken one as if it were whole, and `amount=2000` that
        is cut off within the number is well formed, too.
        """
        most: int = current_app.config["MAX_CONTENT_LENGTH"]
        length = self.header("CONTENT_LENGTH") or ""
        if length.isdecimal() and length.isascii() and int(length) <= most:
            body: bytes = self.environ["wsgi.input"].read(int(length))
            if len(body) == int(length):
                return body
            raise ClientDisconnected
        body = Request(self.environ).get_data(cache=False)
        if len(body) >= most:
            raise RequestEntityTooLarge  # werkzeug cuts a body of unknown length off there, and says nothing
        if body or self.header("HTTP_TRANSFER_ENCODING"):
            raise LengthRequired
        return body
