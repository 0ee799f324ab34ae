"""expire: end a session whose time is over, or that its merchant closes, and the intent behind it."""

from dataclasses import dataclass

from sqlalchemy import select

from kit.database import db
from payments.charging.cancel import cancel
from payments.charging.payment_intents import CONFIRMABLE, PaymentIntent
from payments.charging.setup_intents import CANCELABLE as SETUP_CANCELABLE
from payments.charging.setup_intents import SetupIntent
from payments.charging.withdraw_setup import cancel_setup
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import CheckoutSession, Status

BATCH = 200


def expire(session: CheckoutSession) -> None:
    """Collect the end of an open session; raises InvalidRequest for any other, LockTimeout mid-payment."""
    if session.status != Status.OPEN:
        raise InvalidRequest(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of `{session.status}`.",
        )
    if session.payment_intent_id is not None:
        intent = PaymentIntent.find(session.payment_intent_id)
        intent.require_unlocked()
        if intent.status in CONFIRMABLE:
            cancel(intent, None)
    if session.setup_intent_id is not None:
        setup = SetupIntent.find(session.setup_intent_id)
        setup.require_unlocked()
        if setup.status in SETUP_CANCELABLE:
            cancel_setup(setup)
    session.expire()


@dataclass(frozen=True, slots=True)
class Due:
    """An open session whose time is over."""

    id: str
    account_id: str
    livemode: bool
    expires_at: int


def due(now: int, after: Due | None = None) -> list[Due]:
    """Return open sessions whose time is over, the oldest first, a batch from behind `after`.

    Those that can't end yet, since their customer is paying, are passed by so and hold up no other.
    """
    row = CheckoutSession
    query = select(row.id, row.account_id, row.livemode, row.expires_at).where(
        row.status == Status.OPEN, row.expires_at <= now
    )
    if after is not None:
        later = (row.expires_at == after.expires_at) & (row.id > after.id)
        query = query.where((row.expires_at > after.expires_at) | later)
    return [Due(*found) for found in db.session.execute(query.order_by(row.expires_at, row.id).limit(BATCH))]
