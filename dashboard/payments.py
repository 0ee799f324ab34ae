"""Payments: the list, one with all that happened to it, and the refund of what it took."""

from collections.abc import Sequence
from typing import TypeVar

from flask import url_for
from sqlalchemy import select

from dashboard import edge, movements, rendering
from dashboard.edge import Body, Onward
from dashboard.forms import RefundForm
from dashboard.lists import listing
from dashboard.presentation import PaymentRow, money
from dashboard.trail import names_of
from kit.database import db
from payments import audit
from payments.charging.charges import Charge
from payments.charging.disputes import Dispute
from payments.charging.payment_intents import PaymentIntent
from payments.charging.refund import refund
from payments.charging.refunds import Refund, Status
from payments.errors import InvalidRequest
from payments.events import Event

Noun = TypeVar("Noun", Charge, Refund)

MOST_SHOWN = 100  # of the charges, refunds, events and audit rows of one payment

OUTCOMES = {
    Status.SUCCEEDED: ("{} was refunded.", "good"),
    Status.PENDING: ("The refund of {} is on its way; the bank has not answered yet.", "wait"),
    Status.FAILED: ("The bank refused the refund of {}. Nothing was given back.", "bad"),
}


@edge.page("/payments")
def payments() -> Body:
    """List payments, newest first."""
    page = listing(PaymentIntent)
    return rendering.page("payments", page=page, payments=with_charges(page.rows))


@edge.page("/payments/<intent_id>")
def payment(intent_id: str) -> Body:
    """Show one payment."""
    intent = PaymentIntent.find(intent_id)
    charges = _of_payment(Charge, intent)
    refunds = _of_payment(Refund, intent)
    ids = [noun.id for noun in (intent, *charges, *refunds)]
    disputes = db.session.scalars(select(Dispute.id).where(Dispute.payment_intent_id == intent.id))
    latest = _latest_charge(intent)
    rows = audit.rows_of_objects(ids, MOST_SHOWN)
    return rendering.page(
        "payment",
        payment=PaymentRow(intent, latest),
        charges=charges,
        refunds=refunds,
        movements=movements.of_sources([*ids, *disputes], MOST_SHOWN),
        book_name=movements.book_name,
        events=events_of(ids),
        rows=rows,
        names=names_of(rows),
        form=RefundForm(formdata=None) if latest and _is_refundable(intent, latest) else None,
    )


@edge.action("/payments/<intent_id>/refund", refused=edge.back_to("payment", "intent_id"))
def refund_payment(intent_id: str) -> Body:
    """Refund all or part of a payment."""
    intent = PaymentIntent.find(intent_id)
    charge = _latest_charge(intent)
    if charge is None:
        raise InvalidRequest("This payment has taken no money that could be refunded.")
    made = refund({"payment_intent": intent.id, **RefundForm().given(charge)})
    words, tone = OUTCOMES[Status(made.status)]
    url = url_for("dashboard.payment", intent_id=intent.id)
    return Onward(url, words.format(money(made.amount, made.currency)), tone)


def with_charges(intents: Sequence[PaymentIntent]) -> list[PaymentRow]:
    """Return payments with their latest charges, or the last that failed, read at once."""
    wanted = [intent.latest_charge_id for intent in intents if intent.latest_charge_id]
    charges = {
        charge.id: charge for charge in db.session.scalars(select(Charge).where(Charge.id.in_(wanted)))
    }
    return [PaymentRow(intent, charges.get(intent.latest_charge_id or "")) for intent in intents]


def events_of(object_ids: Sequence[str]) -> list[Event]:
    """Return the newest events about some objects."""
    query = Event.mine().where(Event.object_id.in_(object_ids)).order_by(Event.id.desc()).limit(MOST_SHOWN)
    return list(db.session.scalars(query))


def _of_payment(noun: type[Noun], intent: PaymentIntent) -> list[Noun]:
    query = noun.mine().where(noun.payment_intent_id == intent.id).order_by(noun.id.desc())
    return list(db.session.scalars(query.limit(MOST_SHOWN)))


def _latest_charge(intent: PaymentIntent) -> Charge | None:
    return Charge.find(intent.latest_charge_id) if intent.latest_charge_id else None


def _is_refundable(intent: PaymentIntent, charge: Charge) -> bool:
    return charge.captured and not charge.voided and charge.refundable > 0 and intent.attempt_id is None
