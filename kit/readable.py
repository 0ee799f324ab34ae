"""How amounts and numbers read to a person: the locale's signs and numerals, nothing lost."""

from copy import copy
from dataclasses import dataclass
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
    known = _form(currency, locale)
    text = known.written(amount_minor) if known is not None else None
    return _by_babel(amount_minor, currency, locale) if text is None else text


def _by_babel(amount_minor: int, currency: str, locale: Locale) -> str:
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
    return _whole(value, locale) if type(value) is int else _number(value, locale)


def _number(value: Decimal | int, locale: Locale) -> str:
    return in_numerals(format_decimal(value, locale=locale, numbering_system="default"), locale)


_whole = lru_cache(maxsize=2048)(_number)  # mostly quantities


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


@dataclass(frozen=True, slots=True)
class _Form:
    """How a locale writes amounts of a currency, learned from Babel once, which takes seven times as long."""

    before: str
    after: str
    group: str
    groups: tuple[int, int]  # digits between two separators: of the last group, and of those ahead of it
    point: str
    minor: int  # units on the wire to one that people count
    decimals: int  # on the wire
    shown_decimals: int
    numerals: dict[int, int | str] | None

    def written(self, amount_minor: int) -> str | None:
        """Return an amount as Babel writes it; None for what is left to it: minus, and odd fractions."""
        if amount_minor < 0:
            return None
        whole, rest = divmod(amount_minor, self.minor)
        fraction = f"{rest:0{self.decimals}}" if self.decimals else ""
        if fraction[self.shown_decimals :].strip("0"):
            return None
        fraction = fraction[: self.shown_decimals].ljust(self.shown_decimals, "0")
        digits, ahead, width = str(whole), "", self.groups[0]
        while len(digits) > width:
            ahead = f"{self.group}{digits[-width:]}{ahead}"
            digits, width = digits[:-width], self.groups[1]
        point = self.point if fraction else ""
        text = f"{self.before}{digits}{ahead}{point}{fraction}{self.after}"
        return text.translate(self.numerals) if self.numerals else text


@lru_cache(maxsize=1024)
def _form(currency: str, locale: Locale) -> _Form | None:
    """Return how the locale writes the currency; None where Babel's way is not one of plain groups."""
    digits = get_currency_precision(currency.upper())
    pattern, symbols = _pattern(locale, digits), locale.number_symbols[locale.default_numbering_system]
    point = symbols.get("decimal", ".")
    nothing = "0" + (point + "0" * digits if digits else "")
    shown = str(
        pattern.apply(
            Decimal(0), locale, currency=currency.upper(), currency_digits=False, numbering_system="default"
        )
    )
    before, found, after = shown.partition(nothing)
    if not found or "-" in shown or pattern.int_prec[0] > 1:
        return None
    decimals = money.CURRENCIES[currency].decimals
    return _Form(
        before=before,
        after=after,
        group=symbols.get("group", ","),
        groups=pattern.grouping,
        point=point,
        minor=10**decimals,
        decimals=decimals,
        shown_decimals=digits,
        numerals=NUMERALS.get(locale.default_numbering_system),
    )


@lru_cache(maxsize=256)
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    """Return the locale's currency pattern with a fixed number of decimals."""
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
