"""An amount of money as a customer types it: read exactly, as the page's language writes numbers or plainly.

What could be meant in two ways is read as the page's language has it (1.000 is a thousand in German), and
what it can't be in that language is refused; the page shows the amount written out before it is paid.
"""

import re
import unicodedata
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol

from kit.money import CURRENCIES, to_decimal

FIELD = "customUnitAmount"
LONGEST = 40
MOST_DIGITS = 12
SYSTEM = "latn"  # fields of codes and amounts run from left to right in Western digits
SPACES = r"[\s'\u2019]"
NAMING = frozenset(("Sc", "Zs", "Cf"))  # what may stand around a number, beside words: signs, spaces, marks
VOWELS = frozenset(("Mn", "Mc"))  # belong to the letter before them, as in Hindi


def minor_of(text: str, currency: str, locale: Locale) -> int | None:
    """Return a typed amount in minor units, None for what is no amount of the currency."""
    number = _plain(_bare(_western(text)), locale) if len(text) <= LONGEST else None
    if number is None:
        return None
    whole, _, fraction = number.partition(".")
    decimals = CURRENCIES[currency].decimals
    if len(whole) > MOST_DIGITS or len(fraction) > decimals:
        return None
    return int(whole + fraction.ljust(decimals, "0"))


def typed_form(amount_minor: int, currency: str, locale: Locale) -> str:
    """Return an amount as it stands in the field: `1250.00`, `1250,00` in German."""
    decimals = CURRENCIES[currency].decimals
    pattern = f"0.{'0' * decimals}" if decimals else "0"
    amount: Decimal = to_decimal(amount_minor, currency)
    return format_decimal(amount, format=pattern, locale=locale, numbering_system=SYSTEM)


def _western(text: str) -> str:
    """Return the text with the digits and separators of Arabic, Hindi and other scripts as Western ones."""
    digits = (str(unicodedata.digit(sign, -1)) if sign.isdecimal() else sign for sign in text)
    return "".join(digits).replace("\u066b", ".").replace("\u066c", "'").strip()


def _bare(text: str) -> str:
    """Return the text without the sign or the name of a currency before and behind the number.

    A point right behind a letter is that of an abbreviation, as in `Rs. 500` and `500 kr.`.
    """
    named, in_word = [], False
    for sign in text:
        kind = unicodedata.category(sign)
        abbreviates = in_word and sign == "."
        in_word = sign.isalpha() or (in_word and kind in VOWELS)
        named.append(in_word or abbreviates or kind in NAMING)
    first = named.index(False) if False in named else len(text)
    last = len(text) - (named[::-1].index(False) if False in named else 0)
    return text[first:last]


def _plain(number: str, locale: Locale) -> str | None:
    """Return the number with a point and without groups, None where it could not be meant so."""
    point = re.escape(get_decimal_symbol(locale, numbering_system=SYSTEM))
    groups = f"(?:{re.escape(get_group_symbol(locale, numbering_system=SYSTEM))}|{SPACES})"
    shapes = (
        rf"([0-9]+)(?:{point}([0-9]+))?",
        rf"([0-9]{{1,3}}(?:{groups}[0-9]{{2,3}})*{groups}[0-9]{{3}})(?:{point}([0-9]+))?",
        r"([0-9]+)[.,]([0-9]{1,2})",  # no thousands are meant by one or two digits
    )
    for shape in shapes:
        if found := re.fullmatch(shape, number):
            return re.sub("[^0-9]", "", found[1]) + (f".{found[2]}" if found[2] else "")
    return None
