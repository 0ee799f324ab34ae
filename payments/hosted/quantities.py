"""How many of a line a customer may buy: the merchant's limits for quantities, and for items on offer."""

from dataclasses import asdict, dataclass
from typing import Any

from payments.errors import InvalidRequest

MAXIMUM_QUANTITY = 999_999
MOST_UNLESS_SAID = 99
MAXIMUM_OPTIONAL = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer may choose of one line; an optional one is of `first` pieces once it is added."""

    minimum: int
    maximum: int
    adjustable: bool = True
    optional: bool = False
    first: int = 1

    def allows(self, quantity: int) -> bool:
        """Tell whether so many may be bought; none of what is optional."""
        return self.minimum <= quantity <= self.maximum or (self.optional and quantity == 0)

    def kept(self) -> dict[str, Any]:
        """Return the choice as a row keeps it."""
        return asdict(self)

    def as_stripe(self) -> dict[str, Any] | None:
        """Return the wire's `adjustable_quantity`."""
        if not self.adjustable:
            return None
        return {"enabled": True, "maximum": self.maximum, "minimum": self.minimum}


def choice_of(given: dict[str, Any], quantity: int, param: str, *, optional: bool = False) -> Choice | None:
    """Return the choice that parameters describe, None for a set quantity; raises InvalidRequest."""
    asked = given.get("adjustable_quantity") or {}
    if not asked.get("enabled"):
        return (
            Choice(quantity, quantity, adjustable=False, optional=True, first=quantity) if optional else None
        )
    place = f"{param}[adjustable_quantity]"
    least, most = asked.get("minimum", 0), asked.get("maximum", MOST_UNLESS_SAID)
    for name, value, lowest in (("minimum", least, 0), ("maximum", most, 1)):
        if not lowest <= value <= MAXIMUM_QUANTITY:
            raise _out_of(lowest, MAXIMUM_QUANTITY, f"{place}[{name}]")
    if least > most:
        message = "`minimum` must not be greater than `maximum`."
        raise InvalidRequest(message, param=f"{place}[minimum]")
    if not least <= quantity <= most:
        raise _out_of(least, most, f"{param}[quantity]")
    return Choice(least, most, optional=optional, first=quantity)


def check_optional(given: list[dict[str, Any]], others: int, most_lines: int) -> None:
    """Refuse more items on offer than there may be, beside so many other lines."""
    if len(given) > MAXIMUM_OPTIONAL:
        message = f"You may only specify up to {MAXIMUM_OPTIONAL} optional items."
        raise InvalidRequest(message, param="optional_items")
    if len(given) + others > most_lines:
        message = f"There may be up to {most_lines} line items and optional items together."
        raise InvalidRequest(message, param="optional_items")


def shown_optional(given: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Return the items on offer as the wire has them."""
    shown = []
    for number, item in enumerate(given or []):
        choice = choice_of(item, item["quantity"], f"optional_items[{number}]", optional=True)
        quantity = choice.as_stripe() if choice else None
        shown.append({"adjustable_quantity": quantity, "price": item["price"], "quantity": item["quantity"]})
    return shown or None


def _out_of(least: int, most: int, param: str) -> InvalidRequest:
    message = f"This value must be between {least} and {most}."
    return InvalidRequest(message, code="parameter_invalid_integer", param=param)
