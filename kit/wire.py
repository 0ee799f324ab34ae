"""One HTTP/1.1 exchange over a connected socket, with as little as most exchanges need.

The standard library reads a reply through layers that cost more than the exchange. Here a reply that comes in
one piece, as short as replies to webhooks are, is taken apart at once; any other goes the usual way.
"""

from __future__ import annotations

import http.client
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kit.deadline import Connection
from kit.urls import Target

PIECE_BYTES = 16 * 1024
START_LINES = 3
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAK = re.compile(r"[\r\n\0]")
# The whole head of a reply as nearly everybody sends it; what looks otherwise is left to http.client.
_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) [^\r\n]*((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*)+)\r\n\r\n"
)
_DIGITS = re.compile(r"[0-9]{1,7}")


@dataclass(frozen=True, slots=True)
class Short:
    """A reply that came whole in one piece, and whether its connection may serve again."""

    status: int
    headers: dict[str, str]
    body: bytes
    reusable: bool


Reply = Short | http.client.HTTPResponse


def rendered(method: str, target: Target, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return a request as it is written; raises ValueError for a header that would be more than one line."""
    start = _start(method, target)
    lines = [start, *[f"{_checked(name)}: {value}" for name, value in headers.items()]]
    if body is not None or method == "POST":
        lines.append(f"Content-Length: {len(body or b'')}")
    head = "\r\n".join(lines)
    # The ends of lines that were put there, and no other; nearly all requests are told from this alone.
    ends = len(lines) + START_LINES - 2
    if head.count("\r") != ends or head.count("\n") != ends or "\0" in head:
        name = next((name for name, value in headers.items() if _BREAK.search(str(value))), start)
        raise ValueError(f"the header {name!r} can't be sent")
    return head.encode("latin-1") + b"\r\n\r\n" + (body or b"")


@lru_cache(maxsize=1024)
def _start(method: str, target: Target) -> str:
    """Return the lines that all requests to one place begin with."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    port = "" if target.port == (443 if target.tls else 80) else f":{target.port}"
    return f"{method} {target.path} HTTP/1.1\r\nHost: {host}{port}\r\nAccept-Encoding: identity"


@lru_cache(maxsize=256)
def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"the header {name!r} can't be sent")
    return name


def reply(connection: Connection, method: str, first: bytes | None = None) -> Reply:
    """Read a reply whole where it is short, else give http.client's, its head read.

    `first` is what has been read of it already.
    """
    if first is None:
        piece = bytearray(PIECE_BYTES)
        received = connection.sock.recv_into(piece)
        first = bytes(memoryview(piece)[:received])
    found = None if method == "HEAD" else short(first)
    if found is not None:
        return found
    usual = http.client.HTTPResponse(_Replayed(first, connection), method=method)  # type: ignore[arg-type]
    usual.begin()
    return usual


def short(data: bytes) -> Short | None:
    """Return the reply that came whole in one piece; None where it did not, or is of a rarer kind."""
    found = _HEAD.match(data)
    if found is None:
        return None
    headers: dict[str, str] = {}
    for line in found[2].decode("latin-1")[2:].split("\r\n"):
        name, _, value = line.partition(":")
        key, value = name.lower(), value.strip(" \t")
        if key in headers:
            if key in ("content-length", "connection"):
                return None
            value = f"{headers[key]}, {value}"
        headers[key] = value
    status, length = int(found[1]), headers.get("content-length", "")
    if "transfer-encoding" in headers or status in (204, 304) or _DIGITS.fullmatch(length) is None:
        return None
    body = data[found.end() :]
    size = int(length)
    if len(body) < size:
        return None
    # What comes after the end was asked for by nobody, and must be no answer to the next request.
    kept_alive = headers.get("connection", "keep-alive").lower() == "keep-alive"
    return Short(status, headers, body[:size], kept_alive and len(body) == size)


class _Replayed:
    """A socket, as far as http.client reads from it, of which a first piece has been read already."""

    def __init__(self, first: bytes, connection: Connection) -> None:
        self._raw = _Raw(first, connection)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


class _Raw(io.RawIOBase):
    def __init__(self, first: bytes, connection: Connection) -> None:
        self._first = first
        self._sock = connection.sock
        self._ended = not first

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._first:
            taken = self._first[: len(buffer)]
            self._first = self._first[len(taken) :]
            buffer[: len(taken)] = taken
            return len(taken)
        if self._ended:
            return 0
        received: int = self._sock.recv_into(buffer)
        self._ended = received == 0
        return received
