"""What a card number shows before any bank is asked: its brand, lengths, grouping and security code.

The same table is handed to the page's script, so the browser and the form can never disagree.
Source: ISO/IEC 7812 and the issuer ranges that the card schemes publish.
"""

import re
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CardBrand:
    """One scheme: `prefixes` are inclusive ranges of leading digits, `groups` how its cards are embossed."""

    name: str
    label: str
    prefixes: tuple[tuple[str, str], ...]
    lengths: tuple[int, ...]
    groups: tuple[int, ...] = (4, 4, 4, 4, 3)
    cvc_length: int = 3


BRANDS = (
    CardBrand("visa", "Visa", (("4", "4"),), (16,)),
    CardBrand("mastercard", "Mastercard", (("51", "55"), ("2221", "2720")), (16,)),
    CardBrand("amex", "American Express", (("34", "34"), ("37", "37")), (15,), (4, 6, 5), 4),
    CardBrand(
        "diners",
        "Diners Club",
        (("300", "305"), ("3095", "3095"), ("36", "36"), ("38", "39")),
        (14, 16, 17, 18, 19),
        (4, 6, 4),
    ),
    CardBrand("jcb", "JCB", (("3528", "3589"),), (16, 17, 18, 19)),
    CardBrand("discover", "Discover", (("6011", "6011"), ("644", "649"), ("65", "65")), (16, 17, 18, 19)),
    CardBrand("unionpay", "UnionPay", (("62", "62"), ("81", "81")), (16, 17, 18, 19)),
)


LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")


def brand_of(digits: str) -> CardBrand | None:
    """Return the brand that the leading digits belong to, None where no scheme owns them."""
    for brand in BRANDS:
        if any(low <= digits[: len(low)] <= high for low, high in brand.prefixes if len(digits) >= len(low)):
            return brand
    return None


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


def without_card_numbers(text: str) -> str:
    """Return text that may be kept: a card number in it, as of a mixed-up parameter, is blotted out."""
    return LONG_NUMBER.sub(lambda run: "*" * 12 if _is_card_number(run[0]) else run[0], text)


def _is_card_number(run: str) -> bool:
    return passes_luhn(re.sub(r"[ -]", "", run))


def as_json() -> list[dict[str, Any]]:
    """Return the table in the shape that `static/checkout/checkout.js` reads."""
    return [asdict(brand) for brand in BRANDS]
