"""The words of the customer's pages, in the customer's language (docs/translations.md).

A sentence is written in English where it is used: `_("…")` in a template, `gettext("…")` in Python, or
`N_("…")` where it stands in a table and is read out later. Its translations are in translations/.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request
from markupsafe import escape
from werkzeug.datastructures import LanguageAccept

from checkout.locales import DEFAULT_LOCALE, choose_locale
from kit.readable import format_number, format_share

TRANSLATIONS = Path(__file__).parent.parent / "translations"
FILE = Path("LC_MESSAGES", "checkout.po")
# Unicode's isolates around what is put into a sentence that runs from right to left: a name keeps its own
# direction and does not turn its neighbours.
PLACEHOLDER, ISOLATED = re.compile(r"%\(\w+\)s"), "\u2068\\g<0>\u2069"


@dataclass(frozen=True)
class Language:
    """What words are in: `tag` and `direction` are for `<html>`, `locale` for dates and countries' names."""

    tag: str
    locale: Locale
    catalogue: NullTranslations
    direction: str = "ltr"


# The locale of a visit with the language of its words, which each sentence asks for.
_spoken: ContextVar[tuple[Locale, Language] | None] = ContextVar("florin_spoken", default=None)


@dataclass(frozen=True)
class Words:
    """A sentence in a table: it reads in the language of whoever sees it, whenever it is written out."""

    message: str

    def __str__(self) -> str:
        """Return it in the language that is spoken."""
        return gettext(self.message)

    def __html__(self) -> str:
        """Return it as templates write it."""
        return str(escape(str(self)))


def N_(message: str) -> Words:  # noqa: N802 - gettext's own name for it
    """Mark a sentence of a table. It may not have placeholders that are filled elsewhere."""
    return Words(message)


def gettext(message: str, **values: object) -> str:
    """Return the sentence in the customer's language, `%(name)s` filled in; a per cent sign is written %%.

    Values with `__html__` (Markup) make the whole sentence Markup; translations themselves never are.
    """
    return _filled(language().catalogue.gettext(message), values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the form of a sentence that fits the number, which `%(count)s` writes as the language does."""
    found = language().catalogue.ngettext(one, many, count)
    return _filled(found, {"count": number(count), **values})


def number(value: Decimal | int) -> str:
    """Write a number in the customer's numerals."""
    return format_number(value, spoken())


def percent(percentage: float | str) -> str:
    """Write a percentage in the customer's numerals: 20 -> 20%, 20 % in French; no digit is lost."""
    return format_share(Decimal(str(percentage)).normalize(), spoken())


def register(app: Flask) -> None:
    """Give the templates `_`, `ngettext`, `number` and `language`; answers are escaped like any text."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals.update(gettext=gettext, ngettext=ngettext, number=number, language=language)


@contextmanager
def speaking(locale: Locale) -> Iterator[None]:
    """Speak a customer's language for a while: of a session's page, of a letter."""
    token = _spoken.set((locale, language_of(locale)))
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> Locale:
    """Return the locale of the page: of the session where there is one, else of the browser."""
    visit = _spoken.get()
    if visit is not None:
        return visit[0]
    if has_request_context():
        return choose_locale(None, request.accept_languages)
    return choose_locale(DEFAULT_LOCALE, LanguageAccept())


def language() -> Language:
    """Return the language of the page's words: its locale's where there is a catalogue, else English."""
    visit = _spoken.get()
    return language_of(spoken()) if visit is None else visit[1]


@lru_cache(maxsize=256)
def language_of(locale: Locale) -> Language:
    """Return the language that a locale's customers are spoken to in; raises OSError for a torn catalogue."""
    if locale.language == DEFAULT_LOCALE:
        return Language(_tag(locale), locale, NullTranslations())
    for name in _names(locale):
        path = TRANSLATIONS / name / FILE
        if path.is_file():
            return Language(_tag(locale), locale, _read(path), str(locale.text_direction))
    return language_of(Locale.parse(DEFAULT_LOCALE))


def _names(locale: Locale) -> list[str]:
    """Return the folders to look in: pt_BR, pt. Of a script of its own none without: zh_Hant_TW, zh_Hant."""
    stem = f"{locale.language}_{locale.script}" if locale.script else locale.language
    return [str(locale), stem]


def _tag(locale: Locale) -> str:
    return str(locale).replace("_", "-")


@lru_cache(maxsize=64)
def _read(path: Path) -> GNUTranslations:
    """Return a catalogue, compiled in memory: about 5 ms, once for each language and process."""
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _filled(sentence: str, values: dict[str, object]) -> str:
    if not values:
        return sentence % values
    if language().direction == "rtl":
        sentence = PLACEHOLDER.sub(ISOLATED, sentence)
    values = {name: str(value) if isinstance(value, Words) else value for name, value in values.items()}
    marked_up = any(hasattr(value, "__html__") for value in values.values())
    return (escape(sentence) if marked_up else sentence) % values
