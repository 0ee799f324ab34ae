"""What every field of the page does to the words that somebody types."""

import unicodedata

BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def trimmed(text: str | None) -> str:
    """Return the words without blanks at their ends."""
    return (text or "").strip()


def control_characters(text: str) -> bool:
    """Find what no name holds: control characters, halves of surrogates, and bidirectional overrides.

    Joiners stay allowed: names in Indic scripts and in Persian are written with them.
    """
    return any(unicodedata.category(letter) in {"Cc", "Cs"} or letter in BIDI_OVERRIDES for letter in text)
