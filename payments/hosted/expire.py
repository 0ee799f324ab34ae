"""expire: end a session whose time is over, or that its merchant closes, and the intent behind it."""

from sqlalchemy import select

from kit.database import db
from payments.charging.cancel import cancel
from payments.charging.payment_intents import CONFIRMABLE, PaymentIntent
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
    session.expire()


def due(now: int) -> list[tuple[str, str, bool]]:
    """Return id, account and mode of open sessions whose time is over."""
    row = CheckoutSession
    query = (
        select(row.id, row.account_id, row.livemode)
        .where(row.status == Status.OPEN, row.expires_at <= now)
        .order_by(row.expires_at)
        .limit(BATCH)
    )
    return [
        (session_id, account_id, livemode) for session_id, account_id, livemode in db.session.execute(query)
    ]
