"""Several statements in one transaction, for work on many rows at once that no request waits for."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, PoolProxiedConnection, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from kit.database import Base, db
from kit.driver import touch_postgresql
from kit.writing import UNIQUE_ERRORS, DuplicateRow, StaleWrite
from kit.writing import _sqlite_writer as sqlite_writer

DELETED_AT_ONCE = 1000


def delete_where(noun: type[Base], condition: ColumnElement[bool]) -> int:
    """Delete rows that meet a condition; return how many. Some at a time, so that no writer waits long."""
    key: InstrumentedAttribute[str] = noun.id  # type: ignore[attr-defined]
    some = delete(noun).where(key.in_(select(key).where(condition).limit(DELETED_AT_ONCE)))
    deleted = 0
    while count := int(db.session.execute(some).rowcount):  # type: ignore[attr-defined]
        deleted += count
    return deleted


def update_where(noun: type[Base], condition: ColumnElement[bool], values: dict[str, Any]) -> int:
    """Set the same values in all rows that meet a condition; return how many. It raises every version."""
    versioned: Any = noun
    change = update(noun).where(condition).values(**values, version=versioned.version + 1)
    options = {"synchronize_session": False}
    return int(db.session.execute(change, execution_options=options).rowcount)  # type: ignore[attr-defined]


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
        if db.engine.dialect.name == "postgresql":
            return _run_postgresql(proxied, steps)
        with sqlite_writer:
            return _run_sqlite(proxied, steps)
    finally:
        proxied.close()


def _touched(step: Step, execute: Callable[[str, Sequence[Any]], int]) -> int:
    sets = (step.values,) if step.many is None else step.many
    touched = sum(execute(step.statement, values) for values in sets)
    if step.rows is not None and touched != step.rows:
        raise StaleWrite
    return touched


def _run_postgresql(proxied: PoolProxiedConnection, steps: Sequence[Step]) -> list[int]:
    # Past psycopg's own transactions: its rollback forgets all that the driver has prepared on a connection.
    from psycopg.errors import DeadlockDetected, UniqueViolation  # noqa: PLC0415 - SQLite users need no psycopg

    execute = partial(touch_postgresql, proxied)
    execute("BEGIN", ())
    try:
        touched = [_touched(step, execute) for step in steps]
    except BaseException as error:
        execute("ROLLBACK", ())
        if isinstance(error, DeadlockDetected):
            raise StaleWrite from error
        if isinstance(error, UniqueViolation):
            raise DuplicateRow(str(error.diag.constraint_name)) from error
        raise
    execute("COMMIT", ())
    return touched


def _run_sqlite(proxied: PoolProxiedConnection, steps: Sequence[Step]) -> list[int]:
    connection: Any = proxied.driver_connection
    cursor = connection.cursor()

    def execute(statement: str, values: Sequence[Any]) -> int:
        return int(cursor.execute(statement, values).rowcount)

    cursor.execute("BEGIN IMMEDIATE")
    try:
        touched = [_touched(step, execute) for step in steps]
        cursor.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            cursor.execute("ROLLBACK")
        if isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorname in UNIQUE_ERRORS:
            raise DuplicateRow(str(error)) from error
        raise
    return touched
