"""The engine's pool of connections, which also lends them without SQLAlchemy's wrapping.

A wrapped connection tells listeners of each step, resets itself and watches for being forgotten: a tenth of a
request's processor time, for nothing where connections are always in autocommit and always given back.
"""

import time
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from kit.driver import run_postgresql

# A cache of 2 MiB for each thread's connection, as SQLite would have it, made most of a web process's growth;
# whatever it lets go of stays in the system's own cache.
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "cache_size=-256",
)  # fmt: skip


class Connections(QueuePool):
    """A pool of as many connections as there are threads, and some more."""

    def lend(self) -> ConnectionPoolEntry:
        """Return a connection that is whole; whoever asked for it gives it back."""
        entry: Any = self._do_get()
        try:
            # Only PostgreSQL's can break; rows travel past SQLAlchemy, which so sees none of them do it.
            if getattr(entry.dbapi_connection, "closed", False):
                if self._invalidate_time < entry.starttime:
                    self._invalidate_time = time.time()  # The others broke with it: each is made anew.
                entry.invalidate()
            entry.get_connection()
        except BaseException:
            self._do_return_conn(entry)
            raise
        lent: ConnectionPoolEntry = entry
        return lent

    def take_back(self, entry: ConnectionPoolEntry) -> None:
        """Have a connection again; nothing is open on it."""
        self._do_return_conn(entry)


def at_once(engine: Engine, statement: str, values: Sequence[Any]) -> list[tuple[bytes | None, ...]]:
    """Run one statement of PostgreSQL's, prepared once, in its own transaction; return its rows as text."""
    pool: Any = engine.pool
    lent = pool.lend()
    try:
        return run_postgresql(lent, statement, values)
    finally:
        pool.take_back(lent)


def engine_options(url: str, *, pool_size: int) -> dict[str, Any]:
    """Return the engine options of a database URL: autocommit, fast JSON, a connection for each thread."""
    options: dict[str, Any] = {
        "poolclass": Connections,
        "isolation_level": "AUTOCOMMIT",
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "pool_size": pool_size,
        # The one used last: its server process is still warm, and those not wanted stay asleep.
        "pool_use_lifo": True,
        # Nothing is ever left open on an autocommit connection that a rollback would have to end.
        "pool_reset_on_return": None,
        "max_overflow": 2 * pool_size,
        # An error's text goes to logs; a customer's details have no business there.
        "hide_parameters": True,
    }
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 30}
    else:
        options["pool_pre_ping"] = False
    return options


def prepare_engine(engine: Engine) -> None:
    """Set SQLite's durability on each new connection; let go of PostgreSQL's once they have broken."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "checkout", _refuse_broken)
        return

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _refuse_broken(connection: Any, _record: object, _fairy: object) -> None:
    """Have the pool renewed: rows are read and written past SQLAlchemy, which so sees no connection break."""
    if connection.closed:
        raise InvalidatePoolError
