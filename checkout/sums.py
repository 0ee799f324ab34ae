"""The steps from an order's subtotal to its total, and the ways of delivery, written out for the page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.catalog.percentages import as_number
from payments.hosted.checkout_sessions import CheckoutSession

Written = Callable[[int], str]
FREE = "Free"
UNITS = {"hour": "hour", "day": "day", "business_day": "business day", "week": "week", "month": "month"}


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
    """Why the order itself was not changed as the buyer wanted, and the code that they typed."""

    why: str
    code: str = ""


def sums_of(session: CheckoutSession, written: Written) -> tuple[tuple[str, str], ...]:
    """Return each step in words with its amount; what is in the prices already says so."""
    adjusted = session.adjustments or {}
    rows = [("Subtotal", written(session.amount_subtotal))]
    discount = adjusted.get("discount")
    if discount:
        rows.append((_discount_words(discount), written(-adjusted["amount_discount"])))
    chosen = next((way for way in deliveries(session, written) if way.chosen), None)
    if chosen is not None:
        rows.append((f"Delivery: {chosen.name}", chosen.cost))
    for entry in adjusted.get("taxes", []):
        rate = entry["rate"]
        within = " included" if rate["inclusive"] else ""
        rows.append((f"{rate['display_name']} ({rate['percentage']}%{within})", written(entry["amount"])))
    return tuple(rows)


def deliveries(session: CheckoutSession, written: Written) -> list[Delivery]:
    """Return the ways of delivery that the order offers."""
    shipping = (session.adjustments or {}).get("shipping") or {"options": [], "chosen": 0}
    return [
        Delivery(
            rate=option["shipping_rate"],
            name=option["display_name"],
            cost=written(option["shipping_amount"]) if option["shipping_amount"] else FREE,
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
    percent = discount["terms"]["percent_off"]
    return f"{discount['words']} ({as_number(percent)}% off)" if percent else str(discount["words"])


def _estimate(estimate: dict[str, Any]) -> str | None:
    least, most = estimate.get("minimum"), estimate.get("maximum")
    if least and most and least["unit"] == most["unit"]:
        if least["value"] == most["value"]:
            return _span(most)
        return f"{least['value']} to {_span(most)}"
    if least and most:
        return f"{_span(least)} to {_span(most)}"
    if most:
        return f"Up to {_span(most)}"
    return f"At least {_span(least)}" if least else None


def _span(span: dict[str, Any]) -> str:
    unit = UNITS[span["unit"]]
    return f"{span['value']} {unit}{'' if span['value'] == 1 else 's'}"
