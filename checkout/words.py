"""What every field of the page does to the words that somebody types."""

import re
import unicodedata

from payments.charging.card_brands import brand_of, passes_luhn

BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def trimmed(text: str | None) -> str:
    """Return the words without blanks at their ends."""
    return (text or "").strip()


def control_characters(text: str) -> bool:
    """Find what no name holds: control characters, halves of surrogates, and bidirectional overrides.

    Joiners stay allowed: names in Indic scripts and in Persian are written with them.
    """
    return any(unicodedata.category(letter) in {"Cc", "Cs"} or letter in BIDI_OVERRIDES for letter in text)


def hides_card(text: str) -> bool:
    """Tell whether a number of another kind, as a phone's or a tax office's, is a card's after all.

    Those may be as long as a card number and have its check digit by chance, so a brand must own it, too.
    """
    digits = re.sub("[^0-9]", "", text)
    brand = brand_of(digits)
    return brand is not None and len(digits) in brand.lengths and passes_luhn(digits)
