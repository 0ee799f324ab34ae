"""extend: a customer who needs more time gets it, once, and never beyond a day from the beginning."""

from payments import audit
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import EXTENDED, CheckoutSession
from payments.hosted.opening_rules import LONGEST_SECONDS

EXTENSION_SECONDS = 30 * 60


def extended_expiry(session: CheckoutSession) -> int | None:
    """Return when the session would end if more time were asked for; None where there is none to give."""
    if not session.is_payable or session.details.get(EXTENDED):
        return None
    until = min(session.expires_at + EXTENSION_SECONDS, session.created + LONGEST_SECONDS)
    return until if until > session.expires_at else None


def extend(session: CheckoutSession) -> None:
    """Put off the session's end; raises InvalidRequest for one that has ended, or has been put off before.

    The sweep that ends sessions writes the same row, so of the two at once the later one's write is stale.
    """
    until = extended_expiry(session)
    if until is None:
        message = "This Checkout Session can't be kept open for longer."
        raise InvalidRequest(message, code="checkout_session_closed")
    audit.record("checkout.session.extended", session.id, before=session.expires_at, expires_at=until)
    session.expires_at = until
    session.details = session.details | {EXTENDED: True}
