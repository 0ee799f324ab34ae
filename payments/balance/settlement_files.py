"""A settlement file as it comes in: read piece by piece, its lines handed on, its hash and totals checked.

The format is the bank's (docs/settlement.md): a head, the columns' names, one line for each movement, totals,
and the SHA-256 of all that stands before it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LONGEST_LINE_BYTES = 4096
VERSION = "1"
COLUMNS = (
    "kind", "reference", "authorization", "created", "presentment_minor", "presentment_currency", "rate",
    "gross_minor", "brand", "funding", "region", "interchange_minor", "scheme_minor", "margin_minor",
    "net_minor",
)  # fmt: skip
# One expression for a whole line: a million of them have to be read in seconds.
WORD, REFERENCE, AMOUNT = r"([a-z_]{0,32})", r"([A-Za-z0-9_-]{1,64})", r"(-?[0-9]{1,18})"
CURRENCY, RATE = r"([a-z]{3})", r"([0-9]{1,12}(?:\.[0-9]{1,12})?)"
LINE = re.compile(
    f"L,{WORD},{REFERENCE},{REFERENCE},{AMOUNT},{AMOUNT},{CURRENCY},{RATE},{AMOUNT},"
    f"{WORD},{WORD},{WORD},{AMOUNT},{AMOUNT},{AMOUNT},{AMOUNT}",
    re.ASCII,
)
INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Unreadable(Exception):
    """The file is not in the format that was agreed; nothing of it may be used."""


class FileLine(NamedTuple):
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
        if text[:2] == "S,":
            self._close(text[2:])
            return None
        self._digest.update(line + b"\n")
        if self._expected == "L" and text[:2] == "L,":
            return self._movement(text)
        kind, *cells = text.split(",")
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

    def _close(self, told: str) -> None:
        if self._expected != "S":
            raise Unreadable("the hash does not stand at the end")
        self.sha256 = self._digest.hexdigest()
        self._told_sha256 = told
        self._expected = "end"

    def _movement(self, text: str) -> FileLine:
        match = LINE.fullmatch(text)
        if match is None:
            raise Unreadable(f"line {self.count + 1} is not in the agreed format")
        (kind, reference, authorization, created, presentment, currency, rate, gross, brand, funding, region,
         *fees, net) = match.groups()  # fmt: skip
        interchange_minor, scheme_minor, margin_minor = map(int, fees)
        gross_minor, net_minor = int(gross), int(net)
        if net_minor != gross_minor - interchange_minor - scheme_minor - margin_minor:
            raise Unreadable(f"line {self.count + 1} does not add up")
        self.count += 1
        self.gross_minor += gross_minor
        self.net_minor += net_minor
        return FileLine(
            self.count, kind, reference, authorization, int(created), int(presentment), currency, rate,
            gross_minor, brand, funding, region, interchange_minor, scheme_minor, margin_minor, net_minor,
        )  # fmt: skip


def _integer(cell: str) -> int:
    if INTEGER.fullmatch(cell) is None:
        raise Unreadable("a number is none")
    return int(cell)
