"""Our table of card ranges holds the facts of the npm package `credit-card-type`, brand by brand."""

import json
import shutil
import subprocess
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from payments.charging.card_brands import scheme_of
from payments.charging.card_ranges import BRANDS, BRANDS_ELSEWHERE, CardBrand
from tests.support import npm_packages

pytestmark = pytest.mark.slow

PACKAGE = Path(__file__).parent / "credit_card_type_package"
ASK_SECONDS = 60
THEIRS = {"amex": "american-express", "diners": "diners-club"}
# Beside theirs: ISO/IEC 7812 gives this range to Diners Club.
OURS_BESIDE = {"diners": {"3095"}}
LONGEST_PREFIX = 8
# Prints the table, and what the package says of each number on its input.
ASK = """
const creditCardType = require("credit-card-type");
const numbers = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const names = Object.values(creditCardType.types);
const table = Object.fromEntries(names.map((name) => [name, creditCardType.getTypeInfo(name)]));
const said = numbers.map((number) => creditCardType(number).map((found) => found.type));
console.log(JSON.stringify({ table, said }));
"""


def ask(numbers: list[str]) -> dict[str, Any]:
    """The package's table, and the brands that it sees in each number."""
    node = shutil.which("node")
    assert node, "the table is read by node, which this machine lacks: apt-get install nodejs"
    folder = npm_packages.installed(PACKAGE)
    done = subprocess.run(
        [node, "-e", ASK], cwd=folder, input=json.dumps(numbers), capture_output=True, text=True,
        timeout=ASK_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """The package's table by its own names."""
    table: dict[str, Any] = ask([])["table"]
    return table


def by_their_name() -> dict[str, CardBrand]:
    return {THEIRS.get(brand.name, brand.name): brand for brand in (*BRANDS, *BRANDS_ELSEWHERE)}


def test_we_know_every_brand_that_they_know(theirs: dict[str, Any]) -> None:
    assert by_their_name().keys() == theirs.keys()


@pytest.mark.parametrize("name", by_their_name())
def test_a_brand_has_their_ranges_lengths_gaps_and_code(theirs: dict[str, Any], name: str) -> None:
    ours, known = by_their_name()[name], theirs[name]
    patterns = {"-".join(map(str, p)) if isinstance(p, list) else str(p) for p in known["patterns"]}
    assert set(ours.ranges.split()) == patterns | OURS_BESIDE.get(ours.name, set())
    assert (ours.label, list(ours.lengths)) == (known["niceType"], known["lengths"])
    assert list(accumulate(ours.groups))[: len(known["gaps"])] == known["gaps"]
    assert ours.cvc_length == known["code"]["size"]


def test_every_published_prefix_and_both_its_neighbours_belong_to_the_same_brand() -> None:
    edges = {
        edge
        for brand in (*BRANDS, *BRANDS_ELSEWHERE)
        for words in brand.ranges.split()
        for end in words.split("-")
        for edge in (int(end) - 1, int(end), int(end) + 1)
    }
    prefixes = sorted({str(edge) for edge in edges if edge > 0})
    numbers = [prefix.ljust(length, digit) for prefix in prefixes for digit in "059" for length in (8, 16)]
    said = ask(numbers)["said"]
    wrong = {}
    for number, known in zip(numbers, said, strict=True):
        ours = scheme_of(number)
        name = THEIRS.get(ours.name, ours.name) if ours else None
        if (name is None) != (not known) or (name is not None and name != known[0]):
            wrong[number] = (name, known)
    assert all(number.startswith("3095") for number in wrong), wrong
    assert len(numbers) > 1000
