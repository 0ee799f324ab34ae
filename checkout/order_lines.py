"""The lines of an order as the page shows them, and what else the buyer may add."""

from checkout import images
from checkout.i18n import gettext, number, spoken
from checkout.looks import letter_of
from checkout.presentation import Line
from checkout.sums import Written
from checkout.typed_amounts import typed_form
from payments.catalog.custom_amounts import Custom
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
    mark, custom, pack = letter_of(item.name), item.custom, item.price.get("transform_quantity")
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
        pack=number(pack["divide_by"]) if pack else "",
        typed_amount=typed_form(item.amount, item.currency, spoken()) if custom else "",
        limits=_limits(custom, written) if custom else "",
    )


def _limits(custom: Custom, written: Written) -> str:
    if custom.most_minor is None:
        return gettext("At least %(least)s", least=written(custom.least_minor))
    least, most = written(custom.least_minor), written(custom.most_minor)
    return gettext("From %(least)s to %(most)s", least=least, most=most)
