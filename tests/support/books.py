"""Whether Florin and the bank tell the same story of a merchant's money, read from both their books."""

from collections import Counter
from typing import Any

import requests
from flask import Flask
from sqlalchemy import func, select

from kit.database import db
from payments.acquirers.simulator_cases import DISPUTE_STATUSES
from payments.balance.balance_transactions import BalanceTransaction
from payments.balance.settlements import SettlementLine
from payments.charging.attempts import WAITING, Attempt, Kind, State
from payments.charging.charges import Charge
from payments.charging.disputes import Dispute
from payments.charging.refunds import Refund
from payments.charging.setup_attempts import SetupAttempt
from payments.ledger import Account, LedgerEntry
from tests.support.bank import Bank

OPEN = (State.ASKED, State.UNKNOWN)


def at_the_bank(bank: Bank, path: str) -> dict[str, Any] | None:
    """What the bank answers to a query; None where it has never heard of it."""
    answer = requests.get(bank.url + path, headers={"Authorization": f"Bearer {bank.secret}"}, timeout=20)
    assert answer.status_code in (200, 404), answer.text
    told: dict[str, Any] = answer.json()
    return told if answer.status_code == 200 else None


def assert_the_books_agree(app: Flask, bank: Bank, account_id: str, *, open_questions: int = 0) -> None:
    """Every authorisation, capture, refund and void of a merchant stands the same in both houses."""
    with app.app_context():
        attempts = db.session.scalars(select(Attempt).where(Attempt.account_id == account_id)).all()
        assert sum(attempt.status in OPEN for attempt in attempts) == open_questions
        for attempt in attempts:
            if attempt.status not in OPEN:
                _compare(bank, attempt)
        for dispute in db.session.scalars(select(Dispute).where(Dispute.account_id == account_id)):
            _compare_dispute(bank, dispute)
        _check_ledger(account_id)
        db.session.remove()


def _compare(bank: Bank, attempt: Attempt) -> None:
    if attempt.kind == Kind.VERIFY:
        _compare_verified(attempt, at_the_bank(bank, f"/v1/authorizations/{attempt.reference}"))
        return
    charge = db.session.get(Charge, attempt.charge_id)
    if attempt.kind == Kind.AUTHORIZE:
        told = at_the_bank(bank, f"/v1/authorizations/{attempt.reference}")
        if charge is None:
            _compare_uncharged(attempt, told)
            return
        _compare_charge(charge, told)
        return
    assert charge is not None
    told = at_the_bank(bank, f"/v1/operations/{_reference_of(attempt)}")
    assert told is not None
    outcomes = told.get("history", [told["outcome"]])  # a refund may have come back after it had gone out
    carried_out = any(outcome in ("approved", "voided") for outcome in outcomes)
    assert carried_out == (attempt.status == State.SUCCEEDED) or outcomes[0] == attempt.status == "pending"
    if attempt.kind != Kind.VOID:
        assert told["amount_minor"] == attempt.amount_minor


def _compare_verified(attempt: Attempt, told: dict[str, Any] | None) -> None:
    """A card that is kept here is one that the bank found good; no money was ever asked for."""
    assert told is not None
    assert (told["amount_minor"], told["captured_minor"]) == (0, 0)
    tried = db.session.get(SetupAttempt, attempt.charge_id)
    assert tried is not None
    assert (told["outcome"] == "approved") == (attempt.status == State.SUCCEEDED), told
    assert (tried.status == "succeeded") == (attempt.status == State.SUCCEEDED)


def _compare_uncharged(attempt: Attempt, told: dict[str, Any] | None) -> None:
    """A challenge that is open, was not passed or was taken back: the issuer was never asked for money."""
    assert told is not None
    assert told["captured_minor"] == 0
    if attempt.status in WAITING:
        assert told["outcome"] in ("challenge_required", "pending")
    else:
        assert attempt.status == State.FAILED
        not_passed = told["outcome"] == "declined" and told["decline"]["code"] == "authentication_failed"
        assert told["outcome"] == "voided" or not_passed, told


def _compare_dispute(bank: Bank, dispute: Dispute) -> None:
    """What a dispute has taken, and whether it gave it back, as far as we have followed it."""
    told = at_the_bank(bank, f"/v1/disputes/{dispute.bank_dispute_id}")
    assert told is not None
    known = [DISPUTE_STATUSES[status] for status in told["history"]]
    assert dispute.status in known
    assert (dispute.withdrawal_id is not None) == (
        "needs_response" in known[: known.index(dispute.status) + 1]
    )
    assert (dispute.reversal_id is not None) == (dispute.status == "won")
    if dispute.status == known[-1]:
        assert (dispute.amount, dispute.due_by) == (told["amount_minor"], told["due_by"])


def _reference_of(attempt: Attempt) -> str:
    return f"{attempt.authorization}_void" if attempt.kind == Kind.VOID else attempt.reference


def _compare_charge(charge: Charge, told: dict[str, Any] | None) -> None:
    if told is None or told["outcome"] == "declined" or told["tombstone"]:
        assert charge.status == "failed"
        assert (charge.amount_captured, charge.amount_refunded, charge.balance_transaction_id) == (0, 0, None)
        return
    assert charge.status == "succeeded"
    assert charge.voided == (told["outcome"] == "voided")
    assert charge.amount_captured == told["captured_minor"]
    if not charge.voided:
        assert (charge.amount, charge.currency) == (told["amount_minor"], told["currency"])
        assert charge.amount_refunded == told["refunded_minor"]


def _check_ledger(account_id: str) -> None:
    entries = db.session.scalars(select(LedgerEntry).where(LedgerEntry.account_id == account_id)).all()
    by_transaction: Counter[tuple[str, str]] = Counter()
    by_book: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        by_transaction[entry.transaction_id, entry.currency] += entry.amount_minor
        by_book[entry.book, entry.currency] += entry.amount_minor
    assert not any(by_transaction.values())
    movements = db.session.scalars(
        select(BalanceTransaction).where(BalanceTransaction.account_id == account_id)
    ).all()
    of_movements = {movement.id for movement in movements}
    posted = {transaction for transaction, _ in by_transaction}
    assert of_movements <= posted
    # What else is posted is a settlement or a payout's end, which are named after what they belong to.
    assert all(":" in transaction for transaction in posted - of_movements)
    settled = _settled(of_movements)
    for currency in {movement.currency for movement in movements}:
        own = [movement for movement in movements if movement.currency == currency]
        held = _held_by_the_bank(account_id, currency) - settled[currency]
        assert by_book[Account.ACQUIRER_RECEIVABLE, currency] == held
        assert by_book[Account.MERCHANT_PAYABLE, currency] == -sum(row.amount - row.fee for row in own)
        assert by_book[Account.FEE_INCOME, currency] == -sum(row.fee for row in own)


def _settled(transaction_ids: set[str]) -> Counter[str]:
    """What the bank has settled of these, by currency."""
    lines = db.session.execute(
        select(SettlementLine.presentment_currency, SettlementLine.presentment_minor).where(
            SettlementLine.transaction_id.in_(transaction_ids)
        )
    )
    settled: Counter[str] = Counter()
    for currency, amount_minor in lines:
        settled[currency] += amount_minor
    return settled


def _held_by_the_bank(account_id: str, currency: str) -> int:
    taken = select(func.coalesce(func.sum(Charge.amount_captured), 0)).where(
        Charge.account_id == account_id, Charge.currency == currency
    )
    given_back = select(func.coalesce(func.sum(Refund.amount), 0)).where(
        Refund.account_id == account_id,
        Refund.currency == currency,
        Refund.status == "succeeded",
        Refund.balance_transaction_id.is_not(None),  # without one, a charge was released before its capture
    )
    charged_back = select(func.coalesce(func.sum(Dispute.amount), 0)).where(
        Dispute.account_id == account_id,
        Dispute.currency == currency,
        Dispute.withdrawal_id.is_not(None),
        Dispute.reversal_id.is_(None),
    )
    gone = int(db.session.scalar(given_back) or 0) + int(db.session.scalar(charged_back) or 0)
    return int(db.session.scalar(taken) or 0) - gone
