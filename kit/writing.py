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

from sqlalchemy import Table
from sqlalchemy.pool import ManagesConnection

from kit.driver import touch_postgresql

UNIQUE_ERRORS = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


class StaleWrite(Exception):
    """Someone else changed a row since it was read; nothing of the request was written."""


class DuplicateRow(Exception):
    """A row with the same unique key exists; nothing of the request was written."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What one row's statement looks like, apart from its values; each is made once, and compiled once."""

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
    return f'INSERT INTO "{shape.table.name}" ({", ".join(names)}) VALUES {_marks(shape)}'


def _marks(shape: Shape) -> str:
    return f"({', '.join('?' for _ in shape.columns)})"


@lru_cache(maxsize=1024)
def _compiled_postgresql(groups: tuple[tuple[Shape, int], ...]) -> str:
    parts = []
    guarded = []
    for number, (shape, count) in enumerate(groups):
        rest = " RETURNING 1" if shape.is_update else f", {_marks(shape)}" * (count - 1)
        parts.append(f"w{number} AS ({one_statement(shape)}{rest})")
        if shape.is_update:
            guarded.append(f"(SELECT count(*) FROM w{number}) = 1")
    # A division by zero is the one way to fail a whole statement from inside a plain SELECT.
    check = f"1 / (CASE WHEN {' AND '.join(guarded)} THEN 1 ELSE 0 END)" if guarded else "1"
    # PostgreSQL carries out what nothing refers to from the last to the first, and so numbers its rows.
    return f"WITH {', '.join(reversed(parts))} SELECT {check}"


def _grouped(changes: Sequence[Change]) -> list[tuple[Shape, list[Change]]]:
    """Return the changes with each table's new rows together, in their order; an update stands by itself.

    PostgreSQL opens a table and its indexes anew for each part of a statement, which costs as much as a row.
    """
    groups: list[tuple[Shape, list[Change]]] = []
    of_shape: dict[Shape, list[Change]] = {}
    for change in changes:
        group = of_shape.get(change.shape)
        if group is not None:
            group.append(change)
            continue
        group = [change]
        groups.append((change.shape, group))
        if not change.shape.is_update:
            of_shape[change.shape] = group
    return groups


def write_postgresql(held: ManagesConnection, changes: Sequence[Change]) -> None:
    """Write all changes in one prepared statement on an autocommit psycopg connection."""
    from psycopg.errors import DeadlockDetected, DivisionByZero, UniqueViolation  # noqa: PLC0415 - SQLite users need no psycopg

    groups = _grouped(changes)
    statement = _compiled_postgresql(tuple([(shape, len(group)) for shape, group in groups]))
    # In the order of the statement's text, which is the last part first.
    values: list[Any] = []
    for _, group in reversed(groups):
        for change in group:
            values += change.values
            values += change.key
    try:
        touch_postgresql(held, statement, values)
    except (DivisionByZero, DeadlockDetected) as error:  # both mean that somebody else was faster
        raise StaleWrite from error
    except UniqueViolation as error:
        raise DuplicateRow(str(error.diag.constraint_name)) from error


# Threads that wait for the one writer inside SQLite sleep in growing steps; here they wake at once.
_sqlite_writer = threading.Lock()


def _refuse_stale(change: Change, rows: int) -> None:
    if change.shape.is_update and rows != 1:
        raise StaleWrite


def write_sqlite(held: ManagesConnection, changes: Sequence[Change]) -> None:
    """Write all changes in one BEGIN IMMEDIATE transaction on an autocommit sqlite3 connection."""
    with sqlite_transaction(held) as cursor:
        for change in changes:
            cursor.execute(one_statement(change.shape), (*change.values, *change.key))
            _refuse_stale(change, cursor.rowcount)


@contextmanager
def sqlite_transaction(held: ManagesConnection) -> Iterator[sqlite3.Cursor]:
    """Hold the one writer's lock and a transaction; raises DuplicateRow where a unique key is taken."""
    connection: Any = held.driver_connection
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
