"""Statements over the drivers themselves, prepared once on each connection; SQLAlchemy keeps the pool.

A statement is written with `?` for each value. PostgreSQL gets and gives text alone: its own columns tell
it the types, so that one prepared statement serves all values.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.pool import ManagesConnection

# A statement for each shape that a request can have; beyond this many, a connection prepares no more.
MOST_PREPARED = 400
OK = (1, 2)  # libpq's PGRES_COMMAND_OK and PGRES_TUPLES_OK


@lru_cache(maxsize=4096)
def numbered(statement: str) -> bytes:
    """Return a statement with PostgreSQL's `$1`, `$2` in the place of each `?`."""
    first, *rest = statement.split("?")
    return (first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))).encode()


def as_text(value: Any) -> bytes:
    """Return a value that is there in PostgreSQL's text format."""
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return str(value).encode()


def as_array(values: Iterable[str]) -> str:
    """Return texts as PostgreSQL writes an array of them."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def run_postgresql(
    held: ManagesConnection, statement: str, values: Sequence[Any]
) -> list[tuple[bytes | None, ...]]:
    """Run one statement in its own transaction; return its rows as text. Raises psycopg's errors."""
    answer = _answer(held, statement, values)
    columns, value_at = range(answer.nfields), answer.get_value
    return [tuple([value_at(row, column) for column in columns]) for row in range(answer.ntuples)]


def touch_postgresql(held: ManagesConnection, statement: str, values: Sequence[Any]) -> int:
    """Run one statement, within the transaction that may be open; return how many rows it touched."""
    return int(_answer(held, statement, values).command_tuples or 0)


def _answer(held: ManagesConnection, statement: str, values: Sequence[Any]) -> Any:
    from psycopg.errors import error_from_result  # noqa: PLC0415 - SQLite users need no psycopg

    connection: Any = held.driver_connection
    text = numbered(statement)
    # Nearly all are None or text; a call for each of them would cost more than the statement's own sending.
    given = [
        None if value is None else value.encode() if type(value) is str else as_text(value)
        for value in values
    ]
    prepared: dict[bytes, bytes] = held.info.setdefault("prepared", {})
    name = prepared.get(text)
    if name is None and len(prepared) < MOST_PREPARED:
        name = b"florin_%d" % len(prepared)
        answer = connection.pgconn.prepare(name, text)
        if answer.status not in OK:
            raise error_from_result(answer)
        prepared[text] = name
    if name is None:
        answer = connection.pgconn.exec_params(text, given)
    else:
        answer = connection.pgconn.exec_prepared(name, given)
    if answer.status not in OK:
        raise error_from_result(answer)
    return answer


def run_sqlite(held: ManagesConnection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one reading statement; return its rows."""
    connection: Any = held.driver_connection
    rows: list[tuple[Any, ...]] = connection.execute(statement, values).fetchall()
    return rows
