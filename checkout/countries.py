"""Countries of a billing address, in the buyer's language, and what each asks of a postal code."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from werkzeug.datastructures import LanguageAccept

from checkout.i18n import gettext

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


def missing_postal_code(country: str) -> str | None:
    """Return what to say where no postal code was typed, None where it needs none."""
    _, example = POSTAL_CODES.get(country, (None, None))
    return gettext("Enter your postal code, for example %(example)s.", example=example) if example else None


def wrong_postal_code(country: str) -> str:
    """Return what to say of a postal code that the country has none like."""
    _, example = POSTAL_CODES.get(country, (None, None))
    if example:
        return gettext("Enter a full postal code, for example %(example)s.", example=example)
    return gettext("Enter a postal code of letters and digits, 16 at most.")


def postal_code_problem(country: str, postal_code: str) -> str | None:
    """Return what is wrong with a postal code in one sentence, None where it will do."""
    if not postal_code:
        return missing_postal_code(country)
    shape, _ = POSTAL_CODES.get(country, (ANY_POSTAL_CODE, None))
    return None if shape.fullmatch(postal_code.upper()) else wrong_postal_code(country)


def postal_shapes() -> dict[str, str]:
    """Return the shapes as `static/checkout/fields.js` reads them, by country; under no name of any other."""
    return {"": ANY_POSTAL_CODE.pattern} | {
        country: shape.pattern for country, (shape, _) in POSTAL_CODES.items()
    }


def postal_words() -> dict[str, dict[str, str]]:
    """Return what is said of a `missing` and of a `wrong` code, by the same countries."""
    return {
        country: {"missing": missing_postal_code(country) or "", "wrong": wrong_postal_code(country)}
        for country in ("", *POSTAL_CODES)
    }
