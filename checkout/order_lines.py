"""The lines of an order as the page shows them, and what else the buyer may add."""

from checkout import images
from checkout.i18n import number
from checkout.looks import letter_of
from checkout.presentation import Line
from checkout.sums import Written
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.line_items import LineItem


def order_lines(session: CheckoutSession, written: Written) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Return the lines of the order, those left out included, and the items on offer that aren't in it."""
    items = LineItem.of_session(session.id)
    offered = [item for item in items if item.choice and item.choice.optional and not item.quantity]
    lines = [item for item in items if item not in offered]
    shown = [tuple(_shown(session, item, written) for item in part) for part in (lines, offered)]
    return shown[0], shown[1]


def _shown(session: CheckoutSession, item: LineItem, written: Written) -> Line:
    mark = letter_of(item.name)
    return Line(
        name=item.name,
        description=item.description,
        quantity=item.quantity,
        unit=written(item.unit_amount),
        total=written(item.amount),
        image=images.address_of(next(iter(item.images), None), livemode=session.livemode, letter=mark),
        id=item.id,
        choice=item.choice,
        mark=mark,
        pieces=number(item.quantity),
    )
