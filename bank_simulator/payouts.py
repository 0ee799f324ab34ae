"""Payouts: from a merchant's account here to a bank account anywhere, on their way for a day."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import Connection, bindparam, insert, select, update

from bank_simulator import forms, journal, notices, schedule
from bank_simulator.desk import bank_at_hand, body, once
from bank_simulator.errors import NotFound
from bank_simulator.forms import AMOUNT_MINOR, COUNTRY, CURRENCY, REFERENCE, WORDS, Fields
from bank_simulator.journal import Entry, Stamp
from bank_simulator.treasury import credit, payouts

counter = Blueprint("payouts", __name__)

KIND, RETURN_KIND = "payout", "payout_return"  # of their rows in the schedule
DAY_SECONDS = 24 * 3600
# What a merchant's account may go below zero by: real ones have a credit line, or are funded in advance.
CREDIT_LINE_MINOR = 1_000_000_000_000
PAYOUT_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,50}")  # the journal's rows of its end are named after it
ACCOUNT = re.compile(r"[A-Z0-9]{4,34}")
ROUTING = re.compile(r"[A-Z0-9-]{4,23}")

# Account numbers with an ending of their own, as Stripe publishes them (all others are paid), and one of ours
# that takes the money and sends it back a day later.
ENDINGS: dict[str, str] = {
    "000111111116": "no_account",
    "000111111113": "account_closed",
    "000222222227": "insufficient_funds",
    "000333333335": "debit_not_authorized",
    "000444444440": "invalid_currency",
    "000555555551": RETURN_KIND,
}
PAID = "paid"
RETURN_REASON = "account_closed"


@dataclass(frozen=True)
class PayoutForm:
    reference: str
    merchant_id: str
    amount_minor: int
    currency: str
    number: str
    routing_number: str | None
    country: str
    holder_name: str | None
    descriptor: str | None

    def content(self) -> dict[str, Any]:
        return dict(vars(self))


@counter.post("/v1/payouts")
def create() -> Response:
    form = _form(body())
    return once("payout", form, form.reference, lambda tx, stamp: _send(tx, form, stamp))


@counter.get("/v1/payouts/<reference>")
def show(reference: str) -> Response:
    """How it stands now, unlike the answer to its reference, which is how it stood then."""
    given = {"of_reference": forms.path_reference(reference)}
    row = bank_at_hand().storage.read(lambda tx: tx.execute(_find, given).mappings().first())
    if row is None:
        raise NotFound("The bank has no payout under this reference.", "reference")
    return jsonify(_as_answer(dict(row)))


def arrive(tx: Connection, reference: str, now: int) -> None:
    """The end of the way: paid, or failed, and the money is back where it came from."""
    row = dict(tx.execute(_find, {"of_reference": reference}).mappings().one())
    if row["ending"] in (PAID, RETURN_KIND):
        _end(tx, row, "paid", None, now)
        if row["ending"] == RETURN_KIND:
            schedule.put(tx, now + DAY_SECONDS, RETURN_KIND, reference)
    else:
        _end(tx, row, "failed", row["ending"], now)


def send_back(tx: Connection, reference: str, now: int) -> None:
    """The receiving bank returns what it had taken."""
    row = dict(tx.execute(_find, {"of_reference": reference}).mappings().one())
    _end(tx, row, "returned", RETURN_REASON, now)


schedule.HANDLERS[KIND] = arrive
schedule.HANDLERS[RETURN_KIND] = send_back


def _form(given: bytes) -> PayoutForm:
    fields = Fields(forms.json_object(given))
    account = fields.inner("account")
    form = PayoutForm(
        reference=fields.matching("reference", PAYOUT_REFERENCE),
        merchant_id=fields.matching("merchant_id", REFERENCE),
        amount_minor=fields.integer("amount_minor", 1, AMOUNT_MINOR),
        currency=fields.matching("currency", CURRENCY).lower(),
        number=account.matching("number", ACCOUNT),
        routing_number=account.matching_or_none("routing_number", ROUTING),
        country=account.matching("country", COUNTRY).upper(),
        holder_name=account.matching_or_none("holder_name", WORDS),
        descriptor=fields.matching_or_none("descriptor", WORDS),
    )
    fields.no_others()
    account.no_others()
    return form


def _send(tx: Connection, form: PayoutForm, stamp: Stamp) -> Entry:
    left_minor = credit(tx, form.merchant_id, form.currency, -form.amount_minor)
    refused = left_minor < -CREDIT_LINE_MINOR
    if refused:
        credit(tx, form.merchant_id, form.currency, form.amount_minor)
    row = {
        "reference": form.reference,
        "merchant_id": form.merchant_id,
        "amount_minor": form.amount_minor,
        "currency": form.currency,
        "status": "failed" if refused else "pending",
        "reason": "insufficient_funds" if refused else None,
        "account_last4": form.number[-4:],
        "ending": ENDINGS.get(form.number, PAID),
        "trace_id": None,
        "arrives_at": stamp.now + DAY_SECONDS,
        "created": stamp.now,
    }
    tx.execute(insert(payouts), row)
    if not refused:
        schedule.put(tx, stamp.now + DAY_SECONDS, KIND, form.reference)
    return _entry("payout", form.reference, row, stamp, "declined" if refused else "approved")


def _end(tx: Connection, row: dict[str, Any], status: str, reason: str | None, now: int) -> None:
    """Changes how it stands, gives back what did not arrive, and journals that."""
    row |= {"status": status, "reason": reason}
    if status == "paid":
        row["trace_id"] = f"{secrets.randbelow(10**15):015d}"
    else:
        credit(tx, row["merchant_id"], row["currency"], row["amount_minor"])
    values = {"to": status, "why": reason, "trace": row["trace_id"], "of_reference": row["reference"]}
    tx.execute(_change, values)
    outcome = "approved" if status == "paid" else "declined"
    journal.append(
        tx, _entry(f"payout_{status}", f"{row['reference']}_{status}", row, Stamp("", now), outcome)
    )
    notices.put(tx, "payout.updated", row["reference"])


def _entry(kind: str, reference: str, row: dict[str, Any], stamp: Stamp, outcome: str) -> Entry:
    return Entry(
        kind=kind,
        reference=reference,
        authorization=row["reference"],
        content_digest=stamp.content_digest,
        outcome=outcome,
        reason=row["reason"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        answer=_as_answer(row),
        created=stamp.now,
    )


def _as_answer(row: dict[str, Any]) -> dict[str, Any]:
    shown = ("reference", "amount_minor", "currency", "status", "reason", "trace_id", "arrives_at", "created")
    return {"object": "payout", **{name: row[name] for name in shown}}


_find = select(payouts).where(payouts.c.reference == bindparam("of_reference"))
_change = (
    update(payouts)
    .where(payouts.c.reference == bindparam("of_reference"))
    .values(status=bindparam("to"), reason=bindparam("why"), trace_id=bindparam("trace"))
)
