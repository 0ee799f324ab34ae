"""missing: what we hold for captured or refunded and no acquirer has settled, though by now it had to."""

from typing import Any

from sqlalchemy import case, select

from kit import bulk, clock
from kit.bulk import Step
from kit.database import db
from kit.ids import HEAD_LENGTH, base62
from payments.balance.balance_transactions import BalanceTransaction
from payments.balance.settlements import Difference, SettlementLine, SettlementSource
from payments.charging.attempts import Attempt, Kind, State
from payments.charging.charges import Charge
from payments.charging.refunds import Refund
from payments.ledger import Account, LedgerEntry

TYPES = ("charge", "refund")
BATCH = 1000
DIFFER = """
    INSERT INTO settlement_differences (created, acquirer, kind, reference, transaction_id, account_id, ours)
    VALUES (?, ?, 'missing_there', ?, ?, ?, ?)
"""
ADVANCE = """
    UPDATE settlement_sources SET checked_until = ?, version = version + 1 WHERE acquirer = ? AND version = ?
"""


def note_missing(source: SettlementSource) -> int:
    """Keep a difference for each of our movements that the acquirer's files lack; return how many.

    Raises StaleWrite where another process has looked at the same time.
    """
    if source.complete_until <= source.checked_until:
        return 0
    rows = _unsettled(source)
    references = _references([row.source_id for row in rows])
    now = clock.now()
    found = [
        (now, source.acquirer, references.get(row.source_id), row.id, row.account_id,
         f"{row.amount_minor} {row.currency}")
        for row in rows
    ]  # fmt: skip
    bulk.run(
        [
            Step(ADVANCE, (source.complete_until, source.acquirer, source.version), 1),
            Step(DIFFER, many=found),
        ]
    )
    return len(found)


def _unsettled(source: SettlementSource) -> list[Any]:
    """Return our movements of that time that no line has settled; ids sort by time, so that they bound it."""
    row, line, entry = BalanceTransaction, SettlementLine, LedgerEntry
    charge_id = case((row.type == "refund", Refund.charge_id), else_=row.source_id)
    query = (
        select(row.id, row.source_id, row.account_id, entry.amount_minor, entry.currency)
        .outerjoin(Refund, Refund.id == row.source_id)
        .join(Charge, Charge.id == charge_id)
        .join(entry, (entry.transaction_id == row.id) & (entry.book == Account.ACQUIRER_RECEIVABLE.value))
        .outerjoin(line, line.transaction_id == row.id)
        .outerjoin(Difference, Difference.transaction_id == row.id)  # it came, and something else is wrong
        .where(
            row.id > _first_id(source.checked_until),
            row.id < _first_id(source.complete_until),
            row.type.in_(TYPES),
            Charge.acquirer == source.acquirer,
            line.transaction_id.is_(None),
            Difference.transaction_id.is_(None),
        )
        .order_by(row.id)
    )
    return list(db.session.execute(query))


def _references(source_ids: list[str]) -> dict[str, str]:
    """Return our reference at the bank for each charge and refund: the attempt that moved its money."""
    known: dict[str, str] = {}
    of_charge = (Kind.AUTHORIZE.value, Kind.CAPTURE.value)
    for start in range(0, len(source_ids), BATCH):
        some = source_ids[start : start + BATCH]
        done = Attempt.status == State.SUCCEEDED.value
        charges = select(Attempt.charge_id, Attempt.id).where(
            Attempt.charge_id.in_(some), Attempt.kind.in_(of_charge), done
        )
        refunds = select(Attempt.refund_id, Attempt.id).where(Attempt.refund_id.in_(some), done)
        for query in (charges.order_by(Attempt.id), refunds):
            known.update({str(source_id): attempt_id for source_id, attempt_id in db.session.execute(query)})
    return known


def _first_id(second: int) -> str:
    return BalanceTransaction.prefix + base62(max(0, second) * 1_000_000, HEAD_LENGTH)
