"""Countries of an address, in the buyer's language, and the one that is chosen first."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from werkzeug.datastructures import LanguageAccept

# CLDR's territories that are no countries of ISO 3166-1: exceptional reservations, unions, pseudo-locales.
# Kosovo (XK) is user-assigned, but the card schemes have issuers there, so it stays.
NOT_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)

DEFAULT_COUNTRY = "US"


@lru_cache(maxsize=64)
def country_choices(locale: Locale) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of every country, sorted by its name in the locale."""
    names = [
        (code, name)
        for code, name in locale.territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES
    ]
    return tuple(sorted(names, key=lambda choice: _sort_key(choice[1])))


@lru_cache(maxsize=64)
def country_names(locale: Locale) -> Mapping[str, str]:
    """Return the same by their codes."""
    return dict(country_choices(locale))


def _sort_key(name: str) -> str:
    """Sort accented letters beside their plain ones: Österreich after Oman, not after Zypern."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def home_country(locale: Locale, accepted: LanguageAccept) -> str:
    """Guess the country to preselect: the region of the browser or of the locale, else the likeliest."""
    for tag in accepted.values():
        region = tag.replace("_", "-").rpartition("-")[2].upper()
        if "-" in tag and region in country_names(locale):
            return region
    if locale.territory and len(locale.territory) == 2:
        return str(locale.territory)
    return _likely_country(locale.language)


def _likely_country(language: str) -> str:
    likely = str(get_global("likely_subtags").get(language, ""))
    region = likely.rpartition("_")[2]
    return region if len(region) == 2 else DEFAULT_COUNTRY
