"""Fills a database with a million sessions like one that Florin wrote, inside the database itself."""

import re
from collections.abc import Sequence

from sqlalchemy import Connection, create_engine, text

from bench.rows import Fresh, Row, Template

KNOWN_IDS = 500
# Numbers that look like Florin's ids sort: an ordered head of this many digits, then filling.
HEAD_DIGITS = 12
SERIES = {
    True: "SELECT generate_series(1, {copies})::bigint AS n",
    False: "WITH RECURSIVE counted(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM counted WHERE n < {copies}) "
    "SELECT n FROM counted",
}
# Of the one connection of the pool that fills; a run that breaks off is void anyway.
UNSAFE_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY")


def tail_digits(length: int) -> int:
    """Say how many digits follow the head, so that an atom is as long as the one it stands for."""
    return max(10, length - HEAD_DIGITS)


def atom(number: int, length: int) -> str:
    """Give the atom of the n-th copy; must agree with `atom_sql`."""
    return f"{number:0{HEAD_DIGITS}d}{number * 7919:0{tail_digits(length)}d}"


def atom_sql(length: int, *, is_postgres: bool) -> str:
    """Render the same in SQL, for the row counter `n`."""
    tail = tail_digits(length)
    if is_postgres:
        return f"lpad(n::text, {HEAD_DIGITS}, '0') || lpad((n * 7919)::text, {tail}, '0')"
    return f"printf('%0{HEAD_DIGITS}d%0{tail}d', n, n * 7919)"


def literal(value: object, *, is_postgres: bool) -> str:
    """Render a constant value."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower() if is_postgres else str(int(value))
    if isinstance(value, int):
        return str(value)
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"


def expression(value: object, atoms: Sequence[str], *, is_postgres: bool) -> str:
    """Render one column of the n-th copy: the text with each of its atoms made from `n`."""
    if not isinstance(value, str) or not any(one in value for one in atoms):
        return literal(value, is_postgres=is_postgres)
    pieces = re.split("(" + "|".join(map(re.escape, atoms)) + ")", value)
    rendered = [
        f"({atom_sql(len(piece), is_postgres=is_postgres)})"
        if piece in atoms
        else literal(piece, is_postgres=is_postgres)
        for piece in pieces
        if piece
    ]
    return " || ".join(rendered)


def statement(row: Row, template: Template, copies: int, *, is_postgres: bool) -> str:
    """Render the INSERT that copies one row of a template many times."""
    expressions = []
    for name, value in zip(row.columns, row.values, strict=True):
        rendered = expression(value, template.atoms, is_postgres=is_postgres)
        is_document = is_postgres and name in row.documents
        expressions.append(f"({rendered})::jsonb" if is_document else rendered)
    names = ", ".join(f'"{name}"' for name in row.columns)
    counter = SERIES[is_postgres].format(copies=copies)
    return f'INSERT INTO "{row.table}" ({names}) SELECT {", ".join(expressions)} FROM ({counter}) AS counted'  # noqa: S608 - our own schema


def fill(url: str, template: Template, copies: int) -> None:
    """Write this many copies of all rows that the creation of one session leaves."""
    engine = create_engine(url)
    is_postgres = engine.dialect.name == "postgresql"
    tables = {row.table for row in template.rows}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        indexes = [] if is_postgres else without_indexes(connection, tables)
    with engine.connect() as connection:
        for row in template.rows:
            written = statement(row, template, copies, is_postgres=is_postgres)
            # Without parameters the driver leaves each % of the statement alone.
            connection.exec_driver_sql(written, execution_options={"no_parameters": True})
        for definition in indexes:
            connection.exec_driver_sql(definition)
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tidy(connection, is_postgres=is_postgres)
    engine.dispose()


def without_indexes(connection: Connection, tables: set[str]) -> list[str]:
    """Let SQLite write fast and unsafely, without the tables' indexes; return the statements that make them.

    An index over a million rows is sorted in seconds; keeping it in order row by row takes minutes.
    """
    for pragma in UNSAFE_PRAGMAS:
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    found = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).all()
    for name, table, _ in found:
        if table in tables:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [definition for _, table, definition in found if table in tables]


def tidy(connection: Connection, *, is_postgres: bool) -> None:
    """Leave the database as it would be after some hours of life: analysed, and with its log written back."""
    if is_postgres:
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))
    else:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def known_ids(template: Template, copies: int) -> list[str]:
    """Give ids from all over the table, in an order that jumps about."""
    fresh = Fresh(template.object_id, template.atoms)
    step = max(1, copies // KNOWN_IDS)
    numbers = [1 + (index * step * 7) % copies for index in range(min(KNOWN_IDS, copies))]
    return [fresh.fill([atom(number, len(one)) for one in template.atoms]) for number in numbers]
