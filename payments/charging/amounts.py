"""What an amount of money may be: a known currency, its step, its smallest and largest charge."""

from kit.money import CURRENCIES, MAXIMUM_AMOUNT, Currency, to_decimal
from payments.errors import InvalidRequest

# As errors write amounts, which merchants read in English.
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹"}


def written(amount_minor: int, code: str) -> str:
    """Return an amount as errors write it, as `$1,999.00 usd`."""
    return f"{SIGNS.get(code, '')}{to_decimal(amount_minor, code):,} {code}"


def known_currency(code: str, *, param: str = "currency") -> Currency:
    """Return the currency of a code in either case; raises InvalidRequest for an unknown one."""
    currency = CURRENCIES.get(code.lower()) if code.isascii() else None
    if currency is None:
        supported = ", ".join(CURRENCIES)
        message = f"Invalid currency: {code[:32]}. Florin supports these currencies: {supported}"
        raise InvalidRequest(message, param=param)
    return currency


def check_step(amount_minor: int, currency: Currency, *, param: str = "amount") -> None:
    """Refuse an amount that the currency has no money for, as 1.001 KWD or 50 aurar."""
    if amount_minor % currency.step_minor:
        raise InvalidRequest(
            f"Invalid amount. Amounts in {currency.code} must be evenly divisible by {currency.step_minor}.",
            code="invalid_charge_amount",
            param=param,
        )


def check_bounds(amount_minor: int, currency: Currency, *, least_minor: int, param: str) -> None:
    """Refuse an amount below `least_minor`, above what can ever be charged, or of a wrong step."""
    if amount_minor < least_minor:
        message = f"This value must be greater than or equal to {least_minor}."
        raise InvalidRequest(message, code="parameter_invalid_integer", param=param)
    if amount_minor > MAXIMUM_AMOUNT:
        most = written(MAXIMUM_AMOUNT, currency.code)
        raise InvalidRequest(f"Amount must be no more than {most}", code="amount_too_large", param=param)
    check_step(amount_minor, currency, param=param)


def check_charge(amount_minor: int, currency: Currency, *, param: str = "amount") -> None:
    """Refuse what can't be charged: nothing, too little, too much or a wrong step."""
    check_bounds(amount_minor, currency, least_minor=1, param=param)
    if amount_minor < currency.minimum_minor:
        least = written(currency.minimum_minor, currency.code)
        raise InvalidRequest(f"Amount must be at least {least}", code="amount_too_small", param=param)
