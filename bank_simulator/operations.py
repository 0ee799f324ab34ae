"""What is done to an authorisation afterwards: capture, void and refund, each with its rule of money."""

import secrets
import time
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from bank_simulator import authorizations, challenge, disputes, futures, issuer, slow_refunds
from bank_simulator.authorizations import Row
from bank_simulator.errors import NotFound
from bank_simulator.forms import MoneyForm, VoidForm
from bank_simulator.journal import Entry, Stamp
from bank_simulator.network import luhn_digit

OPEN = ("challenge_required", "pending")  # whoever voids these keeps them from ever being approved
ACQUIRER_BIN = "498750"  # this bank's own six digits inside the reference of a clearing record


def capture(tx: Connection, form: MoneyForm, stamp: Stamp) -> Entry:
    """Takes up to the authorised amount, once; what is not taken is released to the holder."""
    row = _standing(tx, form.authorization)
    reason = _why_not_captured(row, form)
    if reason is None:
        issuer.settle(tx, *_account(row), held_minor=row["amount_minor"], captured_minor=form.amount_minor)
        authorizations.change(
            tx, form.authorization, outcome="approved", captured_minor=form.amount_minor, refunded_minor=0
        )
        futures.captured(tx, form.authorization, stamp.now)
    return _money_entry("capture", form, row, reason, stamp)


def refund(tx: Connection, form: MoneyForm, stamp: Stamp) -> Entry:
    """Gives back, as often as one likes, until all that was captured is given back."""
    row = _standing(tx, form.authorization)
    reason = _why_not_refunded(tx, row, form)
    entry = _money_entry("refund", form, row, reason, stamp)
    if reason is None:
        outcome = slow_refunds.begin(tx, form, entry.answer["acquirer_reference"], stamp.now)
        if outcome == "pending":
            entry.answer.update(outcome=outcome, acquirer_reference=None)
            entry = replace(entry, outcome=outcome)
        else:
            issuer.credit(tx, *_account(row), amount_minor=form.amount_minor)
        authorizations.change(
            tx,
            form.authorization,
            outcome="approved",
            captured_minor=row["captured_minor"],
            refunded_minor=row["refunded_minor"] + form.amount_minor,
        )
    return entry


def void(tx: Connection, form: VoidForm, stamp: Stamp) -> Entry:
    """Releases what was not captured. An authorisation that the bank never saw gets a tombstone."""
    row = authorizations.find(tx, form.authorization)
    reason = _why_nothing_to_void(row)
    if row is None:
        row = authorizations.bury(tx, form.authorization, stamp.now)
    elif reason is None:
        # A verification of zero holds nothing and may have no account; neither does what has no end yet.
        if row["outcome"] == "approved" and row["amount_minor"] > 0:
            issuer.settle(tx, *_account(row), held_minor=row["amount_minor"], captured_minor=0)
        authorizations.change(tx, form.authorization, outcome="voided", captured_minor=0, refunded_minor=0)
        challenge.mark(tx, form.authorization, state="withdrawn")
    outcome = "declined" if reason == "already_captured" else "voided"
    answer = {
        "object": "void",
        "reference": form.reference,
        "authorization": form.authorization,
        "outcome": outcome,
        "reason": reason,
        "tombstone": row["tombstone"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "created": stamp.now,
        "acquirer_reference": None,
    }
    return _entry("void", form.reference, row, answer, stamp)


def _standing(tx: Connection, reference: str) -> Row:
    row = authorizations.find(tx, reference)
    if row is None:
        raise NotFound("The bank has no authorisation under this reference.", "authorization")
    return row


def _why_not_captured(row: Row, form: MoneyForm) -> str | None:
    if row["outcome"] != "approved":
        return _not_standing(row)
    if row["captured_minor"] > 0:
        return "already_captured"
    if form.currency not in (None, row["currency"]):
        return "currency_mismatch"
    return "exceeds_authorized" if form.amount_minor > row["amount_minor"] else None


def _why_not_refunded(tx: Connection, row: Row, form: MoneyForm) -> str | None:
    if row["outcome"] != "approved":
        return _not_standing(row)
    if row["captured_minor"] == 0:
        return "not_captured"
    if form.currency not in (None, row["currency"]):
        return "currency_mismatch"
    left_minor = row["captured_minor"] - row["refunded_minor"]
    if form.amount_minor > left_minor:
        return "exceeds_captured"
    charged_back_minor = disputes.charged_back_minor(tx, form.authorization)
    return "charged_back" if form.amount_minor > left_minor - charged_back_minor else None


def _why_nothing_to_void(row: Row | None) -> str | None:
    if row is None or row["outcome"] in OPEN:
        return None
    if row["outcome"] != "approved":
        return _not_standing(row)
    return "already_captured" if row["captured_minor"] > 0 else None


def _not_standing(row: Row) -> str:
    if row["outcome"] in OPEN:
        return "not_approved"
    return "already_voided" if row["outcome"] == "voided" else "already_declined"


def _account(row: Row) -> tuple[str, str]:
    return row["card_fingerprint"], row["currency"]


def _money_entry(kind: str, form: MoneyForm, row: Row, reason: str | None, stamp: Stamp) -> Entry:
    answer = {
        "object": kind,
        "reference": form.reference,
        "authorization": form.authorization,
        "outcome": "approved" if reason is None else "declined",
        "reason": reason,
        "amount_minor": form.amount_minor,
        "currency": row["currency"],
        "created": stamp.now,
        "acquirer_reference": _acquirer_reference(stamp.now) if reason is None else None,
    }
    return _entry(kind, form.reference, row, answer, stamp)


def _entry(kind: str, reference: str, row: Row, answer: dict[str, Any], stamp: Stamp) -> Entry:
    return Entry(
        kind=kind,
        reference=reference,
        authorization=row["reference"],
        content_digest=stamp.content_digest,
        outcome=answer["outcome"],
        reason=answer["reason"],
        amount_minor=answer["amount_minor"],
        currency=answer["currency"],
        card_masked=row["card_masked"],
        card_fingerprint=row["card_fingerprint"],
        answer=answer,
        created=stamp.now,
    )


def _acquirer_reference(now: int) -> str:
    """23 digits as in a clearing record: format, acquirer, day as YDDD, a number of ours, check digit."""
    day = time.gmtime(now)
    payload = f"7{ACQUIRER_BIN}{day.tm_year % 10}{day.tm_yday:03d}{secrets.randbelow(10**11):011d}"
    return payload + luhn_digit(payload)
