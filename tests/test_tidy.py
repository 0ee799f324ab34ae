"""The house rules that a machine can read (STYLE.md); each failure names the place and the rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bank_simulator.cards import COUNTRY_EXCEPTIONS, TABLE

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES = 300
FUNCTION_LINES = 70
NOT_OURS = {".git", ".venv", "data", "__pycache__"}

# A commit stands at the edge of a request or a job, and around the question to the bank; nowhere else.
EDGES = {
    "kit/database.py",  # defines it
    "merchant_api/crud.py",
    "merchant_api/idempotency.py",
    "merchant_api/stripecli_auth.py",
    "checkout/changes.py",
    "checkout/more_time.py",
    "checkout/links.py",
    "checkout/mandates.py",
    "checkout/pages.py",
    "checkout/receipts.py",
    "checkout/returns.py",
    "checkout/testing.py",
    "dashboard/edge.py",
    "payments/bank.py",
    "payments/cases.py",
    "payments/stand_ins.py",
    "webhooks/bank_notices.py",
    "webhooks/jobs.py",
    "webhooks/stripe_events.py",
    "sweeps.py",
    "settling.py",
    "mailing.py",
    "paying.py",
    "cli_contracts.py",
    "seed.py",
}
# Worlds of their own: the bank keeps its own books, and the benchmark's contenders are there to be compared.
OUTSIDE = {"bank_simulator", "bench", "tests", "migrations", "launcher"}
COMMIT = re.compile(r"\b(?:database|session|connection)\.commit\(|(?<![\w.])commit\(")

# Written apart, so that this file does not trip over its own rules.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|NotImplemented" r"Error")
SKIPS = re.compile(r"pytest\.(?:sk" r"ip|importorsk" r"ip|xfa" r"il)|mark\.(?:sk" r"ip|xfa" r"il)")

# How card numbers are written: in one go, or in the groups that stand on the card.
CARD_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:[2-6][0-9]{12,18}|[2-6][0-9]{3}(?:[ -][0-9]{4}){3}|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{5})"
    r"(?![0-9A-Za-z])"
)
PUBLISHED = {card.number for card in TABLE} | set(COUNTRY_EXCEPTIONS.values())
# Stripe's rule for the card of any country: 400000, the country's numeric code, zeros, the check digit.
COUNTRY_CARD = re.compile(r"400000[0-9]{3}000000[0-9]")


def ours(*suffixes: str) -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and path.suffix in suffixes and not NOT_OURS.intersection(parts):
            yield path


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    paths = [*ours(".py"), ROOT / "run"]
    long = {name(path): count for path in paths if (count := len(lines_of(path))) > FILE_LINES}
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for path in ours(".py"):
        if path.parent.name == "versions":
            continue  # a revision of the schema is a list of tables
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if count > FUNCTION_LINES:
                    long[f"{name(path)}:{node.lineno} {node.name}"] = count
    assert not long


def test_every_noun_of_the_api_has_its_twin_among_the_rules_of_money() -> None:
    nouns = [path.relative_to(ROOT / "merchant_api") for path in (ROOT / "merchant_api").glob("*/*.py")]
    # Webhooks are a floor of their own above payments, so their nouns live there.
    floors = (ROOT / "payments", ROOT)
    alone = [noun.as_posix() for noun in nouns if not any((floor / noun).is_file() for floor in floors)]
    assert not alone, (
        "merchant_api says how a noun is called, payments/<chapter>/ of the same name what it is"
    )


def test_commits_stand_only_at_the_edges() -> None:
    found = [
        f"{name(path)}:{number}"
        for path in ours(".py")
        if name(path).split("/")[0] not in OUTSIDE and name(path) not in EDGES
        for number, line in enumerate(lines_of(path), 1)
        if COMMIT.search(line.split("#")[0]) and not line.lstrip().startswith("def ")
    ]
    assert not found


@pytest.mark.parametrize("rule", [UNFINISHED, SKIPS], ids=["unfinished work", "skipped tests"])
def test_nothing_is_marked_as_left_for_later(rule: re.Pattern[str]) -> None:
    found = [
        f"{name(path)}:{number}"
        for path in ours(".py", ".html", ".js", ".css", ".md", ".toml", ".yaml")
        for number, line in enumerate(lines_of(path), 1)
        if rule.search(line)
    ]
    assert not found


def test_every_card_number_in_the_repository_is_one_that_stripe_publishes() -> None:
    found = [
        f"{name(path)}:{number}"
        for path in ours(".py", ".html", ".js", ".md", ".csv", ".json", ".toml", ".txt")
        for number, line in enumerate(lines_of(path), 1)
        for match in CARD_NUMBER.finditer(line)
        if looks_like_a_card(digits := re.sub("[ -]", "", match[0])) and not is_published(digits)
    ]
    assert not found


def looks_like_a_card(digits: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_published(digits: str) -> bool:
    return digits in PUBLISHED or COUNTRY_CARD.fullmatch(digits) is not None


def test_the_card_check_tells_cards_from_other_numbers() -> None:
    assert looks_like_a_card("4242424242424242")
    assert not looks_like_a_card("4242424242424241")
    assert CARD_NUMBER.search("pay with 4242 4242 4242 4242 now")
    assert not CARD_NUMBER.search("sha256:c4242424242424242e")
