"""A settlement file is read piece by piece; what is not exactly what was agreed is not read at all."""

import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest

from payments.balance.settlement_files import COLUMNS, FileReader, Unreadable

HEAD = ["H,1,stl_1,piggy_bank,acct_1,2026-11-21,usd,1795305600", ",".join(("C", *COLUMNS))]


def line(number: int, gross: int = 2000, costs: tuple[int, int, int] = (43, 5, 10)) -> str:
    told = (
        "capture", f"att_{number}", f"att_{number}", 1795225000, gross, "usd", 1, gross, "visa", "credit",
        "domestic", *costs, gross - sum(costs),
    )  # fmt: skip
    return ",".join(("L", *map(str, told)))


def whole(rows: list[str]) -> bytes:
    body = "".join(f"{row}\n" for row in rows).encode()
    return body + b"S," + hashlib.sha256(body).hexdigest().encode() + b"\n"


def good() -> bytes:
    return whole([*HEAD, line(1), line(2, 999), "T,2,2999,116,2883"])


def read(text: bytes, piece_bytes: int = 7) -> tuple[FileReader, int]:
    reader = FileReader()
    pieces = (text[start : start + piece_bytes] for start in range(0, len(text), piece_bytes))
    return reader, sum(len(list(reader.feed(piece))) for piece in pieces)


@pytest.mark.parametrize("piece_bytes", [1, 7, 64, 100_000])
def test_a_good_file_is_read_however_it_comes(piece_bytes: int) -> None:
    reader, count = read(good(), piece_bytes)
    assert (count, reader.problems()) == (2, [])
    assert (reader.settlement_id, reader.merchant_id, reader.currency) == ("stl_1", "acct_1", "usd")
    assert (reader.gross_minor, reader.net_minor) == (2999, 2883)


def test_a_file_of_no_movements_is_good() -> None:
    reader, count = read(whole([*HEAD, "T,0,0,0,0"]))
    assert (count, reader.problems()) == (0, [])


def test_a_changed_byte_shows_in_the_hash() -> None:
    reader, _ = read(good().replace(b"visa", b"vise", 1))
    assert reader.problems() == ["wrong_hash"]


def test_wrong_totals_show() -> None:
    reader, _ = read(whole([*HEAD, line(1), "T,1,2000,58,1941"]))
    assert reader.problems() == ["wrong_totals"]


BAD = {
    "nothing": b"",
    "another version": whole([HEAD[0].replace("H,1", "H,2"), HEAD[1], "T,0,0,0,0"]),
    "another column": whole([HEAD[0], HEAD[1].replace("region", "place"), "T,0,0,0,0"]),
    "no totals": whole([*HEAD, line(1)]),
    "no hash": good().rpartition(b"S,")[0],
    "half a line": good()[:-10],
    "lines after the totals": whole([*HEAD, "T,0,0,0,0", line(1)]),
    "something after the end": good() + b"L\n",
    "a line that does not add up": whole([*HEAD, line(1)[:-1] + "9", "T,1,2000,58,1942"]),
    "a number that is none": whole([*HEAD, line(1).replace(",2000,", ",2e3,"), "T,1,2000,58,1942"]),
    "other digits": whole([*HEAD, line(1).replace(",2000,", ",\u0662000,"), "T,1,2000,58,1942"]),
    "too few columns": whole([*HEAD, "L,capture", "T,1,0,0,0"]),
    "a line without an end": HEAD[0].encode() + b"x" * 10_000,
    "binary": b"\x00\xff\xfe" * 100,
}


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_not_read(name: str) -> None:
    with pytest.raises(Unreadable):
        read(BAD[name])[0].problems()


def a_long_file(count: int) -> Iterator[bytes]:
    """A file of a million lines, which nobody ever holds as a whole."""
    digest = hashlib.sha256()
    gross = 0
    template = line(0).replace("att_0", "att_%d") + "\n"
    for row in HEAD:
        digest.update(row.encode() + b"\n")
        yield row.encode() + b"\n"
    for start in range(0, count, 1000):
        piece = "".join(template % (number, number) for number in range(start, start + 1000)).encode()
        gross += 2000 * 1000
        digest.update(piece)
        yield piece
    totals = f"T,{count},{gross},{58 * count},{gross - 58 * count}\n".encode()
    digest.update(totals)
    yield totals
    yield b"S," + digest.hexdigest().encode() + b"\n"


@pytest.mark.slow
def test_a_million_lines_take_no_more_memory_than_a_thousand() -> None:
    reader, count, most_bytes = FileReader(), 0, 0
    for number, piece in enumerate(a_long_file(1_000_000)):
        traced = number % 250 == 125  # tracing every line would take minutes
        if traced:
            tracemalloc.start()
        count += sum(1 for _ in reader.feed(piece))
        if traced:
            most_bytes = max(most_bytes, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert (count, reader.problems()) == (1_000_000, [])
    assert 0 < most_bytes < 2_000_000
