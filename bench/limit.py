"""The limit: bare WSGI, one prepared statement, one commit, and the same rows as Florin writes.

No routing, no validation, no key check, no ORM: what the server, the driver and the database allow.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from bench.rows import Template, Writer, fresh_atoms, load

DATABASE = os.environ.get("BENCH_DATABASE", "")
PAGE = 10
MARK = {True: "$", False: "?"}
LIST_URL = "/v1/checkout/sessions"

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Connections(threading.local):
    """One connection for each thread, opened when it is first needed."""

    is_postgres = DATABASE.startswith("postgresql")

    def __init__(self) -> None:
        self.postgres: psycopg.Connection | None = None
        self.sqlite: sqlite3.Connection | None = None
        if self.is_postgres:
            self.postgres = psycopg.connect(DATABASE, autocommit=True)
        else:
            self.sqlite = sqlite3.connect(DATABASE, timeout=30, isolation_level=None)
            self.sqlite.execute("PRAGMA journal_mode=WAL")
            self.sqlite.execute("PRAGMA synchronous=FULL")

    def read(self, statement: str, values: list[Any]) -> list[Any]:
        """Run one query; with a raw cursor, since the usual one parses long statements each time anew."""
        if self.postgres is not None:
            return psycopg.RawCursor(self.postgres).execute(statement, values, prepare=True).fetchall()
        if self.sqlite is None:
            raise RuntimeError("this thread has no connection")
        return self.sqlite.execute(statement, values).fetchall()


connections = Connections()
# SQLite's own waiting for its one writer sleeps in steps; a lock of the process's own wakes the next at once.
one_writer = threading.Lock()


@cache
def templates() -> dict[str, Template]:
    """Read what the bench learned, once it has learned it."""
    return load(Path(os.environ["BENCH_TEMPLATES"]))


@cache
def writer(name: str) -> Writer:
    """Prepare a template."""
    return Writer(templates()[name])


def insert(table: str, columns: list[str], marks: list[str]) -> str:
    """Render one INSERT."""
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(marks)})'  # noqa: S608 - our own schema


@cache
def postgres_statement(name: str) -> str:
    """Render all rows of a template as one data-modifying CTE."""
    parts = []
    numbers = count(1)
    for number, row in enumerate(templates()[name].rows):
        marks = [f"${next(numbers)}" for _ in row.columns]
        parts.append(f"w{number} AS ({insert(row.table, row.columns, marks)})")
    return f"WITH {', '.join(parts)} SELECT 1"


@cache
def sqlite_statements(name: str) -> list[tuple[str, int]]:
    """Render each row of a template as an INSERT, with the number of its parameters."""
    rows = templates()[name].rows
    return [(insert(row.table, row.columns, ["?"] * len(row.columns)), len(row.columns)) for row in rows]


def write(name: str) -> bytes:
    """Insert a fresh copy of a template's rows and return its answer."""
    ready = writer(name)
    fresh = fresh_atoms(ready.lengths)
    values = ready.values(fresh)
    if connections.is_postgres:
        connections.read(postgres_statement(name), values)
    elif connections.sqlite is not None:
        write_sqlite(connections.sqlite, name, values)
    return ready.answer.fill(fresh).encode()


def write_sqlite(connection: sqlite3.Connection, name: str, values: list[Any]) -> None:
    """Insert all rows in one immediate transaction."""
    at = 0
    with one_writer:
        connection.execute("BEGIN IMMEDIATE")
        for statement, count in sqlite_statements(name):
            connection.execute(statement, values[at : at + count])
            at += count
        connection.execute("COMMIT")


def read(name: str, object_id: str) -> bytes:
    """Fetch one row by its id and answer as Florin does."""
    template = templates()[name]
    statement = f'SELECT * FROM "{template.object_table}" WHERE id = {MARK[connections.is_postgres]}1'  # noqa: S608 - our own schema
    if not connections.read(statement, [object_id]):
        raise LookupError(object_id)
    return template.answer.replace(template.object_id, object_id).encode()


def page(name: str) -> bytes:
    """Fetch the newest rows of the account and answer as a list does."""
    template = templates()[name]
    mark = MARK[connections.is_postgres]
    statement = (
        f'SELECT id, * FROM "{template.object_table}" WHERE account_id = {mark}1 AND livemode = {mark}2 '  # noqa: S608
        f"ORDER BY id DESC LIMIT {PAGE + 1}"
    )
    rows = connections.read(statement, template.owner)[:PAGE]
    items = ",".join([template.answer.replace(template.object_id, row[0]) for row in rows])
    return f'{{"object":"list","data":[{items}],"has_more":true,"url":"{LIST_URL}"}}'.encode()


def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer `/write/<template>`, `/read/<template>/<id>` and `/list/<template>`."""
    _, verb, name, *rest = environ["PATH_INFO"].split("/")
    if verb == "write":
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"].read(length)
        body = write(name)
    elif verb == "read":
        body = read(name, rest[0])
    else:
        body = page(name)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
