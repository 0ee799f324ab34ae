"""Many new rows at once, past the session: one statement on PostgreSQL, one transaction on SQLite."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import PoolProxiedConnection

from kit.database import Base, db
from kit.driver import run_postgresql
from kit.rows import Plan, plan_of
from kit.writing import one_statement, sqlite_transaction


def append(noun: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that each have all of the noun's columns, but for a key that the database counts."""
    proxied = db.engine.raw_connection()
    plan = plan_of(noun.__mapper__)
    try:
        if db.engine.dialect.name == "postgresql":
            _append_postgresql(proxied, plan, rows)
        else:
            with sqlite_transaction(proxied) as cursor:
                cursor.executemany(one_statement(plan.insertion), [plan.encoded(row) for row in rows])
    finally:
        proxied.close()


def _append_postgresql(proxied: PoolProxiedConnection, plan: Plan, rows: Sequence[dict[str, Any]]) -> None:
    """Hand all rows over as a single value: hundreds of parameters would cost more than the inserting."""
    names = ", ".join(f'"{name}"' for name in plan.insertion.columns)
    table = f'"{plan.table.name}"'
    named = [{column.name: row[column.key] for column in plan.columns} for row in rows]
    source = f"SELECT {names} FROM json_populate_recordset(NULL::{table}, ?::json)"  # noqa: S608 - our own names
    run_postgresql(proxied, f"INSERT INTO {table} ({names}) {source}", (orjson.dumps(named).decode(),))
