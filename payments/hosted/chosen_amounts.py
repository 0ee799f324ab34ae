"""What an order may be of which the customer chooses an amount: one such line, of one piece, and no discount.

A discount on an amount that its customer may set as high as it takes would be no discount.
"""

from typing import Any

from payments.errors import InvalidRequest

DISCOUNTED_BY = ("discounts", "allow_promotion_codes")


def check_line(given: dict[str, Any], quantity: int, param: str) -> None:
    """Refuse more than one piece of such a line, and a choice of how many; raises InvalidRequest."""
    if quantity != 1:
        raise InvalidRequest(
            "The quantity of a price with `custom_unit_amount` must be 1.", param=f"{param}[quantity]"
        )
    if (given.get("adjustable_quantity") or {}).get("enabled"):
        raise InvalidRequest(
            "You cannot use `adjustable_quantity` with a price that has `custom_unit_amount`.",
            param=f"{param}[adjustable_quantity]",
        )


def check_order(params: dict[str, Any], places: list[int]) -> None:
    """Refuse what can't stand beside such lines, which are at these places; raises InvalidRequest."""
    if not places:
        return
    if len(places) > 1:
        raise InvalidRequest(
            "Only one line item may have a price with `custom_unit_amount`.", param=f"line_items[{places[1]}]"
        )
    for name in DISCOUNTED_BY:
        if params.get(name):
            raise _no_discount(name)
    if ((params.get("after_expiration") or {}).get("recovery") or {}).get("allow_promotion_codes"):
        raise _no_discount("after_expiration[recovery][allow_promotion_codes]")


def _no_discount(param: str) -> InvalidRequest:
    message = f"You cannot use `{param}` with a price that has `custom_unit_amount`."
    return InvalidRequest(message, param=param)


def not_on_offer(param: str) -> InvalidRequest:
    """Return the refusal of such a price among the items on offer."""
    return InvalidRequest(
        "Prices with `custom_unit_amount` can't be used for optional items.", param=f"{param}[price]"
    )
