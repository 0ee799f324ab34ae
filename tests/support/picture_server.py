"""A merchant's picture server on this machine, which may also misbehave."""

import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Misbehave = Callable[[BaseHTTPRequestHandler], None]


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        given = self.server.pictures.get(self.path.lstrip("/"))  # type: ignore[attr-defined]
        if callable(given):
            given(self)
        elif given is None:
            self.send_error(404)
        else:
            answer(self, given)

    def log_message(self, format: str, *args: object) -> None:
        """The server keeps what it was asked for, not a log on the terminal."""


def answer(handler: BaseHTTPRequestHandler, body: bytes, media_type: str = "image/png") -> None:
    """Answer a picture, whatever it really is."""
    handler.send_response(200)
    handler.send_header("Content-Type", media_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Answer a byte now and then, for as long as somebody listens."""
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.end_headers()
    try:
        for byte in b"\x89PNG\r\n\x1a\n" * 100:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return  # who asked has gone, as it should


def redirect(handler: BaseHTTPRequestHandler) -> None:
    """Send whoever asks on to a picture of this very server."""
    handler.send_response(302)
    handler.send_header("Location", "/good.png")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@contextmanager
def picture_server(
    pictures: Mapping[str, bytes | Misbehave], asked: list[str] | None = None
) -> Iterator[str]:
    """Serve pictures by their names; yields the server's address, and notes in `asked` what was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pictures)
    server.pictures = pictures  # type: ignore[attr-defined]
    server.asked = asked if asked is not None else []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def drawn(width: int, height: int) -> bytes:
    """Return a PNG of a soft gradient, drawn here so that no picture of anybody's is needed."""
    rows = b"".join(
        b"\0" + b"".join(bytes((230 - 90 * y // height, 120 + 90 * x // width, 60)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
