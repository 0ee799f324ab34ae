"""Many requests under way at once, in one thread where that is possible and in their own where it isn't.

A request over a kept-alive connection is written at once, and its reply is taken when it is there. Whoever
would have to wait for anything else is given a thread: for a name, for connecting, for a reply that comes in
pieces or is of a rarer kind. A thread for each request costs more than the request, in changes between them.
"""

from __future__ import annotations

import http.client
import logging
import queue
import selectors
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from kit import urls, wire
from kit.addresses import Reach
from kit.deadline import Connection, now_seconds
from kit.http import RECEIVED_CAP_BYTES, Client, Failure, Progress, Response
from kit.idle import Route
from kit.pool import DaemonPool

logger = logging.getLogger("florin.exchanges")

# An idle connection has been looked at no longer ago when it is used: its peer may have closed it.
LOOKED_AT_SECONDS = 0.0005
# How often those under way are looked through for one that has had its time.
EXPIRY_SECONDS = 0.05
METHOD = "POST"
Key = Any
Answer = Response | Failure


@dataclass(slots=True, eq=False)
class _Exchange:
    key: Key
    route: Route
    request: bytes
    progress: Progress = field(default_factory=Progress)


@dataclass(slots=True, eq=False)
class _Line:
    """A connection of this thread's, with the exchange that it waits for, or idle."""

    connection: Connection
    route: Route
    exchange: _Exchange | None = None


class Exchanges:
    """The requests of one thread. It posts, and then asks what has come of them."""

    def __init__(self, client: Client, *, timeout_seconds: float, most: int, name: str) -> None:
        self._client = client
        self._seconds = timeout_seconds
        self._pool = DaemonPool(most, name=name)
        self._selector = selectors.DefaultSelector()
        self._idle: dict[Route, list[_Line]] = {}
        self._waiting: set[_Line] = set()
        self._expired_at = 0.0
        self._ended: list[tuple[Key, Answer]] = []
        self._looked_at = 0.0
        # What the threads have to tell, and the pair of sockets over which they wake this one.
        self._told: queue.SimpleQueue[tuple[_Exchange, Answer, Connection | None]] = queue.SimpleQueue()
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give idle connections back to the client; what is still under way is nobody's any more."""
        self._pool.__exit__(kind, error, trace)
        for lines in self._idle.values():
            for line in lines:
                self._client.give_back(line.route, line.connection)
        for line in self._waiting:
            self._client.busy.discard(line.connection)
            line.connection.close()
        self._selector.close()
        self._woken.close()
        self._waker.close()
        while not self._told.empty():
            _, _, connection = self._told.get()
            if connection is not None:
                connection.close()

    def post(
        self, key: Key, url: str, body: bytes, headers: Mapping[str, str], *, reach: Reach | None = None
    ) -> None:
        """POST once; what came of it is told by finished() under this key.

        Raises ValueError for a header that can't be sent.
        """
        target = urls.parse(url)
        if isinstance(target, str):
            self._ended.append((key, Failure("invalid_url", sent=False, detail=target)))
            return
        route = (target.tls, target.host, target.port, reach)
        exchange = _Exchange(key, route, self._client.rendered(METHOD, target, headers, body))
        line = None if self._client.is_stopped else self._take(route)
        if line is None:
            self._pool.submit(self._in_thread, exchange, self._whole)
        else:
            self._begin(line, exchange)

    def finished(self, wait_seconds: float) -> list[tuple[Key, Answer]]:
        """Return the answers that have come, after waiting for a first one no longer than that."""
        self._look(0.0 if self._ended else wait_seconds)
        ended, self._ended = self._ended, []
        return ended

    def _take(self, route: Route) -> _Line | None:
        if now_seconds() - self._looked_at > LOOKED_AT_SECONDS:
            self._look(0.0)
        lines = self._idle.get(route)
        while lines:
            line = lines.pop()
            if self._client.idle.is_fresh(line.connection):
                return line
            self._close(line)
        connection = self._client.idle.take(route)
        return None if connection is None else self._line(connection, route)

    def _line(self, connection: Connection, route: Route) -> _Line:
        line = _Line(connection, route)
        self._selector.register(connection.sock, selectors.EVENT_READ, line)
        return line

    def _begin(self, line: _Line, exchange: _Exchange) -> None:
        connection, progress = line.connection, exchange.progress
        data = exchange.request
        connection.begin(progress.started + self._seconds, RECEIVED_CAP_BYTES)
        line.exchange = exchange
        self._client.busy.add(connection)
        if self._client.is_stopped:  # before it could be seen among those that are broken off
            self._fail(line, exchange, ConnectionAbortedError("the client has been stopped"))
            return
        progress.sent = True
        try:
            written = connection.sock.send_at_once(data)
        except OSError as error:
            self._fail(line, exchange, error)
            return
        if written == len(data):
            self._waiting.add(line)
        else:
            self._hand_over(line, exchange, data[written:], None)

    def _look(self, wait_seconds: float) -> None:
        """Take what has come, from the other sides and from the threads, and end what has had its time."""
        for selected, _ in self._selector.select(wait_seconds):
            line = selected.data
            if line is None:
                self._hear()
            elif line.exchange is not None:
                self._receive(line, line.exchange)
            else:  # its end, or bytes that nobody asked for
                self._idle[line.route].remove(line)
                self._close(line)
        now = self._looked_at = now_seconds()
        if now - self._expired_at < EXPIRY_SECONDS:
            return
        self._expired_at = now
        for line in [line for line in self._waiting if line.connection.deadline <= now]:
            if line.exchange is not None:
                self._fail(line, line.exchange, TimeoutError("the deadline has passed"))

    def _receive(self, line: _Line, exchange: _Exchange) -> None:
        try:
            piece = line.connection.sock.receive_at_once(wire.PIECE_BYTES)
            if piece == b"":
                raise http.client.RemoteDisconnected("the connection ended without a reply")
        except OSError as error:
            self._fail(line, exchange, error)
            return
        if piece is None:
            return
        short = wire.short(piece)
        if short is None:
            self._hand_over(line, exchange, b"", piece)
            return
        self._let_go(line)
        answer = Response(short.status, short.headers, short.body, exchange.progress.elapsed_ms())
        self._ended.append((exchange.key, answer))
        if short.reusable:
            self._put_by(line)
        else:
            self._close(line)

    def _put_by(self, line: _Line) -> None:
        line.connection.idle_since = now_seconds()
        self._idle.setdefault(line.route, []).append(line)

    def _fail(self, line: _Line, exchange: _Exchange, error: OSError) -> None:
        self._ended.append((exchange.key, self._client.failure(error, exchange.progress)))
        self._let_go(line)
        self._close(line)

    def _let_go(self, line: _Line) -> None:
        self._client.busy.discard(line.connection)
        self._waiting.discard(line)
        line.exchange = None

    def _close(self, line: _Line) -> None:
        self._selector.unregister(line.connection.sock)
        line.connection.close()

    def _hand_over(self, line: _Line, exchange: _Exchange, unsent: bytes, piece: bytes | None) -> None:
        """Have a thread do the rest of an exchange."""
        connection = line.connection
        self._let_go(line)
        self._selector.unregister(connection.sock)

        def rest() -> wire.Reply:
            if unsent:
                connection.sock.sendall(unsent)
            return wire.reply(connection, METHOD, piece)

        def in_thread(_: _Exchange) -> tuple[Answer, Connection | None]:
            answer, reusable = self._client.exchange(connection, exchange.progress, rest)
            return answer, connection if reusable else None

        self._pool.submit(self._in_thread, exchange, in_thread)

    def _in_thread(
        self, exchange: _Exchange, function: Callable[[_Exchange], tuple[Answer, Connection | None]]
    ) -> None:
        connection: Connection | None = None
        try:
            answer, connection = function(exchange)
        except Exception:
            # Without an answer whoever has posted would wait for ever.
            logger.exception("a request to %s could not be made", exchange.route[1])
            answer = Failure("unreachable", sent=False, detail="Florin failed to make the request")
        self._told.put((exchange, answer, connection))
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # it has been woken often enough already
        except OSError:  # nobody waits for this any more
            if connection is not None:
                connection.close()

    def _whole(self, exchange: _Exchange) -> tuple[Answer, Connection | None]:
        connection = self._client.fresh(exchange.route)
        connection.begin(exchange.progress.started + self._seconds, RECEIVED_CAP_BYTES)
        answer, reusable = self._client.exchange(
            connection,
            exchange.progress,
            lambda: self._client.ask(connection, exchange.progress, METHOD, exchange.request),
        )
        return answer, connection if reusable else None

    def _hear(self) -> None:
        """Take what the threads have to tell."""
        self._woken.recv(4096)
        while not self._told.empty():
            exchange, answer, connection = self._told.get()
            self._ended.append((exchange.key, answer))
            if connection is not None:
                self._put_by(self._line(connection, exchange.route))
