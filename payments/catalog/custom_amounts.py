"""What a customer pays who may choose it: the limits of a price with `custom_unit_amount`."""

from dataclasses import dataclass
from typing import Any

import stripe

from kit.money import CURRENCIES, MAXIMUM_AMOUNT, Currency
from payments.charging.amounts import check_bounds, check_charge
from payments.errors import InvalidRequest
from payments.shapes import shaped

Document = dict[str, Any]
LIMITS = ("minimum", "maximum", "preset")


@dataclass(frozen=True, slots=True)
class Custom:
    """The amounts that may be chosen, and the one to begin with; `most_minor` None is no limit."""

    currency: str
    least_minor: int
    most_minor: int | None
    first_minor: int

    @classmethod
    def of(cls, kept: Document, currency: str) -> "Custom":
        """Return what a price's document comes to; without a preset the least is the first."""
        least = kept["minimum"] or CURRENCIES[currency].minimum_minor
        return cls(currency, least, kept["maximum"], kept["preset"] or least)

    def allows(self, amount_minor: int) -> bool:
        """Tell whether an amount may be chosen: within the limits, and in the currency's steps."""
        most = MAXIMUM_AMOUNT if self.most_minor is None else self.most_minor
        fits = amount_minor % CURRENCIES[self.currency].step_minor == 0
        return fits and self.least_minor <= amount_minor <= most


def checked_custom(given: Document, currency: Currency, param: str) -> Document:
    """Return the limits as a price keeps them; raises InvalidRequest naming the parameter.

    The least that may be chosen is the currency's least charge, as in Stripe's reference.
    """
    if not given["enabled"]:
        raise InvalidRequest(
            "Pass `true` to let the customer choose the amount, or omit `custom_unit_amount`.",
            param=f"{param}[enabled]",
        )
    kept = {name: given.get(name) for name in LIMITS}
    if kept["minimum"] is not None:
        check_charge(kept["minimum"], currency, param=f"{param}[minimum]")
    least = kept["minimum"] or currency.minimum_minor
    if kept["maximum"] is not None:
        check_bounds(kept["maximum"], currency, least_minor=least, param=f"{param}[maximum]")
    if kept["preset"] is not None:
        check_bounds(kept["preset"], currency, least_minor=least, param=f"{param}[preset]")
        if kept["maximum"] is not None and kept["preset"] > kept["maximum"]:
            raise InvalidRequest(
                f"This value must be less than or equal to {kept['maximum']}.",
                code="parameter_invalid_integer",
                param=f"{param}[preset]",
            )
    return kept


def shown_custom(kept: Document | None) -> Document | None:
    """Return the wire's `custom_unit_amount`."""
    return None if kept is None else shaped(stripe.Price.CustomUnitAmount, **kept)
