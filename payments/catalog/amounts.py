"""What a price's amount may be: nothing or more, in the currency's steps, with decimals for tiny units."""

from decimal import Decimal

from kit.money import Currency
from payments.charging.amounts import check_bounds
from payments.errors import InvalidRequest


def check_unit_amount(amount_minor: int, currency: Currency, *, param: str) -> None:
    """Refuse an amount below nothing, above what can ever be charged, or of a wrong step."""
    check_bounds(amount_minor, currency, least_minor=0, param=param)


def check_exact_amount(amount: Decimal, currency: Currency, *, param: str) -> None:
    """Refuse a decimal amount as above; what is no whole amount needs no step, since a sale rounds it."""
    if amount < 0:
        raise InvalidRequest("This value must be greater than or equal to 0.", param=param)
    whole = int(amount)
    check_unit_amount(
        whole if whole == amount else whole - whole % currency.step_minor, currency, param=param
    )


def as_decimal_text(amount: Decimal | int) -> str:
    """Return a decimal amount as the wire has it: plain digits, no trailing zeros, `1999` or `0.05`."""
    if isinstance(amount, int):
        return str(amount)
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
