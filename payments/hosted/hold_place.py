"""hold place: a session takes its place among those that its payment link lets pay, before it is paid."""

from sqlalchemy import func, select

from kit.database import db
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import CheckoutSession, Status
from payments.hosted.payment_links import MOST_COMPLETED, PaymentLink
from payments.places import free_place

LIMIT_REACHED = "payment_link_limit_reached"


def hold_place(session: CheckoutSession, link: PaymentLink) -> None:
    """Take a place, written with the payment's claim; raises InvalidRequest where none is left.

    A link without a limit numbers its sessions, too: it may get one while they are being paid. Those that
    were completed before there were numbers take up places all the same.
    """
    if session.link_slot is not None:
        return
    row = CheckoutSession
    before = (row.payment_link_id == link.id) & (row.status == Status.COMPLETE) & row.link_slot.is_(None)
    unnumbered = int(db.session.scalar(select(func.count()).where(before)) or 0)
    limit = (link.most_completed or MOST_COMPLETED) - unnumbered
    session.link_slot = free_place(row.payment_link_id, row.link_slot, link.id, limit)
    if session.link_slot is None:
        raise InvalidRequest("The payment link has been used as often as it may be.", code=LIMIT_REACHED)
