"""Prices in steps, and prices of packs: what a quantity costs other than so much for each unit.

Tiers say what each of so many units costs: Stripe's reference has that "per period", and Florin takes it for
recurring prices alone. A price with `transform_quantity` is one of packs, and may be paid once, too.
"""

from decimal import Decimal
from typing import Any

import stripe
from sqlalchemy.orm import Mapped

from kit.money import Currency
from payments.catalog.amounts import as_decimal_text, check_exact_amount, check_unit_amount
from payments.errors import InvalidRequest
from payments.shapes import shaped

Document = dict[str, Any]
NO_END = "inf"
MOST_IN_A_PACK = 999_999


class WithScheme:
    """The part of a price that says how quantities are counted."""

    tiers: Mapped[list[Any] | None]
    tiers_mode: Mapped[str | None]
    transform_quantity: Mapped[dict[str, Any] | None]

    def scheme_wire(self) -> Document:
        """Return the keys of a price that this file is about; its tiers are for who asks for them."""
        return {
            "billing_scheme": "tiered" if self.tiers else "per_unit",
            "tiers_mode": self.tiers_mode,
            "transform_quantity": self.transform_quantity,
        }

    def all_tiers(self) -> list[Document] | None:
        """Return the tiers, for who asks for them."""
        return shown_tiers(self.tiers)


def shown_tiers(kept: list[Document] | None) -> list[Document] | None:
    """Return tiers as the wire has them."""
    return None if kept is None else [shaped(stripe.Price.Tier, **tier) for tier in kept]


def checked_tiers(given: list[Document], currency: Currency, param: str) -> list[Document]:
    """Return the tiers as a price keeps them, with None for `inf`; raises InvalidRequest."""
    kept: list[Document] = []
    for number, tier in enumerate(given):
        place, before = f"{param}[{number}]", kept[-1]["up_to"] if kept else 0
        up_to = None if tier["up_to"] == NO_END else tier["up_to"]
        is_last = number == len(given) - 1
        if (up_to is None) != is_last:
            message = "The last tier, and no other, must have `up_to` set to `inf`."
            raise InvalidRequest(message, param=f"{place}[up_to]")
        if up_to is not None and up_to <= before:
            message = f"This value must be greater than {before}."
            raise InvalidRequest(message, code="parameter_invalid_integer", param=f"{place}[up_to]")
        flat, unit = (_amount(tier, name, currency, place) for name in ("flat_amount", "unit_amount"))
        if not flat and not unit:
            raise InvalidRequest("An entry in the tiers array is missing an amount.", param=place)
        kept.append({"up_to": up_to, **flat, **unit})
    return kept


def _amount(tier: Document, name: str, currency: Currency, place: str) -> Document:
    exact_name = f"{name}_decimal"
    whole, exact = tier.get(name), tier.get(exact_name)
    if whole is not None and exact is not None:
        message = f"You may only specify one of these parameters: {name}, {exact_name}."
        raise InvalidRequest(message, param=f"{place}[{name}]")
    if whole is not None:
        check_unit_amount(whole, currency, param=f"{place}[{name}]")
        return {name: whole, exact_name: as_decimal_text(whole)}
    if exact is None:
        return {}
    amount: Decimal = exact
    check_exact_amount(amount, currency, param=f"{place}[{exact_name}]")
    return {name: int(amount) if amount == int(amount) else None, exact_name: as_decimal_text(amount)}


def checked_transform(given: Document | None, param: str) -> Document | None:
    """Return how many units make a pack, and where a pack that isn't full is rounded to."""
    if not given:
        return None
    if not 1 <= given["divide_by"] <= MOST_IN_A_PACK:
        message = f"This value must be between 1 and {MOST_IN_A_PACK}."
        raise InvalidRequest(message, code="parameter_invalid_integer", param=f"{param}[divide_by]")
    return {"divide_by": given["divide_by"], "round": given["round"]}


def billed_units(transform: Document | None, quantity: int) -> int:
    """Return how often the unit amount is due for a quantity: once for each, or for each pack."""
    if not transform:
        return quantity
    size: int = transform["divide_by"]
    whole, rest = divmod(quantity, size)
    return whole + (1 if rest and transform["round"] == "up" else 0)
