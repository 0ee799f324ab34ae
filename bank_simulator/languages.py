"""The words of the bank's pages, in the language that the caller told of its customer, else the browser's.

A sentence is written in English where it is used: `_("…")` in a template, `gettext("…")` in Python, or
`N_("…")` where it stands in a table and is read out later. Its translations are in translations/ beside this.
The caller tells the language as 3-D Secure does, by `browser_language`. What is for testers stays English.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, request
from markupsafe import escape
from sqlalchemy import Column, Connection, String, Table, bindparam, insert, select

from bank_simulator.tables import metadata

TRANSLATIONS = Path(__file__).parent / "translations"
FILE = Path("LC_MESSAGES", "bank.po")
DEFAULT = "en"
# What browsers and callers say in other words than the folders of the catalogues.
OTHER_TAGS = {"iw": "he", "zh_tw": "zh_Hant", "zh_hk": "zh_Hant", "zh_mo": "zh_Hant"}
# Around what is put into a sentence that runs from right to left: a name keeps its own direction.
PLACEHOLDER, ISOLATED = re.compile(r"%\(\w+\)s"), "\u2068\\g<0>\u2069"

customers_languages = Table(
    "bank_customers_languages",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("tag", String(35), nullable=False),
)


@dataclass(frozen=True)
class Language:
    """`tag` and `direction` are for `<html>`, `locale` for amounts and days."""

    tag: str
    locale: Locale
    catalogue: NullTranslations
    direction: str = "ltr"


@dataclass(frozen=True)
class Words:
    """A sentence of a table: it reads in the language of whoever sees it, whenever it is written out."""

    message: str

    def __str__(self) -> str:
        return gettext(self.message)

    def __html__(self) -> str:
        return str(escape(str(self)))


def N_(message: str) -> Words:  # noqa: N802 - gettext's own name for it
    """Marks a sentence of a table. It may not have placeholders that are filled elsewhere."""
    return Words(message)


def gettext(message: str, **values: object) -> str:
    """The sentence in the customer's language, `%(name)s` filled in; a per cent sign is written %%."""
    return _filled(language().catalogue.gettext(message), values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """The form of a sentence that fits the number `%(count)s`."""
    return _filled(language().catalogue.ngettext(one, many, count), {"count": count, **values})


def register(app: Flask) -> None:
    """Gives the templates `_`, `ngettext` and `language`; what comes out is escaped like any text."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals.update(gettext=gettext, ngettext=ngettext, language=language)


def keep(tx: Connection, reference: str, tag: str | None) -> None:
    """Remembers the language of a reference's customer, for the pages that they come to."""
    if tag is not None:
        tx.execute(insert(customers_languages), {"reference": reference, "tag": tag})


def told(tx: Connection, reference: str) -> str | None:
    """The language that the caller told of a reference's customer."""
    tag: str | None = tx.execute(_told, {"reference": reference}).scalar()
    return tag


def speak(tag: str | None) -> None:
    """Says in which language this request is answered; None leaves it to the browser's own."""
    name = _name_of(tag) if tag else None
    if name is not None:
        g.bank_language = language_of(name)


def language() -> Language:
    """The language of the page that is being made."""
    if "bank_language" not in g:
        names = (_name_of(tag) for tag in request.accept_languages.values())
        g.bank_language = language_of(next((name for name in names if name), DEFAULT))
    spoken: Language = g.bank_language
    return spoken


@lru_cache(maxsize=32)
def language_of(name: str) -> Language:
    """The language of a catalogue's folder, or English; read once for each process."""
    locale = Locale.parse(name)
    catalogue: NullTranslations = NullTranslations()
    if name != DEFAULT:
        compiled = BytesIO()
        with (TRANSLATIONS / name / FILE).open("rb") as file:
            write_mo(compiled, read_po(file))
        compiled.seek(0)
        catalogue = GNUTranslations(compiled)
    return Language(name.replace("_", "-"), locale, catalogue, str(locale.text_direction))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """The folders of the catalogues by their names in small letters, and English."""
    return {name.lower(): name for name in (DEFAULT, *(path.name for path in TRANSLATIONS.iterdir()))}


def _name_of(tag: str) -> str | None:
    """The catalogue nearest to a tag: de-AT -> de, zh-TW -> zh_Hant, xx -> None."""
    plain = tag.replace("-", "_").lower()
    stem = plain.partition("_")[0]
    near = (plain, "_".join(plain.split("_")[:2]), stem)
    found = (_names().get(OTHER_TAGS.get(name, name).lower()) for name in near)
    return next((name for name in found if name), None)


def _filled(sentence: str, values: dict[str, Any]) -> str:
    if values and language().direction == "rtl":
        sentence = PLACEHOLDER.sub(ISOLATED, sentence)
    filled = {name: str(value) if isinstance(value, Words) else value for name, value in values.items()}
    marked_up = any(hasattr(value, "__html__") for value in filled.values())
    return (escape(sentence) if marked_up else sentence) % filled


_told = select(customers_languages.c.tag).where(customers_languages.c.reference == bindparam("reference"))
