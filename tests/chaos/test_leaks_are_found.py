"""The search for card numbers finds them in every spelling, and nothing where there is nothing."""

import gzip
import zlib
from pathlib import Path

import pytest

from tests.chaos import leaks

NUMBER = leaks.GOOD_NUMBERS[0]
SPELLINGS = [(name, spelling) for name, found in leaks.spellings(NUMBER).items() for spelling in found]


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_every_spelling_is_found_among_other_bytes(name: str, spelling: bytes) -> None:
    assert f"{name}, ends {NUMBER[-4:]}" in leaks.in_bytes(b"before " + spelling + b" after")


def test_at_least_eight_encodings_are_looked_for() -> None:
    assert len(leaks.spellings(NUMBER)) >= 8


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_what_is_compressed_is_looked_into(pack: object) -> None:
    assert callable(pack)
    assert leaks.in_bytes(b"log: " + pack(b'{"card": "%s"}' % NUMBER.encode()) + b"\n")


@pytest.mark.parametrize(
    "written", [b'"cvc": "739"', b"card%5Bcvc%5D=739", b"security_code: 7391", b"cvv='739'"]
)
def test_a_code_is_found_where_it_is_named(written: bytes) -> None:
    assert leaks.in_bytes(b"before " + written + b" after") == {"a card's code"}


def test_a_code_is_only_a_number_anywhere_else() -> None:
    assert leaks.in_bytes(b'{"amount": 739, "cvc": null, "id": "x7391"}') == set()


def test_a_number_across_two_pieces_of_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    path.write_bytes(b"." * (leaks.CHUNK_BYTES - 8) + NUMBER.encode() + b"." * 20)
    assert leaks.in_files([tmp_path]) == [f"{path}: plain, ends {NUMBER[-4:]}"]
