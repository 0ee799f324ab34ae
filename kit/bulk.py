"""Several statements in one transaction, for work on many rows at once that no request waits for."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kit.database import db
from kit.writing import UNIQUE_ERRORS, DuplicateRow, StaleWrite
from kit.writing import _sqlite_writer as sqlite_writer


@dataclass(frozen=True, slots=True)
class Step:
    """A statement with `?` for each value; `rows` is how many it has to touch, None for any number.

    `many` holds further sets of values, where one statement is to be run for each of them.
    """

    statement: str
    values: Sequence[Any] = ()
    rows: int | None = None
    many: Sequence[Sequence[Any]] | None = None


def run(steps: Sequence[Step]) -> list[int]:
    """Run all steps in one transaction of their own and return how many rows each has touched.

    Raises StaleWrite where a step touches another number of rows than it must, and DuplicateRow; nothing is
    written then. The session's rows are not part of it.
    """
    proxied = db.engine.raw_connection()
    try:
        connection: Any = proxied.driver_connection
        if db.engine.dialect.name == "postgresql":
            return _run_postgresql(connection, steps)
        with sqlite_writer:
            return _run_sqlite(connection, steps)
    finally:
        proxied.close()


def _touch(cursor: Any, step: Step, statement: str) -> int:
    if step.many is not None:
        cursor.executemany(statement, step.many)
    else:
        cursor.execute(statement, step.values)
    touched = int(cursor.rowcount)
    if step.rows is not None and touched != step.rows:
        raise StaleWrite
    return touched


def _run_postgresql(connection: Any, steps: Sequence[Step]) -> list[int]:
    from psycopg.errors import DeadlockDetected, UniqueViolation  # noqa: PLC0415 - SQLite users need no psycopg

    try:
        with connection.transaction(), connection.cursor() as cursor:
            return [_touch(cursor, step, step.statement.replace("?", "%s")) for step in steps]
    except DeadlockDetected as error:
        raise StaleWrite from error
    except UniqueViolation as error:
        raise DuplicateRow(str(error.diag.constraint_name)) from error


def _run_sqlite(connection: sqlite3.Connection, steps: Sequence[Step]) -> list[int]:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        touched = [_touch(cursor, step, step.statement) for step in steps]
        cursor.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            cursor.execute("ROLLBACK")
        if isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorname in UNIQUE_ERRORS:
            raise DuplicateRow(str(error)) from error
        raise
    return touched
