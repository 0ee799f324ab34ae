"""The catalogues of the customer's pages and the bank's say all that the sources say, and nothing else."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from click.testing import CliRunner

import cli_words
from checkout.i18n import FILE
from cli_words import BANK, DOMAINS, PAGES, catalogues, collected, read, translated, words

PATHS = {
    f"{domain.file.stem}-{path.parent.parent.name}": path for domain in DOMAINS for path in catalogues(domain)
}
every_catalogue = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")
# What would break out of an attribute, or out of the text, if a translation were ever taken for markup.
MARKUP = re.compile(r'[<>&"]')
RIGHT_TO_LEFT = {"ar", "he"}
# Which letters a language is written in beside the Latin ones of names and addresses.
LETTERS = {
    "ar": {"ARABIC"}, "he": {"HEBREW"}, "hi": {"DEVANAGARI"}, "ru": {"CYRILLIC"}, "zh": {"CJK"},
    "zh_Hant": {"CJK"}, "ja": {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
}  # fmt: skip


@pytest.fixture(scope="module")
def templates() -> dict[str, Catalog]:
    """What the sources say, by the names of the files."""
    return {domain.file.name: collected(domain) for domain in DOMAINS}


def language_of(path: Path) -> str:
    return path.parent.parent.name


def sentences(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (str(message.string),)


def ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else (str(message.id),)


def test_there_are_at_least_fifteen_languages_with_english() -> None:
    asked = {"ar", "de", "es", "fr", "he", "hi", "it", "ja", "nl", "pl", "pt", "ru", "tr", "zh"}
    pages, bank = ({language_of(path) for path in catalogues(domain)} for domain in (PAGES, BANK))
    assert asked <= pages
    assert bank == pages


def test_the_sources_have_sentences_of_every_kind(templates: dict[str, Catalog]) -> None:
    found = {ids(message)[0] for message in sentences(templates[PAGES.file.name])}
    assert {
        "Pay %(total)s",  # Python, said at once
        "Your card was declined.",  # of a table, said later
        "Total due",  # a template
        "%(count)s day",  # counted
        "Net banking",  # of the payments' own tables
    } <= found


@every_catalogue
def test_no_sentence_is_missing_doubted_or_out_of_date(path: Path, templates: dict[str, Catalog]) -> None:
    catalogue = read(path)
    wanted = {ids(message) for message in sentences(templates[path.name])}
    known = {ids(message) for message in sentences(catalogue)}
    assert wanted - known == set(), "run `./run florin words`, then translate what is new"
    assert known - wanted == set(), "run `./run florin words`: these are said no more"
    assert [ids(message)[0] for message in sentences(catalogue) if not translated(message)] == []
    assert not catalogue.obsolete


@every_catalogue
def test_each_translation_fills_in_what_the_sentence_does(path: Path) -> None:
    wrong = []
    for message in sentences(read(path)):
        for form in forms(message):
            wanted = sorted(PLACEHOLDER.findall(ids(message)[-1]))
            found = sorted(PLACEHOLDER.findall(form))
            # "one day" may be said without its number; nothing else may be left out.
            if form and found != wanted and not (len(ids(message)) > 1 and found == []):
                wrong.append(form)
            if "%" in PLACEHOLDER.sub("", form) or MARKUP.search(form):
                wrong.append(form)
    assert wrong == []


@every_catalogue
def test_each_translation_is_in_the_letters_of_its_language(path: Path) -> None:
    strange = []
    for message in sentences(read(path)):
        for form in forms(message):
            written = {unicodedata.name(letter).split()[0] for letter in form if letter.isalpha()}
            own = LETTERS.get(language_of(path), set())
            foreign = written - own - {"LATIN"}
            said = PLACEHOLDER.sub("", form)
            bare = own and len(said.split()) > 3 and not written & own
            strange += [form] if foreign or bare else []
    assert strange == []


@every_catalogue
def test_a_counted_sentence_has_every_form_of_its_language(path: Path) -> None:
    catalogue = read(path)
    for message in sentences(catalogue):
        if len(ids(message)) > 1:
            assert len(forms(message)) == catalogue.num_plurals
            assert PLACEHOLDER.findall(forms(message)[-1]), "the form for many tells how many"


@every_catalogue
def test_a_translation_has_no_marks_that_turn_its_neighbours(path: Path) -> None:
    for message in sentences(read(path)):
        for form in forms(message):
            assert not re.search("[\u202a-\u202e]", form)
            assert len(re.findall("[\u2066-\u2068]", form)) == form.count("\u2069")
            assert language_of(path) in RIGHT_TO_LEFT or not re.search("[\u200e\u200f\u2066-\u2069]", form)


def test_the_command_adds_what_is_new_and_takes_out_what_is_said_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_words, "DOMAINS", (replace(PAGES, folder=tmp_path),))
    begun = CliRunner().invoke(words, ["--add", "sv"])
    assert begun.exit_code == 1  # nothing is translated yet
    path = tmp_path / "sv" / FILE
    text = path.read_text(encoding="utf-8")
    text = text.replace('msgid "Total due"\nmsgstr ""', 'msgid "Total due"\nmsgstr "Att betala"')
    path.write_text(text + '\nmsgid "Said no more"\nmsgstr "Sagt"\n', encoding="utf-8")
    again = CliRunner().invoke(words, ["--add", "da"])
    assert [line.partition(":")[0] for line in again.output.splitlines()] == ["da", "sv"]
    assert not read(tmp_path / "da" / FILE)["Total due"].string
    catalogue = read(path)
    assert catalogue["Total due"].string == "Att betala"
    assert "Said no more" not in catalogue
    assert CliRunner().invoke(words, ["--add", "klingon"]).exit_code == 2
