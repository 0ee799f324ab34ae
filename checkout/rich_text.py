"""The merchant's own words on the page: text, bold and links as Stripe allows them, and never HTML.

A message is taken apart here; the template writes each part, escaped like all that is not ours.
"""

import re
import unicodedata
from dataclasses import dataclass

from checkout.ways_out import web_address
from checkout.words import BIDI_OVERRIDES

# **bold** and [words](https://address), as in Markdown; all else stands as it was written.
MARKUP = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|\[(?P<words>[^\[\]]+)\]\((?P<address>[^\s()]+)\)")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words that look the same."""

    words: str
    bold: bool = False
    address: str | None = None


def parts_of(message: str) -> list[Part]:
    """Return the parts of a message; what would lead anywhere but to the web is shown as text."""
    clean = "".join(letter for letter in message if _is_shown(letter))
    parts, end = [], 0
    for found in MARKUP.finditer(clean):
        parts.append(Part(clean[end : found.start()]))
        address = web_address(found["address"])
        if found["bold"]:
            parts.append(Part(found["bold"], bold=True))
        elif address:
            parts.append(Part(found["words"], address=address))
        else:
            parts.append(Part(found[0]))
        end = found.end()
    parts.append(Part(clean[end:]))
    return [part for part in parts if part.words]


def _is_shown(letter: str) -> bool:
    """Tell whether a letter may stand on the page: what turns the writing around may not."""
    return letter == "\n" or (
        unicodedata.category(letter) not in {"Cc", "Cs"} and letter not in BIDI_OVERRIDES
    )
