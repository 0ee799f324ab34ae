"""How an amount reads to a person: the locale's signs, the currency's own decimals, nothing lost."""

from copy import copy
from functools import lru_cache

from babel import Locale
from babel.numbers import NumberPattern, get_currency_precision

from kit import money


def format_amount(amount_minor: int, currency: str, locale: Locale) -> str:
    """Write an amount as the locale does: 49900 inr -> '₹499.00', '499,00 ₹' in French.

    The decimals are the currency's usual ones (CLDR), unless the amount would lose something by that:
    Stripe's wire has hundredths for currencies that people no longer divide, such as the kip.
    """
    amount = money.to_decimal(amount_minor, currency)
    digits = get_currency_precision(currency.upper())
    if amount != round(amount, digits):
        digits = money.CURRENCIES[currency].decimals
    pattern = _pattern(locale, digits)
    return str(
        pattern.apply(
            amount, locale, currency=currency.upper(), currency_digits=False, numbering_system="default"
        )
    )


@lru_cache(maxsize=256)
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    """Return the locale's currency pattern with a fixed number of decimals."""
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
