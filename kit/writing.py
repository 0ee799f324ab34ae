"""One statement for all rows of a request: the compiled form behind `database.commit`.

PostgreSQL gets a single data-modifying CTE, which is atomic by itself and costs one round trip;
SQLite gets plain statements in one BEGIN IMMEDIATE. Every update is guarded by the row's version.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import PoolProxiedConnection, Table

from kit.driver import run_postgresql

UNIQUE_ERRORS = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


class StaleWrite(Exception):
    """Someone else changed a row since it was read; nothing of the request was written."""


class DuplicateRow(Exception):
    """A row with the same unique key exists; nothing of the request was written."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one row's statement looks like, apart from its values; hashable, so that it compiles once."""

    table: Table
    columns: tuple[str, ...]
    is_update: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One row to write; an update also carries its primary key and the version it was read at."""

    shape: Shape
    values: tuple[Any, ...]
    key: tuple[Any, ...] = ()


def _guard(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns] + ["version"]


@lru_cache(maxsize=1024)
def one_statement(shape: Shape) -> str:
    """Return the statement that writes one row of a shape, with `?` for each value."""
    names = [f'"{name}"' for name in shape.columns]
    if shape.is_update:
        settings = ", ".join(f"{name} = ?" for name in names)
        where = " AND ".join(f'"{name}" = ?' for name in _guard(shape.table))
        return f'UPDATE "{shape.table.name}" SET {settings}, "version" = "version" + 1 WHERE {where}'
    values = ", ".join("?" for _ in names)
    return f'INSERT INTO "{shape.table.name}" ({", ".join(names)}) VALUES ({values})'


@lru_cache(maxsize=1024)
def _compiled_postgresql(shapes: tuple[Shape, ...]) -> str:
    parts = []
    guarded = []
    for number, shape in enumerate(shapes):
        returning = " RETURNING 1" if shape.is_update else ""
        parts.append(f"w{number} AS ({one_statement(shape)}{returning})")
        if shape.is_update:
            guarded.append(f"(SELECT count(*) FROM w{number}) = 1")
    # A division by zero is the one way to fail a whole statement from inside a plain SELECT.
    check = f"1 / (CASE WHEN {' AND '.join(guarded)} THEN 1 ELSE 0 END)" if guarded else "1"
    # PostgreSQL carries out what nothing refers to from the last to the first, and so numbers its rows.
    return f"WITH {', '.join(reversed(parts))} SELECT {check}"


def write_postgresql(proxied: PoolProxiedConnection, changes: Sequence[Change]) -> None:
    """Write all changes in one prepared statement on an autocommit psycopg connection."""
    from psycopg.errors import DeadlockDetected, DivisionByZero, UniqueViolation  # noqa: PLC0415 - SQLite users need no psycopg

    statement = _compiled_postgresql(tuple(change.shape for change in changes))
    # In the order of the statement's text, which is the last row first.
    values = [value for change in reversed(changes) for value in (*change.values, *change.key)]
    try:
        run_postgresql(proxied, statement, values)
    except (DivisionByZero, DeadlockDetected) as error:  # both mean that somebody else was faster
        raise StaleWrite from error
    except UniqueViolation as error:
        raise DuplicateRow(str(error.diag.constraint_name)) from error


# Threads that wait for the one writer inside SQLite sleep in growing steps; here they wake at once.
_sqlite_writer = threading.Lock()


def _refuse_stale(change: Change, rows: int) -> None:
    if change.shape.is_update and rows != 1:
        raise StaleWrite


def write_sqlite(proxied: PoolProxiedConnection, changes: Sequence[Change]) -> None:
    """Write all changes in one BEGIN IMMEDIATE transaction on an autocommit sqlite3 connection."""
    with sqlite_transaction(proxied) as cursor:
        for change in changes:
            cursor.execute(one_statement(change.shape), (*change.values, *change.key))
            _refuse_stale(change, cursor.rowcount)


@contextmanager
def sqlite_transaction(proxied: PoolProxiedConnection) -> Iterator[sqlite3.Cursor]:
    """Hold the one writer's lock and a transaction; raises DuplicateRow where a unique key is taken."""
    connection: Any = proxied.driver_connection
    with _sqlite_writer:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except BaseException as error:
            # A full disk ends a transaction by itself; what stays open would lock out every other writer.
            if connection.in_transaction:
                cursor.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorname in UNIQUE_ERRORS:
                raise DuplicateRow(str(error)) from error
            raise
