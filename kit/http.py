"""The outgoing HTTP client: one total deadline, a capped reply, no redirects, no silent repeats.

`Client.post()` and `Client.request()` never raise for what the other side or the network does: they
return a Response or a Failure, and `match` takes them apart. A Failure says whether the peer could
have received the request (`sent`), because that decides whether money may have moved.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import urllib3.exceptions

from kit import urls, wire
from kit.addresses import Reach
from kit.admission import Outside
from kit.deadline import (
    AddressDenied,
    Connection,
    PlainConnection,
    ReplyTooLarge,
    TlsConnection,
    now_seconds,
    tls_context,
)
from kit.idle import Idle, Route

REPLY_CAP_BYTES = 64 * 1024
# What may be received at all for one reply: the body, as much again of headers, and a buffer's worth more.
RECEIVED_CAP_BYTES = 2 * REPLY_CAP_BYTES + 16 * 1024
# An idle connection older than this is not used again: servers close theirs after some seconds, and
# a request that meets the closing is lost with no way to tell whether it was read.
IDLE_SECONDS = 4.0

FailureKind = Literal[
    "timeout",
    "denied",
    "refused",
    "unreachable",
    "dropped",
    "dns",
    "tls",
    "too_large",
    "invalid_reply",
    "invalid_url",
    "stopped",
]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of any status. Header names are lower case; the body holds at most the cap."""

    status: int
    headers: dict[str, str]
    body: bytes
    elapsed_ms: int
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. `sent` is true as soon as the peer could have received any of the request."""

    kind: FailureKind
    sent: bool
    detail: str
    elapsed_ms: int = 0


@dataclass(slots=True)
class Progress:
    """How far an exchange has come, for the Failure that may follow."""

    started: float = field(default_factory=now_seconds)
    sent: bool = False

    def elapsed_ms(self) -> int:
        return round((now_seconds() - self.started) * 1000)


class Client:
    """Keep-alive connections to any number of hosts, shared by the threads of one process."""

    def __init__(
        self,
        *,
        timeout_seconds: float = 20.0,
        user_agent: str = "Florin/1.0",
        idle_seconds: float = IDLE_SECONDS,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._user_agent = user_agent
        self._ssl_context = ssl_context
        self.idle = Idle(idle_seconds)
        self.busy: set[Connection] = set()
        self._guard = threading.Lock()
        self.is_stopped = False

    def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_seconds: float | None = None,
        reach: Reach | None = None,
    ) -> Response | Failure:
        """POST once. The deadline covers lookup, connecting, writing and the whole reply."""
        return self.request(
            "POST", url, body=body, headers=headers, timeout_seconds=timeout_seconds, reach=reach
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        reach: Reach | None = None,
    ) -> Response | Failure:
        """Make one request and at most one: nothing is ever repeated on the caller's behalf.

        `reach` says how far from the public internet the address may lie (kit/addresses.py); without it,
        for addresses that are the house's own settings, any will do.
        """
        target = urls.parse(url)
        if isinstance(target, str):
            return Failure("invalid_url", sent=False, detail=target)
        seconds = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        asked = self.rendered(method, target, headers or {}, body)
        progress = Progress()
        route = (target.tls, target.host, target.port, reach)
        connection = self.idle.take(route) or self.fresh(route)
        connection.begin(progress.started + seconds, RECEIVED_CAP_BYTES)
        with Outside():
            answer, reusable = self.exchange(
                connection, progress, lambda: self.ask(connection, progress, method, asked)
            )
        if reusable:
            connection.idle_since = now_seconds()
            self.give_back(route, connection)
        return answer

    def exchange(
        self, connection: Connection, progress: Progress, ask: Callable[[], wire.Reply]
    ) -> tuple[Response | Failure, bool]:
        """Do what asks over a connection; return what came of it, and whether the connection may serve again.

        One that may not is closed.
        """
        self.busy.add(connection)
        reusable = False
        try:
            self._refuse_if_stopped()
            answer, reusable = _read(ask(), progress)
        except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            return self.failure(error, progress), False
        else:
            return answer, reusable
        finally:
            self.busy.discard(connection)
            if not reusable:
                connection.close()

    def ask(self, connection: Connection, progress: Progress, method: str, request: bytes) -> wire.Reply:
        """Connect where that is still to be done, write a request, read the head of the reply."""
        if connection.sock is None:
            connection.connect()
            self._refuse_if_stopped()
        progress.sent = True
        connection.sock.sendall(request)
        return wire.reply(connection, method)

    def rendered(
        self, method: str, target: urls.Target, headers: Mapping[str, str], body: bytes | None
    ) -> bytes:
        """Return a request under this client's name; raises ValueError for a header that can't be sent."""
        return wire.rendered(method, target, {"User-Agent": self._user_agent, **headers}, body)

    def close(self) -> None:
        """Close idle connections; the client may be used again."""
        self.idle.close()

    def stop(self) -> None:
        """Break off the exchanges under way (each returns a Failure at once) and refuse new ones."""
        self.is_stopped = True
        for connection in list(self.busy):
            sock = connection.sock
            if sock is None:
                continue
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself in this very moment, which is what we want
        self.close()

    def _refuse_if_stopped(self) -> None:
        """Asked again once connected, since stop() cannot see a connection that has no socket yet."""
        if self.is_stopped:
            raise ConnectionAbortedError("the client has been stopped")

    def fresh(self, route: Route) -> Connection:
        """Return a new connection, not yet connected."""
        tls, host, port, reach = route
        fresh: Connection
        if tls:
            fresh = TlsConnection(host, port, ssl_context=self._tls_context())
        else:
            fresh = PlainConnection(host, port)
        fresh.reach = reach
        return fresh

    def give_back(self, route: Route, connection: Connection) -> None:
        """Keep an idle connection for a later request."""
        if self.is_stopped:
            connection.close()
        else:
            self.idle.give_back(route, connection)

    def _tls_context(self) -> ssl.SSLContext:
        with self._guard:
            if self._ssl_context is None:
                self._ssl_context = tls_context()
            return self._ssl_context

    def failure(self, error: Exception, progress: Progress) -> Failure:
        """Return what an exchange's error means."""
        kind: FailureKind = "stopped" if self.is_stopped else _kind_of(error)
        return Failure(kind, progress.sent, f"{type(error).__name__}: {error}"[:500], progress.elapsed_ms())


def _read(reply: wire.Reply, progress: Progress) -> tuple[Response | Failure, bool]:
    """The answer, and whether its connection may serve again: only after a reply read to its end."""
    if isinstance(reply, wire.Short):
        return Response(reply.status, reply.headers, reply.body, progress.elapsed_ms()), reply.reusable
    if reply.status < http.HTTPStatus.OK:
        return Failure("invalid_reply", sent=True, detail=f"status {reply.status}"), False
    body = reply.read(REPLY_CAP_BYTES + 1)
    truncated = len(body) > REPLY_CAP_BYTES
    if not truncated and reply.length:
        return Failure("dropped", sent=True, detail=f"{reply.length} bytes of the reply are missing"), False
    headers: dict[str, str] = {}
    for name, value in reply.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    reusable = not truncated and not reply.will_close and reply.isclosed()
    answer = Response(reply.status, headers, body[:REPLY_CAP_BYTES], progress.elapsed_ms(), truncated)
    return answer, reusable


# The first row whose types fit names the failure; the order matters where one type derives from another.
_KINDS: tuple[tuple[FailureKind, tuple[type[Exception], ...]], ...] = (
    ("timeout", (TimeoutError,)),
    ("denied", (AddressDenied,)),
    ("dns", (socket.gaierror,)),
    ("tls", (ssl.SSLError, urllib3.exceptions.SSLError)),
    ("refused", (ConnectionRefusedError,)),
    ("dropped", (ConnectionError, http.client.IncompleteRead)),
    ("too_large", (http.client.LineTooLong, ReplyTooLarge)),
    ("invalid_url", (http.client.InvalidURL,)),
    ("invalid_reply", (http.client.HTTPException,)),
)


def _kind_of(error: Exception) -> FailureKind:
    if type(error) is http.client.HTTPException and "headers" in str(error):
        return "too_large"  # "got more than 100 headers" has no type of its own
    return next((kind for kind, types in _KINDS if isinstance(error, types)), "unreachable")
