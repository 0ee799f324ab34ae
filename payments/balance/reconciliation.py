"""The reconciliation report: how our books and the acquirers' stand, difference by difference."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from kit import clock
from kit.database import db
from payments.balance.settlements import Difference, Settlement
from payments.ledger import Account, LedgerEntry

MOST_DIFFERENCES = 1000
EXPLANATIONS = {
    "missing_here": "the acquirer settled what we have no movement for",
    "missing_there": "we hold a movement that the acquirer has not settled",
    "open_here": "the acquirer settled what is still an open question with us",
    "amount": "the amounts differ",
    "currency": "the currencies differ",
    "fee": "the acquirer kept another fee than agreed",
    "duplicate": "the movement was settled before",
    "wrong_hash": "the file is not what the acquirer signed for",
    "wrong_totals": "the totals are not the sums of the lines",
    "unreadable": "the file is not in the agreed format",
    "foreign_merchant": "the file is of a merchant that we have no contract for",
}


@dataclass(frozen=True, slots=True)
class Report:
    """Settlements by acquirer and state, open differences, and the books that have to be empty in the end."""

    at: int
    settlements: list[dict[str, Any]]
    differences: list[dict[str, Any]]
    more_differences: bool
    receivable_minor: dict[str, int]
    suspense_minor: dict[str, int]

    @property
    def clean(self) -> bool:
        """Tell whether nothing differs."""
        return not self.differences and not any(self.suspense_minor.values())


def report(acquirer: str | None = None, *, resolved_too: bool = False) -> Report:
    """Return how things stand, of one acquirer or of all; the newest differences first."""
    differences = _differences(acquirer, resolved_too=resolved_too)
    return Report(
        at=clock.now(),
        settlements=_settlements(acquirer),
        differences=[
            difference.as_json() | {"explanation": EXPLANATIONS.get(difference.kind, difference.kind)}
            for difference in differences[:MOST_DIFFERENCES]
        ],
        more_differences=len(differences) > MOST_DIFFERENCES,
        receivable_minor=_standing(Account.ACQUIRER_RECEIVABLE),
        suspense_minor={code: -amount for code, amount in _standing(Account.SUSPENSE).items()},
    )


def _differences(acquirer: str | None, *, resolved_too: bool) -> list[Difference]:
    query = select(Difference).order_by(Difference.seq.desc()).limit(MOST_DIFFERENCES + 1)
    if acquirer is not None:
        query = query.where(Difference.acquirer == acquirer)
    if not resolved_too:
        query = query.where(Difference.resolved_at.is_(None))
    return list(db.session.scalars(query))


def _settlements(acquirer: str | None) -> list[dict[str, Any]]:
    row = Settlement
    query = (
        select(
            row.acquirer,
            row.status,
            row.currency,
            func.count(),
            func.sum(row.line_count),
            func.sum(row.gross_minor),
            func.sum(row.costs_minor),
            func.sum(row.net_minor),
        )
        .group_by(row.acquirer, row.status, row.currency)
        .order_by(row.acquirer, row.status, row.currency)
    )
    if acquirer is not None:
        query = query.where(row.acquirer == acquirer)
    names = ("acquirer", "status", "currency", "count", "lines", "gross_minor", "costs_minor", "net_minor")
    found = []
    for told in db.session.execute(query):
        values: list[Any] = [value if isinstance(value, str) else int(value) for value in told]
        found.append(dict(zip(names, values, strict=True)))
    return found


def _standing(book: Account) -> dict[str, int]:
    query = (
        select(LedgerEntry.currency, func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.book == book.value)
        .group_by(LedgerEntry.currency)
        .order_by(LedgerEntry.currency)
    )
    return {currency: int(amount) for currency, amount in db.session.execute(query)}
