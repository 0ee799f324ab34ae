"""Which parts an address of a country has and needs, for the form and for the page's script alike.

A delivery and a whole billing address are held to what a carrier needs there (checkout/address_table.py). A
card alone asks for the postal code only where issuers compare it; elsewhere it may be left out.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from checkout import address_table as table
from checkout.i18n import gettext

DIGITS = re.compile(r"#{2,}(?![{?])")
SIGNS = (("#", "[0-9]"), ("@", "[A-Z]"), ("*", "[A-Z0-9]"), ("_", " ?"))
OWN_LETTERS = "(%s[ -]?)?"
ANY_POSTAL_CODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,15}")


@dataclass(frozen=True, slots=True)
class Parts:
    """What an address of one country has; `form` and `example` are those of its postal codes, if any."""

    form: str = ""
    example: str = ""
    needs_postal_code: bool = False
    has_region: bool = False
    needs_region: bool = False
    needs_city: bool = True

    @property
    def shape(self) -> re.Pattern[str]:
        """Return what a postal code has to look like; where the country has none, anything goes."""
        return re.compile(self.form) if self.form else ANY_POSTAL_CODE

    @property
    def letters(self) -> str:
        """Return the same for `static/checkout/fields.js`: p, r and c are needed, R is there."""
        marks = {
            "p": self.needs_postal_code,
            "R": self.has_region,
            "r": self.needs_region,
            "c": self.needs_city,
        }
        return "".join(letter for letter, holds in marks.items() if holds)


def _pattern(form: str, country: str) -> str:
    """Return a form of the table as a pattern that both languages read."""
    if "|" in form:
        form = f"(?:{form})"
    form = DIGITS.sub(lambda run: f"#{{{len(run[0])}}}", form)
    for sign, letters in SIGNS:
        form = form.replace(sign, letters)
    return form.replace("~", OWN_LETTERS % country)


def _parts() -> dict[str, Parts]:
    lines = (line.split(maxsplit=2) for line in table.POSTAL_CODES.strip().splitlines())
    codes = {country: (_pattern(form, country), example) for country, form, example in lines}
    names = (table.NEEDS_POSTAL_CODE, table.HAS_REGION, table.NEEDS_REGION, table.NEEDS_NO_CITY)
    needs_code, has_region, needs_region, no_city = (frozenset(words.split()) for words in names)
    return {
        country: Parts(
            *codes.get(country, ("", "")),
            needs_postal_code=country in needs_code,
            has_region=country in has_region,
            needs_region=country in needs_region,
            needs_city=country not in no_city,
        )
        for country in sorted({*codes, *has_region, *no_city})
    }


PARTS = _parts()
PLAIN = Parts()  # of a country that no table names: lines and a city
CHECKED_BY_ISSUERS = frozenset(table.CHECKED_BY_ISSUERS.split())


def parts_of(country: str) -> Parts:
    """Return what an address of a country has."""
    return PARTS.get(country, PLAIN)


def parts_for_card(country: str) -> Parts:
    """Return what is asked where nothing but a card pays: its postal code where issuers compare it."""
    return parts_of(country) if country in CHECKED_BY_ISSUERS else PLAIN


def postal_code_problem(parts: Parts, postal_code: str) -> str | None:
    """Return what is wrong with a postal code in one sentence, None where it will do."""
    if not postal_code:
        example = parts.example
        missing = parts.needs_postal_code
        return (
            gettext("Enter your postal code, for example %(example)s.", example=example) if missing else None
        )
    return None if parts.shape.fullmatch(postal_code.upper()) else _wrong(parts.example)


def _wrong(example: str) -> str:
    if example:
        return gettext("Enter a full postal code, for example %(example)s.", example=example)
    return gettext("Enter a postal code of letters and digits, 16 at most.")


def postal_words() -> dict[str, str]:
    """Return what the page's script says of a postal code; `{example}` is the country's."""
    return {
        "missing": gettext("Enter your postal code, for example %(example)s.", example="{example}"),
        "wrong": _wrong("{example}"),
        "strange": _wrong(""),
    }


@lru_cache(maxsize=64)
def as_attribute(countries: frozenset[str]) -> Markup:
    """Return the rules of the countries that a page offers for an address, as an attribute's JSON.

    What a card asks for is always among them.
    """
    offered = {country: PARTS[country] for country in sorted(PARTS.keys() & (countries | CHECKED_BY_ISSUERS))}
    found = {
        "any": ANY_POSTAL_CODE.pattern,
        "plain": PLAIN.letters,
        "card": table.CHECKED_BY_ISSUERS.split(),
        "parts": {country: [parts.letters, parts.form, parts.example] for country, parts in offered.items()},
    }
    return escape(str(htmlsafe_json_dumps(found)))
