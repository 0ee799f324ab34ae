"""The databases as they stand, read by raw SQL: Florin's own, and each bank's journal."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

# What the checker reads of each table; documents come as text on SQLite.
COLUMNS: dict[str, str] = {
    "payment_intents": "id, status, amount, amount_received, amount_capturable, currency, metadata, "
    "checkout_session_id, latest_charge_id, attempt_id, created",
    "checkout_sessions": "id, status, payment_status, amount_total, currency, payment_intent_id",
    "charges": 'id, status, amount, amount_captured, amount_refunded, currency, captured, voided, acquirer, '
    '"authorization", payment_intent_id, balance_transaction_id',
    "refunds": "id, status, amount, currency, charge_id, balance_transaction_id",
    "attempts": 'id, kind, status, acquirer, intent_id, charge_id, refund_id, "authorization", amount_minor, '
    "currency",
    "balance_transactions": "id, type, amount, fee, currency, source_id",
    "ledger_entries": "transaction_id, book, currency, amount_minor",
    "events": "id, type, object_id",
    "audit_rows": "seq, action, object_id, details",
    "webhook_endpoints": "id, url, enabled_events, status",
    "webhook_deliveries": "id, event_id, endpoint_id, status",
}  # fmt: skip
DOCUMENTS = ("metadata", "details", "enabled_events")


@dataclass
class Snapshot:
    """Every row that the checker may believe."""

    tables: dict[str, list[Row]]
    journals: dict[str, list[Row]] = field(default_factory=dict)

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]


class Database:
    """One address, of SQLite or PostgreSQL."""

    def __init__(self, address: str) -> None:
        self._address = address

    def rows(self, statement: str) -> list[Row]:
        if self._address.startswith("sqlite:///"):
            return _sqlite(Path(self._address.removeprefix("sqlite:///")), statement)
        address = self._address.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, row_factory=dict_row) as connection:
            return connection.execute(statement.encode()).fetchall()

    def unsettled(self) -> dict[str, int]:
        """How much is still on its way, by what it is; empty once all has come to rest."""
        counts = {name: self.rows(COUNT + of)[0]["n"] for name, of in UNSETTLED.items()}
        return {name: count for name, count in counts.items() if count}


def unheard(database: Database, banks: dict[str, Path]) -> dict[str, int]:
    """How many payments have ended at a bank, where customers were, without Florin knowing of it yet."""
    open_ones = "SELECT id FROM attempts WHERE status IN ('challenged', 'pending')"
    waiting = {row["id"] for row in database.rows(open_ones)}
    ended = {
        row["authorization"]
        for path in (banks.values() if waiting else ())
        for row in _sqlite(
            path, "SELECT \"authorization\" FROM bank_journal WHERE kind IN ('completion', 'void')"
        )
    }
    count = len(waiting & ended)
    return {"endings": count} if count else {}


COUNT = "SELECT count(*) AS n FROM "
UNSETTLED = {
    "attempts": "attempts WHERE status IN ('asked', 'unknown')",
    "intents": "payment_intents WHERE status = 'processing'",
    "refunds": "refunds WHERE status = 'pending'",
    "deliveries": "webhook_deliveries WHERE status = 'pending'",
    "notices": "bank_notices WHERE due_at IS NOT NULL",
}


def take(database: Database, banks: dict[str, Path]) -> Snapshot:
    tables = {name: _read(database, f"SELECT {columns} FROM {name}") for name, columns in COLUMNS.items()}
    return Snapshot(tables, {name: journal(path) for name, path in banks.items()})


def journal(path: Path) -> list[Row]:
    """A bank's journal in its order, with the answer that each operation got."""
    rows = _sqlite(
        path, 'SELECT kind, reference, "authorization", outcome, amount_minor, currency, answer '
        "FROM bank_journal ORDER BY seq"
    )  # fmt: skip
    return [row | {"answer": json.loads(row["answer"])} for row in rows]


def _read(database: Database, statement: str) -> list[Row]:
    return list(_with_documents(database.rows(statement)))


def _with_documents(rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        for name in DOCUMENTS:
            if isinstance(row.get(name), str):
                row[name] = json.loads(row[name])
        yield row


def _sqlite(path: Path, statement: str) -> list[Row]:
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]
    finally:
        connection.close()
