"""The steps from an order's subtotal to its total, and the ways of delivery, written out for the page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checkout.i18n import Words, gettext, ngettext, number, percent
from payments.catalog.coupons import Coupon
from payments.hosted.checkout_sessions import CheckoutSession

Written = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way of delivery: what it costs and how long it takes."""

    rate: str
    name: str
    cost: str
    note: str | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the order itself was not changed as the buyer wanted, and where on the page to say so."""

    why: Words
    place: str = "code"  # code, delivery, cards, lines


def sums_of(session: CheckoutSession, written: Written) -> tuple[tuple[str, str], ...]:
    """Return each step in words with its amount; what is in the prices already says so."""
    adjusted = session.adjustments or {}
    rows = [(gettext("Subtotal"), written(session.amount_subtotal))]
    discount = adjusted.get("discount")
    if discount:
        rows.append((_discount_words(discount), written(-adjusted["amount_discount"])))
    chosen = next((way for way in deliveries(session, written) if way.chosen), None)
    if chosen is not None:
        rows.append((gettext("Delivery: %(way)s", way=chosen.name), chosen.cost))
    taxes = adjusted.get("taxes", [])
    rows.extend((_tax_words(entry["rate"]), written(entry["amount"])) for entry in taxes)
    return tuple(rows)


def deliveries(session: CheckoutSession, written: Written) -> list[Delivery]:
    """Return the ways of delivery that the order offers."""
    shipping = (session.adjustments or {}).get("shipping") or {"options": [], "chosen": 0}
    return [
        Delivery(
            rate=option["shipping_rate"],
            name=option["display_name"],
            cost=written(option["shipping_amount"]) if option["shipping_amount"] else gettext("Free"),
            note=_estimate(option["delivery_estimate"] or {}),
            chosen=place == shipping["chosen"],
        )
        for place, option in enumerate(shipping["options"])
    ]


def promotion_code(session: CheckoutSession) -> str | None:
    """Return the code that the customer has entered, None where there is none."""
    discount = (session.adjustments or {}).get("discount")
    return discount["words"] if discount and discount["promotion_code"] else None


def _discount_words(discount: dict[str, Any]) -> str:
    words, share = discount["words"], discount["terms"]["percent_off"]
    # An id of our own, as older orders keep it, says nothing to a customer.
    if words is None or words.startswith(Coupon.prefix):
        words = gettext("Discount")
    return gettext("%(code)s (%(percentage)s off)", code=words, percentage=percent(share)) if share else words


def _tax_words(rate: dict[str, Any]) -> str:
    name, share = rate["display_name"], percent(rate["percentage"])
    if rate["inclusive"]:
        return gettext("%(tax)s (%(percentage)s included)", tax=name, percentage=share)
    return gettext("%(tax)s (%(percentage)s)", tax=name, percentage=share)


def _estimate(estimate: dict[str, Any]) -> str | None:
    least, most = estimate.get("minimum"), estimate.get("maximum")
    if least and most:
        if least == most:
            return _span(most)
        shortest = number(least["value"]) if least["unit"] == most["unit"] else _span(least)
        return gettext("%(least)s to %(most)s", least=shortest, most=_span(most))
    if most:
        return gettext("Up to %(time)s", time=_span(most))
    return gettext("At least %(time)s", time=_span(least)) if least else None


def _span(span: dict[str, Any]) -> str:
    count = span["value"]
    match span["unit"]:
        case "hour":
            return ngettext("%(count)s hour", "%(count)s hours", count)
        case "day":
            return ngettext("%(count)s day", "%(count)s days", count)
        case "business_day":
            return ngettext("%(count)s business day", "%(count)s business days", count)
        case "week":
            return ngettext("%(count)s week", "%(count)s weeks", count)
        case _:
            return ngettext("%(count)s month", "%(count)s months", count)
