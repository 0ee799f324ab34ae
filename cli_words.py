"""`florin words`: collect the customer's sentences from the sources and bring the catalogues up to date."""

import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from babel import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from checkout.i18n import FILE, TRANSLATIONS
from payments.charging.methods import METHODS
from payments.charging.methods.sepa_debit import MANDATE

ROOT = Path(__file__).parent
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
HINT = "Translators:"  # a comment that begins with it stands above the sentence in every catalogue
HEADER = "# {language}: the words of {whose} (docs/translations.md)."
WIDTH = 100


@dataclass(frozen=True)
class Domain:
    """The catalogues of one house: where they are, and where its words stand and how they are found there."""

    whose: str
    folder: Path
    file: Path
    sources: tuple[tuple[str, str], ...]


PAGES = Domain(
    "Florin's customer pages",
    TRANSLATIONS,
    FILE,
    (("checkout/**/*.py", "python"), ("templates/checkout/**/*.html", "jinja2")),
)
BANK = Domain(
    "the bank simulator's pages",
    ROOT / "bank_simulator" / "translations",
    Path("LC_MESSAGES", "bank.po"),
    (("bank_simulator/**/*.py", "python"), ("bank_simulator/templates/**/*.html", "jinja2")),
)
DOMAINS = (PAGES, BANK)


@click.command("words")
@click.option("--add", metavar="LANGUAGE", help="Begin a catalogue, as for sv or pt_BR.")
def words(add: str | None) -> None:
    """Bring the catalogues of the customer's pages up to date with the sources.

    New sentences are added without a translation, those that are gone are taken out. Exits with 1 where a
    catalogue lacks something; its sentences are then shown in English.
    """
    lacking = 0
    for domain in DOMAINS:
        template = collected(domain)
        if add:
            _begin(add, domain)
        for path in catalogues(domain):
            catalogue = brought_up_to_date(path, template)
            missing = sum(1 for message in catalogue if message.id and not translated(message))
            lacking += missing
            name = f"{path.parent.parent.name}: {len(catalogue)} sentences of {domain.whose}"
            click.echo(f"{name}, {missing} without a translation.")
    sys.exit(1 if lacking else 0)


def collected(domain: Domain = PAGES) -> Catalog:
    """Return every sentence that the sources speak to a customer, with the places where they do."""
    template = Catalog(domain=domain.file.stem, charset="utf-8")
    for place, message, comments in _sentences(domain):
        template.add(message, locations=[(place, 0)], auto_comments=comments)
    return template


def catalogues(domain: Domain = PAGES) -> list[Path]:
    """Return the files of translations, one for each language."""
    return sorted(domain.folder.glob(f"*/{domain.file.as_posix()}"))


def read(path: Path) -> Catalog:
    """Return a catalogue as it stands, in the language of its folder; raises PoFileError where it is torn."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain=path.stem, abort_invalid=True)


def brought_up_to_date(path: Path, template: Catalog) -> Catalog:
    """Write a catalogue with exactly the template's sentences, each with the translation that it had."""
    catalogue = read(path)
    catalogue.update(
        deepcopy(template),  # a new sentence goes in as the very object: two languages may not share one
        no_fuzzy_matching=True,
        update_header_comment=False,
        update_creation_date=False,
    )
    catalogue.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, include_lineno=False, sort_by_file=True)
    return catalogue


def translated(message: Message) -> bool:
    """Tell whether a sentence, in each of its plural forms, has a translation that nobody doubts."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms) and not message.fuzzy


def _sentences(domain: Domain) -> Iterator[tuple[str, str | tuple[str, ...], list[str]]]:
    """Yield (file, sentence, comments). What payments/ says of a method is translated at the page's edge."""
    for pattern, how in domain.sources:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            with path.open("rb") as file:
                for _, message, comments, _context in extract(how, file, KEYWORDS, [HINT]):
                    yield place, message, comments
    if domain.file != PAGES.file:
        return
    for kind in METHODS.values():
        place = f"payments/charging/methods ({kind.type})"
        yield place, kind.label, []
        yield place, kind.note, []
    yield "payments/charging/methods (sepa_debit)", MANDATE, []


def _begin(name: str, domain: Domain) -> None:
    try:
        locale = Locale.parse(name)
    except (ValueError, UnknownLocaleError) as problem:
        raise click.BadParameter(f"there is no language {name}", param_hint="--add") from problem
    path = domain.folder / str(locale) / domain.file
    if path.exists():
        return
    path.parent.mkdir(parents=True)
    catalogue = Catalog(
        locale,
        domain=domain.file.stem,
        header_comment=HEADER.format(language=locale.english_name, whose=domain.whose),
        project="Florin",
        version="0.1.0",
        copyright_holder="Florin",
        msgid_bugs_address="",
        last_translator="Florin",
        language_team=str(locale.english_name),
        revision_date=datetime.now(UTC),
        fuzzy=False,
    )
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH)
