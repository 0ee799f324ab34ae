"""hold place: a session takes its place among those that its payment link lets pay, before it is paid."""

from sqlalchemy import ColumnElement, func, select

from kit.database import db
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import CheckoutSession, Status
from payments.hosted.payment_links import MOST_COMPLETED, PaymentLink
from payments.places import free_place

LIMIT_REACHED = "payment_link_limit_reached"


def hold_place(session: CheckoutSession, link: PaymentLink) -> None:
    """Take a place, written with the payment's claim; raises InvalidRequest where none is left.

    A link without a limit numbers its sessions, too: it may get one while they are being paid.
    """
    if session.link_slot is not None:
        return
    row = CheckoutSession
    places = MOST_COMPLETED if link.most_completed is None else _places_of(link.id, link.most_completed)
    session.link_slot = free_place(row.payment_link_id, row.link_slot, link.id, places)
    if session.link_slot is None:
        raise InvalidRequest("The payment link has been used as often as it may be.", code=LIMIT_REACHED)


def _places_of(link_id: str, limit: int) -> int:
    """Return how many numbers there are to choose from, so that no more than `limit` hold one in all.

    Those that were completed before there were numbers take up a place all the same; so do those whose number
    lies behind the row's end, given while the link had no limit or a higher one. A row is cut by each of the
    latter, which may leave a further one behind its end; so until no more are.
    """
    row = CheckoutSession
    of_link = row.payment_link_id == link_id
    before = _count(of_link & (row.status == Status.COMPLETE) & row.link_slot.is_(None))
    places = limit - before
    while (cut := limit - before - _count(of_link & (row.link_slot >= places))) < places:
        places = cut
    return places


def _count(condition: ColumnElement[bool]) -> int:
    return int(db.session.scalar(select(func.count()).select_from(CheckoutSession).where(condition)) or 0)
