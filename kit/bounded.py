"""Queries that may have to read much: on a connection of their own, for so long and no longer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Executable, text
from sqlalchemy.exc import OperationalError

from kit.database import db

STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine, some tenths of a millisecond


class TooSlow(Exception):
    """The query did not end in its time; it has been broken off."""


def scalars(query: Executable, seconds: float) -> list[Any]:
    """Return the first column of what a query finds; raises TooSlow. The session is no part of it."""
    with db.engine.connect() as connection:
        limited = _limited_postgresql if connection.dialect.name == "postgresql" else _limited_sqlite
        with limited(connection, seconds):
            return list(connection.execute(query).scalars())


@contextmanager
def _limited_postgresql(connection: Connection, seconds: float) -> Iterator[None]:
    from psycopg.errors import QueryCanceled  # noqa: PLC0415 - SQLite users need no psycopg

    connection.execute(text(f"SET statement_timeout = {max(1, round(seconds * 1000))}"))
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise TooSlow from error
        raise
    finally:
        if not connection.invalidated:
            connection.execute(text("RESET statement_timeout"))


@contextmanager
def _limited_sqlite(connection: Connection, seconds: float) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    end = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > end, STEPS_BETWEEN_LOOKS)
    try:
        yield
    except OperationalError as error:
        cause = error.orig
        if isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorname == "SQLITE_INTERRUPT":
            raise TooSlow from error
        raise
    finally:
        driver.set_progress_handler(None, 0)
