"""The databases as they stand, read by raw SQL: Florin's own, and each bank's journal."""

import json
import sqlite3
from collections import Counter
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
    '"authorization", payment_intent_id, balance_transaction_id, method_type',
    "refunds": "id, status, amount, currency, charge_id, balance_transaction_id, "
    "failure_balance_transaction_id",
    "attempts": 'id, kind, status, acquirer, intent_id, charge_id, refund_id, "authorization", amount_minor, '
    "currency",
    "balance_transactions": "id, type, amount, fee, currency, source_id, fold",
    "ledger_entries": "transaction_id, book, currency, amount_minor",
    "events": "id, type, object_id",
    "audit_rows": "seq, action, object_id, details",
    "webhook_endpoints": "id, url, enabled_events, status",
    "webhook_deliveries": "id, event_id, endpoint_id, status",
    "disputes": "id, status, amount, currency, charge_id, acquirer, bank_dispute_id, filing_id",
    "early_fraud_warnings": "id, charge_id, acquirer, bank_warning_id",
    "bank_notices": "id",
    "payouts": "id, status, amount, currency, automatic, acquirer, after_fold, last_fold",
    "folded_balances": "currency, amount_minor",
    "settlements": "id, acquirer, bank_id, status, download, currency, net_minor",
    "settlement_lines": "settlement_id, download, number, kind, reference, presentment_minor, "
    "presentment_currency, transaction_id",
    "settlement_differences": "kind, reference, transaction_id, ours, theirs",
}  # fmt: skip
DOCUMENTS = ("metadata", "details", "enabled_events")


@dataclass(frozen=True)
class Papers:
    """What a bank has sent out, by its own copies: notices, and the lines of its settlements' files."""

    notices: list[Row]
    lines: list[Row]


@dataclass
class Snapshot:
    """Every row that the checker may believe."""

    tables: dict[str, list[Row]]
    journals: dict[str, list[Row]] = field(default_factory=dict)
    papers: dict[str, Papers] = field(default_factory=dict)

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
    """How much has happened at a bank, or is about to, without Florin's knowing of it yet."""
    open_ones = {row["id"] for row in database.rows("SELECT id FROM attempts WHERE status IN " + WAITING)}
    under_way = {row["id"] for row in database.rows("SELECT id FROM payouts WHERE status = 'in_transit'")}
    told, closed = (
        {row["acquirer"]: row["n"] for row in database.rows(COUNT_OF_EACH.format(table))}
        for table in ("bank_notices", "settlements")
    )
    counts: Counter[str] = Counter()
    for name, path in banks.items():
        ended = {row["authorization"] for row in (_sqlite(path, ENDED) if open_ones or under_way else ())}
        counts["endings"] += len((open_ones | under_way) & ended)
        counts["the bank's own work"] += _sqlite(path, DUE_SOON)[0]["n"]
        counts["notices"] += _sqlite(path, COUNT + "bank_notices")[0]["n"] - told.get(name, 0)
        counts["files"] += _sqlite(path, COUNT + "bank_settlements")[0]["n"] - closed.get(name, 0)
    return {what: count for what, count in counts.items() if count}


COUNT = "SELECT count(*) AS n FROM "
COUNT_OF_EACH = "SELECT acquirer, count(*) AS n FROM {} GROUP BY acquirer"
WAITING = "('challenged', 'pending')"
ENDED = (
    'SELECT "authorization" FROM bank_journal WHERE kind IN '
    "('completion', 'void', 'payout_paid', 'payout_failed')"
)
# What the bank will do within a minute of its own clock.
DUE_SOON = (
    COUNT + "bank_schedule WHERE NOT done AND due_at <= CAST(strftime('%s', 'now') AS INTEGER) + 60 "
    "+ coalesce((SELECT offset_seconds FROM bank_clock), 0)"
)
UNSETTLED = {
    "attempts": "attempts WHERE status IN ('asked', 'unknown')",
    "intents": "payment_intents WHERE status = 'processing'",
    "refunds": "refunds WHERE status = 'pending'",
    "deliveries": "webhook_deliveries WHERE status = 'pending'",
    "notices that wait": "bank_notices WHERE due_at IS NOT NULL",
    "moves in disputes": "dispute_filings WHERE look_at IS NOT NULL",
    "payouts": "payouts WHERE status = 'pending'",
    "settlements": "settlements WHERE status IN ('found', 'staged')",
    "announcements": "settled_accounts WHERE announced_at IS NULL",
}


def take(database: Database, banks: dict[str, Path]) -> Snapshot:
    tables = {name: _read(database, f"SELECT {columns} FROM {name}") for name, columns in COLUMNS.items()}
    tables["completed"] = database.rows(COMPLETED)
    journals = {name: journal(path) for name, path in banks.items()}
    return Snapshot(tables, journals, {name: papers(path) for name, path in banks.items()})


COMPLETED = "SELECT object_id, data FROM events WHERE type = 'checkout.session.completed'"


def papers(path: Path) -> Papers:
    return Papers(
        notices=_sqlite(path, "SELECT id, kind, subject FROM bank_notices"),
        lines=_sqlite(path, "SELECT settlement_id, text FROM bank_settlement_lines WHERE text LIKE 'L,%'"),
    )


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
