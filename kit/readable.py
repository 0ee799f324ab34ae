"""How amounts and numbers read to a person: the locale's signs and numerals, nothing lost."""

from copy import copy
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import NumberPattern, format_decimal, format_percent, get_currency_precision

from kit import money

# Babel sets separators by the locale's numbering system (CLDR), but leaves digits, minus and % Western.
NUMERALS: dict[str, dict[int, int | str]] = {
    "arab": {**{ord("0") + digit: 0x0660 + digit for digit in range(10)}, ord("%"): "\u066a\u061c"},
}


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
    text = pattern.apply(
        amount, locale, currency=currency.upper(), currency_digits=False, numbering_system="default"
    )
    return in_numerals(str(text), locale)


def format_number(value: Decimal | int, locale: Locale) -> str:
    """Write a number as the locale does: 1234 -> '1,234', '1.234' in German."""
    return in_numerals(format_decimal(value, locale=locale, numbering_system="default"), locale)


def format_share(percentage: Decimal, locale: Locale) -> str:
    """Write a percentage as the locale does, every decimal kept: 8.25 -> '8.25%', '8,25 %' in French."""
    text = format_percent(
        percentage / 100, locale=locale, decimal_quantization=False, numbering_system="default"
    )
    return in_numerals(text, locale)


def in_numerals(text: str, locale: Locale) -> str:
    """Return a number with the locale's own digits and minus, which holds its place from right to left."""
    system = locale.default_numbering_system
    if "-" in text:
        text = text.replace("-", locale.number_symbols[system].get("minusSign", "-"))
    own = NUMERALS.get(system)
    return text.translate(own) if own else text


@lru_cache(maxsize=256)
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    """Return the locale's currency pattern with a fixed number of decimals."""
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
