"""What a card number shows before any bank is asked: its brand, lengths, grouping and security code.

The table (card_ranges.py) is handed to the page's script, so the browser and the form can never disagree.
"""

import re
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from payments.charging.card_ranges import BRANDS, BRANDS_ELSEWHERE, CardBrand

__all__ = [
    "BRANDS",
    "LABELS",
    "CardBrand",
    "as_json",
    "brand_of",
    "hides_card_number",
    "is_of_a_scheme",
    "names_a_card",
    "passes_luhn",
    "scheme_of",
    "without_card_numbers",
]

LABELS = {brand.name: brand.label for brand in BRANDS}
LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")
# The same by itself: ids and digests have runs of digits, too, beside their letters.
WHOLE_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ _-]?[0-9]){12,18}(?![0-9A-Za-z])")

Range = tuple[str, str, CardBrand]


def _by_length() -> list[tuple[int, list[Range]]]:
    """Return the ranges by the length of their prefix, the longest first; among equals the table's order."""
    found: dict[int, list[Range]] = {}
    for brand in (*BRANDS, *BRANDS_ELSEWHERE):
        for words in brand.ranges.split():
            low, _, high = words.partition("-")
            found.setdefault(len(low), []).append((low, high or low, brand))
    return sorted(found.items(), reverse=True)


RANGES = _by_length()
LONGEST_PREFIX = RANGES[0][0]


def brand_of(digits: str) -> CardBrand | None:
    """Return the brand that the leading digits belong to, None where no scheme that is taken owns them."""
    scheme = scheme_of(digits)
    return scheme if scheme is not None and scheme.taken else None


def scheme_of(digits: str) -> CardBrand | None:
    """Return the scheme that owns the leading digits, whether it is taken or not; None where none does.

    While a number is being typed, a scheme that isn't taken is not named as long as a longer prefix may fit.
    """
    return _scheme_of(digits[:LONGEST_PREFIX])


@lru_cache(maxsize=4096)
def _scheme_of(digits: str) -> CardBrand | None:
    for length, ranges in RANGES:
        head = digits[:length]
        if len(head) < length:
            continue
        for low, high, brand in ranges:
            if low <= head <= high:
                return brand if brand.taken or not _may_turn_out_otherwise(digits, length) else None
    return None


def _may_turn_out_otherwise(digits: str, length: int) -> bool:
    """Tell whether a longer prefix than those that were typed might still fit."""
    return any(
        low[: len(digits)] <= digits <= high[: len(digits)]
        for longer, ranges in RANGES
        if longer > max(length, len(digits))
        for low, high, _ in ranges
    )


def passes_luhn(digits: str) -> bool:
    """Say whether the last digit is the right check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def hides_card_number(text: str) -> bool:
    """Say whether free text carries what looks like a whole card number, which must never be stored."""
    return any(_is_card_number(run) for run in LONG_NUMBER.findall(text))


def names_a_card(reference: str) -> bool:
    """Say whether a reference, whose own numbers may be as long, has one that is a card's.

    One in ten long numbers has the check digit of a card by chance, so a scheme must own it and its length,
    too: an order number that begins with its date is none. No order is to lose its reference without need.
    """
    return any(is_of_a_scheme(re.sub("[ _-]", "", run)) for run in WHOLE_NUMBER.findall(reference))


def is_of_a_scheme(digits: str) -> bool:
    """Say whether a number is in a scheme's range, of its length, and has the right check digit."""
    scheme = scheme_of(digits)
    return scheme is not None and len(digits) in scheme.lengths and passes_luhn(digits)


def without_card_numbers(text: str) -> str:
    """Return text that may be kept: a card number in it, as of a mixed-up parameter, is blotted out."""
    return LONG_NUMBER.sub(lambda run: "*" * 12 if _is_card_number(run[0]) else run[0], text)


def _is_card_number(run: str) -> bool:
    return passes_luhn(re.sub(r"[ -]", "", run))


def as_json() -> list[dict[str, Any]]:
    """Return the table as `static/checkout/card.js` reads it; schemes that aren't taken have a name alone."""
    elsewhere = [{"label": brand.label, "ranges": brand.ranges, "taken": False} for brand in BRANDS_ELSEWHERE]
    return [asdict(brand) for brand in BRANDS] + elsewhere
