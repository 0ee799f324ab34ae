"""A settlement file as it comes in: read piece by piece, its lines handed on, its hash and totals checked.

The format is the bank's (docs/settlement.md): a head, the columns' names, one line for each movement, totals,
and the SHA-256 of all that stands before it.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

LONGEST_LINE_BYTES = 4096
VERSION = "1"
COLUMNS = (
    "kind", "reference", "authorization", "created", "presentment_minor", "presentment_currency", "rate",
    "gross_minor", "brand", "funding", "region", "interchange_minor", "scheme_minor", "margin_minor",
    "net_minor",
)  # fmt: skip
INTEGERS = frozenset(name for name in COLUMNS if name.endswith("_minor")) | {"created"}
INTEGER = re.compile(r"-?[0-9]{1,18}")
TEXT = re.compile(r"[\x20-\x7e]{0,255}")


class Unreadable(Exception):
    """The file is not in the format that was agreed; nothing of it may be used."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """One movement as the bank tells it; amounts in minor units, negative where money went back."""

    number: int
    kind: str
    reference: str
    authorization: str
    created: int
    presentment_minor: int
    presentment_currency: str
    rate: str
    gross_minor: int
    brand: str
    funding: str
    region: str
    interchange_minor: int
    scheme_minor: int
    margin_minor: int
    net_minor: int

    @property
    def costs_minor(self) -> int:
        """Return what was kept of it."""
        return self.interchange_minor + self.scheme_minor + self.margin_minor


@dataclass(slots=True)
class FileReader:
    """Takes the bytes of one file as they come; holds no more than one unfinished line of it."""

    settlement_id: str = ""
    merchant_id: str = ""
    currency: str = ""
    sha256: str = ""
    count: int = 0
    gross_minor: int = 0
    net_minor: int = 0
    _rest: bytes = b""
    _expected: str = "H"
    _totals: tuple[int, ...] = ()
    _told_sha256: str = ""
    _digest: Any = field(default_factory=hashlib.sha256)

    def feed(self, piece: bytes) -> Iterator[FileLine]:
        """Yield the movements of all lines that `piece` completes; raises Unreadable."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES:
            raise Unreadable("a line is too long")
        for line in lines:
            movement = self._line(line)
            if movement is not None:
                yield movement

    def problems(self) -> list[str]:
        """Return what is wrong with the file once all of it has come: `wrong_hash`, `wrong_totals`."""
        if self._expected != "end" or self._rest:
            raise Unreadable("the file ends before its end")
        found = []
        if self._told_sha256 != self.sha256:
            found.append("wrong_hash")
        costs_minor = self.gross_minor - self.net_minor
        if self._totals != (self.count, self.gross_minor, costs_minor, self.net_minor):
            found.append("wrong_totals")
        return found

    def _line(self, line: bytes) -> FileLine | None:
        try:
            text = line.decode("ascii")
        except UnicodeDecodeError as error:
            raise Unreadable("a line is not plain text") from error
        kind, *cells = next(csv.reader([text], strict=True), [""])
        if kind == "S":
            self._close(cells)
            return None
        self._digest.update(line + b"\n")
        if kind == "L" and self._expected == "L":
            return self._movement(cells)
        if kind == "H" and self._expected == "H" and len(cells) == 7 and cells[0] == VERSION:
            self.settlement_id, self.merchant_id, self.currency = cells[1], cells[3], cells[5]
            self._expected = "C"
        elif kind == "C" and self._expected == "C" and tuple(cells) == COLUMNS:
            self._expected = "L"
        elif kind == "T" and self._expected == "L" and len(cells) == 4:
            self._totals = tuple(_integer(cell) for cell in cells)
            self._expected = "S"
        else:
            raise Unreadable(f"line {kind[:8]!r} is not what comes here")
        return None

    def _close(self, cells: list[str]) -> None:
        if self._expected != "S" or len(cells) != 1:
            raise Unreadable("the hash does not stand at the end")
        self.sha256 = self._digest.hexdigest()
        self._told_sha256 = cells[0]
        self._expected = "end"

    def _movement(self, cells: list[str]) -> FileLine:
        if len(cells) != len(COLUMNS):
            raise Unreadable("a line has another number of columns")
        values: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
        for name, cell in values.items():
            values[name] = _integer(cell) if name in INTEGERS else _text(cell)
        self.count += 1
        line = FileLine(number=self.count, **values)
        if line.net_minor != line.gross_minor - line.costs_minor:
            raise Unreadable(f"line {self.count} does not add up")
        self.gross_minor += line.gross_minor
        self.net_minor += line.net_minor
        return line


def _integer(cell: str) -> int:
    if INTEGER.fullmatch(cell) is None:
        raise Unreadable("a number is none")
    return int(cell)


def _text(cell: str) -> str:
    if TEXT.fullmatch(cell) is None:
        raise Unreadable("a text is none")
    return cell
