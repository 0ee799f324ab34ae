"""What a payment link sells: each line as it is kept in the link, and the ways of delivery."""

from typing import Any

from kit.database import db
from kit.ids import new_id
from payments.catalog.prices import Price
from payments.catalog.products import Product
from payments.catalog.shipping_rates import ShippingRate
from payments.catalog.tiers import billed_units
from payments.errors import InvalidRequest
from payments.hosted import chosen_amounts
from payments.hosted.quantities import MAXIMUM_QUANTITY, check_optional, choice_of

MAXIMUM_LINES = 20


def line_of(given: dict[str, Any], param: str, currency: str | None) -> dict[str, Any]:
    """Return a line as the link keeps it, in the currency given or, for None, in its price's own.

    Raises InvalidRequest naming the parameter.
    """
    if ("price" in given) == ("price_data" in given):
        raise InvalidRequest(
            f"You must specify either `price` or `price_data` for {param}, and not both.",
            param=f"{param}[price]",
        )
    inline = "price_data" in given
    if inline:
        price = Price.inline(given["price_data"], param=f"{param}[price_data]")
    else:
        price = Price.find(given["price"], param=f"{param}[price]")
    if not price.active and not inline:
        raise InvalidRequest("The price specified is inactive.", param=f"{param}[price]")
    cost = price.offered_in(currency, param=param)
    if price.tiers:
        raise InvalidRequest("Tiered prices can't be offered by a Payment Link.", param=f"{param}[price]")
    if cost.unit_minor is None:
        raise InvalidRequest(
            "Prices with fractions of the smallest unit can't be paid with a Payment Link.",
            param=f"{param}[price]",
        )
    quantity = quantity_of(given.get("quantity", 1), param)
    choice_of(given, quantity, param)
    if cost.custom is not None:
        chosen_amounts.check_line(given, quantity, param)
    return {
        "id": new_id("li_"),
        "inline": inline,
        "quantity": quantity,
        "adjustable_quantity": given.get("adjustable_quantity"),
        "currency": cost.currency,
        "unit_amount": cost.unit_minor,
        "is_chosen": cost.custom is not None,
        "name": _product_of(price).name,
        "price": price.as_stripe(),
    }


def _product_of(price: Price) -> Product:
    made = (row for row in db.session.new if isinstance(row, Product) and row.wire_id == price.product)
    return next(made, None) or Product.find(price.product)


def present_amount(line: dict[str, Any]) -> int:
    """Return what a line comes to today."""
    return _present_unit_amount(line) * billed_units(
        line["price"].get("transform_quantity"), line["quantity"]
    )


def _present_unit_amount(line: dict[str, Any]) -> int:
    """Return what one unit costs today, which may change in a currency option alone."""
    kept: int = line["unit_amount"]
    if line["currency"] == line["price"]["currency"]:
        return kept
    price = Price.peek(line["price"]["id"])
    cost = price.cost_in(line["currency"]) if price is not None else None
    return kept if cost is None or cost.unit_minor is None else cost.unit_minor


def shown_choice(line: dict[str, Any]) -> dict[str, Any] | None:
    """Return the wire's `adjustable_quantity` of a line."""
    choice = choice_of(line, line["quantity"], "line_items")
    return choice.as_stripe() if choice else None


def check_chosen(lines: list[dict[str, Any]], terms: dict[str, Any]) -> None:
    """Refuse what can't go with a line whose amount the customer chooses; raises InvalidRequest."""
    places = [place for place, line in enumerate(lines) if line.get("is_chosen")]
    for place in places:
        chosen_amounts.check_line(lines[place], lines[place]["quantity"], f"line_items[{place}]")
    chosen_amounts.check_order(terms, places)


def quantity_of(quantity: int, param: str) -> int:
    """Return a quantity that may be sold; raises InvalidRequest for any other."""
    if not 1 <= quantity <= MAXIMUM_QUANTITY:
        raise InvalidRequest(
            f"This value must be between 1 and {MAXIMUM_QUANTITY}.",
            code="parameter_invalid_integer",
            param=f"{param}[quantity]",
        )
    return quantity


def check_offers(given: list[dict[str, Any]] | None, others: int, currency: str) -> None:
    """Refuse items on offer that a session of the link could not have; raises InvalidRequest."""
    check_optional(given or [], others, MAXIMUM_LINES)
    for number, item in enumerate(given or []):
        param = f"optional_items[{number}]"
        line = line_of(item, param, currency)
        if line["is_chosen"]:
            raise chosen_amounts.not_on_offer(param)
        choice_of(item, line["quantity"], param, optional=True)


def shown_deliveries(given: list[dict[str, Any]] | None, currency: str) -> list[dict[str, Any]]:
    """Return the ways of delivery with what each costs; raises InvalidRequest for one that can't be used."""
    shown = []
    for number, option in enumerate(given or []):
        param = f"shipping_options[{number}][shipping_rate]"
        rate = ShippingRate.find(option["shipping_rate"], param=param)
        amount = rate.amount_in(currency)
        if amount is None:
            message = f"The shipping rate {rate.id} has no amount in {currency}."
            raise InvalidRequest(message, param=param)
        shown.append({"shipping_amount": amount, "shipping_rate": rate.id})
    return shown
