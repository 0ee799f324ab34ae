"""Countries of a billing address, in the buyer's language, and what each asks of a postal code."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale

# CLDR's territories that are no countries of ISO 3166-1: exceptional reservations, unions, pseudo-locales.
# Kosovo (XK) is user-assigned, but the card schemes have issuers there, so it stays.
NOT_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)

# Where the address check needs a postal code: its shape and an example for the message.
POSTAL_CODES = {
    "US": (re.compile(r"[0-9]{5}(-?[0-9]{4})?"), "94103"),
    "CA": (re.compile(r"[A-Z][0-9][A-Z][ -]?[0-9][A-Z][0-9]"), "K1A 0B1"),
    "GB": (re.compile(r"GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}"), "SW1A 1AA"),
}
ANY_POSTAL_CODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,15}")


@lru_cache(maxsize=64)
def country_choices(locale: Locale) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of every country, sorted by its name in the locale."""
    names = [
        (code, name)
        for code, name in locale.territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES
    ]
    return tuple(sorted(names, key=lambda choice: _sort_key(choice[1])))


def _sort_key(name: str) -> str:
    """Sort accented letters beside their plain ones: Österreich after Oman, not after Zypern."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def postal_code_problem(country: str, postal_code: str) -> str | None:
    """Return what is wrong with a postal code in one sentence, None where it will do."""
    shape, example = POSTAL_CODES.get(country, (ANY_POSTAL_CODE, None))
    if not postal_code:
        return f"Enter your postal code, for example {example}." if example else None
    if shape.fullmatch(postal_code.upper()):
        return None
    if example:
        return f"Enter a full postal code, for example {example}."
    return "Enter a postal code of letters and digits, 16 at most."
