"""The books: every transaction sums to zero, and charges, refunds and intents tell the same story."""

from collections import defaultdict

from sqlalchemy import func, select

from kit.database import db
from payments.balance.balance_transactions import BalanceTransaction
from payments.charging.charges import Charge
from payments.charging.payment_intents import PaymentIntent
from payments.charging.refunds import Refund
from payments.doctor.pages import Check, Finding, Page, over, pairs
from payments.ledger import LedgerEntry

# A refund counts against its charge from the moment it is asked for, until it fails.
GIVEN_BACK = ("pending", "requires_action", "succeeded")


def checks() -> list[Check]:
    """Return the checks of this file."""
    return [
        over(
            "ledger",
            "the entries of every transaction sum to zero in each currency",
            LedgerEntry.transaction_id,
            _unbalanced,
        ),
        over(
            "balance",
            "every movement of a balance is posted to the ledger",
            BalanceTransaction.id,
            _not_posted,
        ),
        over("charges", "refunded <= captured <= authorised, and refunds add up", Charge.id, _wrong_charges),
        over(
            "intents",
            "an intent has at most one live charge, and says what it took",
            PaymentIntent.id,
            _wrong_intents,
        ),
    ]


def _unbalanced(page: Page) -> list[Finding]:
    total = func.sum(LedgerEntry.amount_minor)
    query = (
        select(LedgerEntry.transaction_id, LedgerEntry.currency, total)
        .where(page.holds(LedgerEntry.transaction_id))
        .group_by(LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(total != 0)
    )
    return [
        Finding(transaction, f"its ledger entries sum to {int(amount)} {currency}, not to zero")
        for transaction, currency, amount in db.session.execute(query)
    ]


def _not_posted(page: Page) -> list[Finding]:
    posted = select(LedgerEntry.seq).where(LedgerEntry.transaction_id == BalanceTransaction.id).exists()
    moved = (BalanceTransaction.amount != 0) | (BalanceTransaction.fee != 0)
    query = select(BalanceTransaction.id).where(page.holds(BalanceTransaction.id), moved, ~posted)
    return [Finding(row, "it has no ledger entries") for row in db.session.scalars(query)]


def _wrong_charges(page: Page) -> list[Finding]:
    given_back = pairs(
        select(Refund.charge_id, func.sum(Refund.amount))
        .where(page.holds(Refund.charge_id), Refund.status.in_(GIVEN_BACK))
        .group_by(Refund.charge_id)
    )
    query = select(
        Charge.id, Charge.amount, Charge.amount_captured, Charge.amount_refunded, Charge.captured,
        Charge.voided, Charge.status, Charge.balance_transaction_id,
    ).where(page.holds(Charge.id))  # fmt: skip
    found = []
    for row in db.session.execute(query):
        charge_id, amount, captured_minor, refunded_minor, captured, voided, status, movement = row
        most_minor = amount if voided else captured_minor
        back_minor = int(given_back.get(charge_id, 0))
        if not 0 <= captured_minor <= amount or not 0 <= refunded_minor <= most_minor:
            problem = f"authorised {amount}, captured {captured_minor}, refunded {refunded_minor}"
            found.append(Finding(charge_id, problem))
        elif not voided and refunded_minor != back_minor:
            problem = f"{refunded_minor} count as refunded, and its refunds add up to {back_minor}"
            found.append(Finding(charge_id, problem))
        elif captured and (status != "succeeded" or movement is None):
            found.append(Finding(charge_id, f"it is captured, {status}, and its movement is {movement}"))
    return found


def _wrong_intents(page: Page) -> list[Finding]:
    live = (Charge.status == "succeeded") & Charge.voided.is_(False)
    charged: dict[str, list[int]] = defaultdict(list)
    charges = select(Charge.payment_intent_id, Charge.amount_captured).where(
        page.holds(Charge.payment_intent_id), live
    )
    for intent_id, captured_minor in db.session.execute(charges):
        charged[str(intent_id)].append(captured_minor)
    query = select(PaymentIntent.id, PaymentIntent.status, PaymentIntent.amount_received)
    found = []
    for intent_id, status, received_minor in db.session.execute(query.where(page.holds(PaymentIntent.id))):
        captured = charged[intent_id]
        expected = 1 if status in ("succeeded", "requires_capture") else 0
        if len(captured) > 1:
            problem = f"{len(captured)} charges of it are live: it may have been paid twice"
            found.append(Finding(intent_id, problem))
        elif len(captured) != expected:
            found.append(Finding(intent_id, f"it is {status} with {len(captured)} live charges"))
        elif received_minor != sum(captured):
            problem = f"it says {received_minor} were received, and {sum(captured)} were captured"
            found.append(Finding(intent_id, problem))
    return found
