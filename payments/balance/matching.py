"""matching: hold each line of a settlement against our own books; what differs is named, line by line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from kit import bulk
from kit.bulk import Step
from kit.database import DuplicateRow, StaleWrite, db
from payments.balance import costs
from payments.balance.balance_transactions import BalanceTransaction
from payments.balance.settlements import Settlement, SettlementLine
from payments.charging.attempts import Attempt, State
from payments.charging.charges import Charge
from payments.charging.disputes import Dispute
from payments.ledger import HOUSE, Account, LedgerEntry

CHUNK = 1000
RACES = 10
# What a balance transaction of a type is called in a file.
KINDS = {
    "charge": "capture",
    "payment": "capture",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
}
CHARGEBACK, REVERSAL = "chargeback", "chargeback_reversal"
# The bank makes these by itself; our own side follows its notices, or the sweeps.
OF_THE_BANK = frozenset(("refund_failure", CHARGEBACK, REVERSAL))
SET_TRANSACTION = """
    UPDATE settlement_lines SET transaction_id = ? WHERE settlement_id = ? AND download = ? AND number = ?
"""

Owner = tuple[str, bool]  # account and mode


@dataclass(frozen=True, slots=True)
class Ours:
    """What our books say of a line's reference."""

    status: str
    acquirer: str
    owner: Owner
    transaction_id: str | None
    amount_minor: int | None
    currency: str | None
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, before it is kept."""

    kind: str
    number: int
    reference: str
    transaction_id: str | None = None
    account_id: str | None = None
    ours: str | None = None
    theirs: str | None = None


@dataclass(slots=True)
class Sums:
    """What the matched lines of one owner and presentment currency come to, in minor units."""

    presentment_minor: int = 0
    gross_minor: int = 0
    costs_minor: int = 0


@dataclass(slots=True)
class Matched:
    """The outcome for a whole settlement. `waiting` counts lines whose own question is still open with us."""

    sums: dict[tuple[Owner, str], Sums] = field(default_factory=lambda: defaultdict(Sums))
    suspense_minor: dict[Owner, int] = field(default_factory=lambda: defaultdict(int))
    differences: list[Found] = field(default_factory=list)
    count: int = 0
    waiting: int = 0
    unheard: set[tuple[str, str]] = field(default_factory=set)  # kind and reference of the bank's own moves


def match(settlement: Settlement, *, patient: bool) -> Matched:
    """Compare all lines, chunk by chunk, and mark each that settles a movement of ours.

    `patient` lets lines wait whose question the sweeps will still answer; else they are differences, too.
    """
    outcome = Matched()
    after = 0
    while lines := _lines_after(settlement, after):
        _match_chunk(settlement, lines, outcome, patient=patient)
        after = lines[-1].number
    return outcome


def _lines_after(settlement: Settlement, number: int) -> Sequence[Any]:
    row = SettlementLine
    query = (
        select(*row.__table__.columns)
        .where(row.settlement_id == settlement.id, row.download == settlement.download, row.number > number)
        .order_by(row.number)
        .limit(CHUNK)
    )
    return db.session.execute(query).all()


def _match_chunk(settlement: Settlement, lines: Sequence[Any], outcome: Matched, *, patient: bool) -> None:
    references = [line.reference for line in lines]
    known = _our_side(references) | _disputed(settlement.acquirer, references)
    for _ in range(RACES):
        judged = _judged(settlement, lines, known)
        changed = [
            (
                None if found else ours.transaction_id if ours else None,
                settlement.id,
                settlement.download,
                line.number,
            )
            for line, ours, found in judged
        ]
        try:
            bulk.run([Step(SET_TRANSACTION, many=changed)])
        except DuplicateRow:
            continue  # Another settlement has just claimed one of them; look again who was first.
        break
    else:
        raise StaleWrite
    for line, ours, found in judged:
        _count(line, ours, found, outcome, patient=patient)


def _count(line: Any, ours: Ours | None, found: Found | None, outcome: Matched, *, patient: bool) -> None:
    if found is None and ours is not None:
        sums = outcome.sums[ours.owner, line.presentment_currency]
        sums.presentment_minor += line.presentment_minor
        sums.gross_minor += line.gross_minor
        sums.costs_minor += line.gross_minor - line.net_minor
        outcome.count += 1
    elif found is not None and found.kind == "open_here" and patient:
        outcome.waiting += 1
        if line.kind in OF_THE_BANK:
            outcome.unheard.add((line.kind, line.reference))
    elif found is not None:
        # Nobody knows yet whose money this is: it is put aside, and our own claim stays open.
        outcome.suspense_minor[ours.owner if ours else (HOUSE, False)] += line.net_minor
        outcome.differences.append(found)


def _our_side(references: list[str]) -> dict[tuple[str, str], Ours]:
    """Return what we know of each reference, by it and by the kind of its movement ("" for none so far)."""
    row, entry = BalanceTransaction, LedgerEntry
    facts = (Attempt.id, Attempt.status, Attempt.acquirer, Attempt.account_id, Attempt.livemode)
    query = (
        select(*facts, row.id, row.type, entry.amount_minor, entry.currency, Charge.card)
        .outerjoin(row, row.source_id == func.coalesce(Attempt.refund_id, Attempt.charge_id))
        .outerjoin(
            entry, (entry.transaction_id == row.id) & (entry.book == Account.ACQUIRER_RECEIVABLE.value)
        )
        .outerjoin(Charge, Charge.id == Attempt.charge_id)
        .where(Attempt.id.in_(references))
    )
    known = {}
    for told in db.session.execute(query):
        (
            reference,
            status,
            acquirer,
            account_id,
            livemode,
            transaction_id,
            kind,
            amount_minor,
            currency,
            card,
        ) = told
        known[reference, KINDS.get(kind or "", "")] = Ours(
            status, acquirer, (account_id, livemode), transaction_id, amount_minor, currency, card or {}
        )
    return known


def _disputed(acquirer: str, references: list[str]) -> dict[tuple[str, str], Ours]:
    """Return what we know of the bank's disputes, by its ids and the two ways that their money goes."""
    row, entry = Dispute, LedgerEntry
    query = (
        select(
            row.bank_dispute_id,
            row.account_id,
            row.livemode,
            row.withdrawal_id,
            entry.transaction_id,
            entry.amount_minor,
            entry.currency,
        )
        .join(entry, entry.transaction_id.in_((row.withdrawal_id, row.reversal_id)))
        .where(row.acquirer == acquirer, row.bank_dispute_id.in_(references))
        .where(entry.book == Account.ACQUIRER_RECEIVABLE.value)
    )
    known = {}
    for told in db.session.execute(query):
        reference, account_id, livemode, withdrawal_id, transaction_id, amount_minor, currency = told
        kind = CHARGEBACK if transaction_id == withdrawal_id else REVERSAL
        owner = (account_id, livemode)
        known[reference, kind] = Ours("", acquirer, owner, transaction_id, amount_minor, currency, {})
    return known


Judged = tuple[Any, Ours | None, Found | None]


def _judged(settlement: Settlement, lines: Sequence[Any], known: dict[tuple[str, str], Ours]) -> list[Judged]:
    wanted = [ours.transaction_id for ours in known.values() if ours.transaction_id]
    taken = _taken(settlement, wanted, lines)
    judged: list[Judged] = []
    for line in lines:
        ours = known.get((line.reference, line.kind)) or known.get((line.reference, ""))
        found = _difference(settlement, line, ours, taken)
        if found is None and ours is not None and ours.transaction_id is not None:
            taken.add(ours.transaction_id)
        judged.append((line, ours, found))
    return judged


def _taken(settlement: Settlement, transaction_ids: list[str], lines: Sequence[Any]) -> set[str]:
    """Return which of these some line outside this chunk has settled already."""
    row = SettlementLine
    query = select(row.transaction_id, row.settlement_id, row.download, row.number).where(
        row.transaction_id.in_(transaction_ids)
    )
    own = {(settlement.id, settlement.download, line.number) for line in lines}
    return {
        str(transaction_id)
        for transaction_id, settlement_id, download, number in db.session.execute(query)
        if (settlement_id, download, number) not in own
    }


def _difference(settlement: Settlement, line: Any, ours: Ours | None, taken: set[str]) -> Found | None:
    def found(kind: str, mine: object = None, theirs: object = None) -> Found:
        transaction_id = ours.transaction_id if ours else None
        account_id = ours.owner[0] if ours else None
        as_text = [None if value is None else str(value) for value in (mine, theirs)]
        return Found(kind, line.number, line.reference, transaction_id, account_id, *as_text)

    told = f"{line.presentment_minor} {line.presentment_currency}"
    if ours is None or ours.acquirer != settlement.acquirer:
        return found("open_here" if line.kind in OF_THE_BANK else "missing_here", None, told)
    if ours.transaction_id is None:
        return found("missing_here" if ours.status == State.FAILED else "open_here", ours.status, told)
    if ours.transaction_id in taken:
        return found("duplicate", f"{ours.amount_minor} {ours.currency}", told)
    if ours.currency != line.presentment_currency:
        return found("currency", f"{ours.amount_minor} {ours.currency}", told)
    if ours.amount_minor != line.presentment_minor:
        return found("amount", f"{ours.amount_minor} {ours.currency}", told)
    if line.presentment_currency == settlement.currency and line.gross_minor != line.presentment_minor:
        return found("amount", told, f"{line.gross_minor} {settlement.currency}")
    agreed = _agreed_costs(settlement, line, ours)
    charged = (line.interchange_minor, line.scheme_minor, line.margin_minor)
    if agreed is not None and agreed != charged:
        return found("fee", "+".join(map(str, agreed)), "+".join(map(str, charged)))
    return None


def _agreed_costs(settlement: Settlement, line: Any, ours: Ours) -> costs.Costs | None:
    if line.kind != "capture":
        return (0, 0, 0)
    card = ours.card
    return costs.expected(
        settlement.acquirer,
        line.gross_minor,
        settlement.currency,
        brand=card.get("brand"),
        funding=card.get("funding"),
        country=card.get("country"),
    )
