"""Rows for a request that only reads: nobody watches them for changes, so no session has to know them.

A session, its map of identities and its closing took a fifth of a status read's processor time.
"""

import threading
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.pool import ConnectionPoolEntry

from kit.connections import Connections


class Reading:
    """One thread's request: what it has read by now, and the connection over which it reads."""

    def __init__(self, engine: Engine) -> None:
        self.is_postgresql = engine.dialect.name == "postgresql"
        self.rows: dict[tuple[type, str], Any] = {}
        self._pool: Any = engine.pool
        self._driver: ConnectionPoolEntry | None = None

    def driver(self) -> ConnectionPoolEntry:
        """Return the connection; the pool gives it when first asked."""
        if self._driver is None:
            pool: Connections = self._pool
            self._driver = pool.lend()
        return self._driver

    def end(self) -> None:
        """Give the connection back."""
        if self._driver is not None:
            self._pool.take_back(self._driver)
            self._driver = None

    def require_unchanged(self) -> None:
        """Raise RuntimeError where a row was changed: nothing would ever write it."""
        for (noun, object_id), row in self.rows.items():
            if instance_state(row).modified:
                raise RuntimeError(f"{noun.__name__} {object_id} was changed by a request that only reads")


class _Thread(threading.local):
    """What one thread is doing."""

    reading: Reading | None = None


_thread = _Thread()


def present() -> Reading | None:
    """Return what this thread's request has read, None where its rows may change."""
    return _thread.reading


class only_reading:  # noqa: N801 - used as a function; a generator's context costs twice as much
    """Read rows past the session for the block; raises RuntimeError at its end where one was changed."""

    __slots__ = ("_reading",)

    def __init__(self, engine: Engine) -> None:
        self._reading = Reading(engine)

    def __enter__(self) -> None:
        _thread.reading = self._reading

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._reading.require_unchanged()
        finally:
            _thread.reading = None
            self._reading.end()
