"""A page in pieces: what every session of a shape shares, compressed once, and holes for what is its own.

The constant pieces are deflated by themselves and end on a whole byte, so that they can be strung together
with stored blocks for the holes into one gzip member. So nothing of a session is ever compressed, not its
names, not its e-mail address, not its CSRF token: no length tells what they have in common
(checkout/compressing.py).
"""

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checkout.compressing import head

LEVEL = 9
SHORT_BYTES = 96  # a piece up to this long is stored together with the holes beside it
MOST_STORED_BYTES = 0xFFFF  # of one block
END = b"\x03\x00"  # an empty last block

# A hole is the place of its value, a constant its bytes.
Run = tuple[int | bytes, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A constant piece, plain and deflated, and what comes behind it uncompressed."""

    plain: bytes
    deflated: bytes
    run: Run


@dataclass(frozen=True, slots=True)
class Pieces:
    """The page of a shape; `holes` is how many values it takes."""

    steps: tuple[Step, ...]
    holes: int

    def plain(self, values: Sequence[bytes]) -> bytes:
        """Return the page with the values in its holes."""
        return b"".join([part for step in self.steps for part in (step.plain, _written(step.run, values))])

    def packed(self, values: Sequence[bytes]) -> bytes:
        """Return the same as a gzip member."""
        plain: list[bytes] = []
        packed = [head()]
        for step in self.steps:
            text = _written(step.run, values)
            plain += (step.plain, text)
            packed += (step.deflated, _stored(text))
        body = b"".join(plain)
        packed.append(END + struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF))
        return b"".join(packed)


def cut(html: str, marks: Sequence[str]) -> Pieces:
    """Return the pieces of a page that has marks in its holes; a mark may stand at any number of places."""
    places = {mark: place for place, mark in enumerate(marks) if mark}
    pattern = "|".join(re.escape(mark) for mark in sorted(places, key=len, reverse=True))
    parts = re.split(f"({pattern})", html)
    return Pieces(tuple(_steps(_in_runs(parts, places))), len(marks))


def _in_runs(parts: Iterable[str], places: dict[str, int]) -> Iterable[int | bytes]:
    for part in parts:
        if part in places:
            yield places[part]
        elif part:
            yield part.encode()


def _steps(parts: Iterable[int | bytes]) -> Iterable[Step]:
    constant: bytes = b""
    run: list[int | bytes] = []
    for part in parts:
        if isinstance(part, int) or (len(part) <= SHORT_BYTES and run):
            run.append(part)
        elif run:
            yield Step(constant, _deflated(constant), tuple(run))
            constant, run = part, []
        else:
            constant += part
    yield Step(constant, _deflated(constant), tuple(run))


def _deflated(plain: bytes) -> bytes:
    if not plain:
        return b""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)


def _written(run: Run, values: Sequence[bytes]) -> bytes:
    return b"".join([values[part] if type(part) is int else part for part in run])  # type: ignore[misc]


def _stored(text: bytes) -> bytes:
    if not text:
        return b""
    length = len(text)
    if length <= MOST_STORED_BYTES:
        return b"\x00" + struct.pack("<HH", length, length ^ MOST_STORED_BYTES) + text
    return _stored(text[:MOST_STORED_BYTES]) + _stored(text[MOST_STORED_BYTES:])
