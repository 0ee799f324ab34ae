"""Connections that are kept alive between requests, by where they lead and how far that may be."""

from __future__ import annotations

import collections
import os

from kit.addresses import Reach
from kit.deadline import Connection, now_seconds

# As many as may be under way at once; fewer would be closed and opened anew all the time.
IDLE_CONNECTIONS_PER_HOST = 256

# TLS or not, host, port, reach: a connection made with one reach never serves a request of another.
Route = tuple[bool, str, int, Reach | None]


class Idle:
    """The idle connections of one client, shared by its threads."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._pools: dict[Route, collections.deque[Connection]] = {}
        self._pid = os.getpid()

    def take(self, route: Route) -> Connection | None:
        """Return a connection that is still whole, the freshest first; None where there is none."""
        if self._pid != os.getpid():  # a forked child must not talk over its parent's sockets
            self._pid, self._pools = os.getpid(), {}
        pool = self._pools.get(route)
        while pool:
            try:
                connection = pool.pop()
            except IndexError:  # another thread took the last one
                break
            # Anything to read on an idle connection is its end, or bytes that nobody asked for.
            if self.is_fresh(connection) and connection.is_connected:
                return connection
            connection.close()
        return None

    def is_fresh(self, connection: Connection) -> bool:
        """Tell whether it was used so lately that the other side will not be about to close it."""
        return connection.idle_since >= now_seconds() - self._idle_seconds

    def give_back(self, route: Route, connection: Connection) -> None:
        """Keep a connection for the next request, unless there are plenty."""
        pool = self._pools.setdefault(route, collections.deque())
        if len(pool) >= IDLE_CONNECTIONS_PER_HOST:
            connection.close()
        else:
            pool.append(connection)

    def close(self) -> None:
        """Close all."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            for connection in pool:
                connection.close()
