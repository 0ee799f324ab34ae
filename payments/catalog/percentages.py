"""Percentages: exact decimals in their columns, plain numbers on the wire."""

from decimal import Decimal

from payments.catalog.amounts import as_decimal_text
from payments.errors import InvalidRequest

DECIMAL_PLACES = 4
HUNDRED = Decimal(100)


def checked_percentage(given: Decimal, param: str, *, above_nothing: bool) -> str:
    """Return a percentage as the text that is kept; raises InvalidRequest for what can't be one."""
    if not 0 <= given <= HUNDRED or (above_nothing and given == 0):
        least = "greater than 0" if above_nothing else "at least 0"
        raise InvalidRequest(f"Invalid {param}: must be {least} and at most 100.", param=param)
    if given != round(given, DECIMAL_PLACES):
        raise InvalidRequest(
            f"Invalid {param}: must have at most {DECIMAL_PLACES} decimal places.", param=param
        )
    return as_decimal_text(given)


def as_number(percentage: str | None) -> int | float | None:
    """Return a kept percentage as JSON has it: 20, or 25.5. Nothing is ever worked out with it."""
    if percentage is None:
        return None
    exact = Decimal(percentage)
    return int(exact) if exact == int(exact) else float(exact)
