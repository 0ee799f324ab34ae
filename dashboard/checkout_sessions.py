"""Checkout sessions: the list, and one with what it sells and where it stands."""

from dashboard import edge, rendering
from dashboard.edge import Body
from dashboard.lists import listing
from dashboard.payments import MOST_SHOWN, events_of
from dashboard.trail import names_of
from payments import audit
from payments.hosted.checkout_sessions import CheckoutSession


@edge.page("/checkout-sessions")
def checkout_sessions() -> Body:
    """List sessions, newest first."""
    return rendering.page("checkout_sessions", page=listing(CheckoutSession))


@edge.page("/checkout-sessions/<session_id>")
def checkout_session(session_id: str) -> Body:
    """Show one session."""
    found = CheckoutSession.find(session_id)
    rows = audit.rows_of_objects([found.id], MOST_SHOWN)
    return rendering.page(
        "checkout_session",
        session=found,
        customer=found.as_stripe()["customer_details"] or {},
        pay_url=found.address if found.is_payable else None,
        lines=found.line_items(),
        events=events_of([found.id]),
        rows=rows,
        names=names_of(rows),
    )
