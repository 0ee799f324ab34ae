"""What a movement of the ledger is about, in words, with the payment or the object that it came of."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from kit.database import db
from payments import ledger_reading
from payments.balance.balance_transactions import BalanceTransaction
from payments.charging.charges import Charge
from payments.charging.disputes import Dispute
from payments.charging.refunds import Refund
from payments.ledger import Account
from payments.ledger_reading import Movement

# (name, what it holds); a book that a later version adds goes by its own name until it has words here.
BOOKS = {
    Account.ACQUIRER_RECEIVABLE: ("Acquirer receivable", "captured, and not yet settled by the acquirer"),
    Account.BANK_CASH: ("Bank cash", "settled: it has arrived at the bank"),
    Account.ACQUIRER_COST: ("Acquirer cost", "what acquirer, issuer and scheme keep"),
    Account.MERCHANT_PAYABLE: ("Merchant payable", "your balance: what you are owed"),
    Account.PAYOUTS_IN_TRANSIT: ("Payouts in transit", "off your balance, and not yet at your bank"),
    Account.FEE_INCOME: ("Fee income", "processing fees"),
    Account.EXCHANGE: ("Exchange", "both sides of conversions"),
    Account.SUSPENSE: ("Suspense", "settled money that fits none of these movements; a person has to look"),
}
KINDS = {
    "charge": "Payment", "refund": "Refund", "refund_failure": "Refund that came back",
    "adjustment": "Dispute", "payout": "Payout", "payout_failure": "Payout that failed",
    "payout_cancel": "Payout that was cancelled",
}  # fmt: skip
BANKED = {"paid": "Payout paid by the bank", "returned": "Payout returned by the bank"}
SETTLED = "Settlement"


@dataclass(frozen=True, slots=True)
class Told:
    """A movement with its words; `source` is the object that it came of, `payment` what is behind that."""

    movement: Movement
    words: str
    source: str | None
    payment: str | None


def book_name(book: str) -> str:
    """Return 'Merchant payable'."""
    return BOOKS[Account(book)][0] if book in BOOKS else book.replace("_", " ")


def told(movements: Sequence[Movement]) -> list[Told]:
    """Return movements with their words; what they are about is read for all of them at once."""
    ids = [movement.id for movement in movements]
    rows = db.session.scalars(BalanceTransaction.mine().where(BalanceTransaction.id.in_(ids)))
    known = {row.id: row for row in rows}
    payments = _payments([row.source_id for row in known.values()])
    return [_told(movement, known.get(movement.id), payments) for movement in movements]


def of_sources(source_ids: Sequence[str], most: int) -> list[Told]:
    """Return the movements that came of some objects, newest first."""
    row = BalanceTransaction
    query = row.mine().where(row.source_id.in_(source_ids)).order_by(row.id.desc()).limit(most)
    return told(ledger_reading.of_transactions([found.id for found in db.session.scalars(query)]))


def _told(movement: Movement, row: BalanceTransaction | None, payments: dict[str, str]) -> Told:
    if row is not None:
        words = KINDS.get(row.type, row.type.replace("_", " ").capitalize())
        return Told(movement, words, row.source_id, payments.get(row.source_id))
    source, _, what = movement.id.partition(":")
    if what in BANKED:
        return Told(movement, BANKED[what], source, None)
    return Told(movement, SETTLED, None, None)


def _payments(source_ids: Sequence[str]) -> dict[str, str]:
    """Return the payment behind each charge, refund and dispute."""
    found: dict[str, str] = {}
    for noun in (Charge, Refund, Dispute):
        ids = [source_id for source_id in source_ids if source_id.startswith(noun.prefix)]
        if ids:
            query = select(noun.id, noun.payment_intent_id).where(noun.id.in_(ids))
            found |= {object_id: intent_id for object_id, intent_id in db.session.execute(query) if intent_id}
    return found
