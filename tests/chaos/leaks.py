"""Looks for card numbers and codes in everything that was written, in every spelling that could hide one."""

import base64
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

GOOD_NUMBERS = ("4242424242424242", "5555555555554444", "378282246310005", "6011111111111117")
REFUSED_NUMBERS = ("4000000000000002", "4000000000009995", "4000000000000119")
CHALLENGED_NUMBER = "4000002760003184"
DISPUTED_NUMBERS = ("4000000000000259", "4000000000002685")
DISPUTED_TWICE_NUMBER, INQUIRED_NUMBER = "4000000404000079", "4000000000001976"
WARNED_NUMBER = "4000000000005423"
SLOW_REFUND_NUMBERS = ("4000000000007726", "4000000000005126")
AFTERWARDS = (*DISPUTED_NUMBERS, DISPUTED_TWICE_NUMBER, INQUIRED_NUMBER, WARNED_NUMBER, *SLOW_REFUND_NUMBERS)
NUMBERS = (*GOOD_NUMBERS, *REFUSED_NUMBERS, CHALLENGED_NUMBER, *AFTERWARDS)
CODE, CODE_OF_FOUR = "739", "7391"
CODE_SHOWN = re.compile(CODE.encode())
# What names the code right before it, as JSON, Python, a form or an encoded form would.
NAMED = re.compile(rb"(?i)(?:cvc|cvv|csc|security_?code)[\"'\\\]=:\s%25BD3A]{1,12}$")
LONGEST_NAME = 32
CHUNK_BYTES = 8 * 1024 * 1024
OVERLAP_BYTES = 256
# What holds the programs' own words (the published numbers stand in the bank's table) is no witness.
SKIPPED = {".pyc"}


def code_of(number: str) -> str:
    """The code on the card, four digits long on American Express."""
    return CODE_OF_FOUR if len(number) == 15 else CODE


def spellings(number: str) -> dict[str, list[bytes]]:
    """The number in eight encodings and more, each as the bytes to look for."""
    groups = [number[:4], number[4:10], number[10:]] if len(number) == 15 else re.findall("....", number)
    plain = number.encode()
    return {
        "plain": [plain],
        "spaced": [" ".join(groups).encode(), " ".join(number).encode()],
        "dashed": ["-".join(groups).encode()],
        "url-encoded": ["%20".join(groups).encode(), "+".join(groups).encode(), quote_all(plain)],
        "base64": list(_base64(plain)),
        "hex": [plain.hex().encode(), plain.hex().upper().encode(), int(number).to_bytes(8).hex().encode()],
        "utf-16": [number.encode("utf-16-le")[:-1], number.encode("utf-16-be")[1:]],
        "reversed": [plain[::-1]],
        "packed": [int(number).to_bytes(8), int(number).to_bytes(8, "little")],
    }


def quote_all(plain: bytes) -> bytes:
    return "".join(f"%{byte:02X}" for byte in plain).encode()


def _base64(plain: bytes) -> Iterator[bytes]:
    """Without the characters at either end, which neighbours share; one for each place in a triple."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain + b"\0" * (-(shift + len(plain)) % 3))
        yield coded[-(-shift * 8 // 6) : (shift + len(plain)) * 8 // 6]


NEEDLES: dict[bytes, str] = {
    spelling: f"{name}, ends {number[-4:]}"
    for number in NUMBERS
    for name, found in spellings(number).items()
    for spelling in found
}
CLEAR = tuple(number.encode() for number in NUMBERS)


def in_clear(content: bytes) -> bool:
    return any(number in content for number in CLEAR)


def in_bytes(content: bytes) -> set[str]:
    """The names of the spellings found in some content, and in what it holds compressed."""
    found = {name for needle, name in NEEDLES.items() if needle in content}
    if any(
        NAMED.search(content, max(0, at.start() - LONGEST_NAME), at.start())
        for at in CODE_SHOWN.finditer(content)
    ):
        found.add("a card's code")
    for unpacked in _unpacked(content):
        found |= {f"compressed {name}" for needle, name in NEEDLES.items() if needle in unpacked}
    return found


def _unpacked(content: bytes) -> Iterator[bytes]:
    for place in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", content):
        part = content[place.start() : place.start() + 64 * 1024]
        gzipped = part.startswith(b"\x1f\x8b")
        try:
            yield zlib.decompressobj(31 if gzipped else 15).decompress(part, 1024 * 1024)
        except zlib.error:
            continue


def in_files(folders: list[Path]) -> list[str]:
    """Every file under some folders, in pieces that overlap: `<file>: <spelling>` for each find."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix not in SKIPPED:
                found += [f"{path}: {name}" for name in sorted(_in_file(path))]
    return found


def _in_file(path: Path) -> set[str]:
    found: set[str] = set()
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            found |= in_bytes(tail + piece)
            tail = piece[-OVERLAP_BYTES:]
    return found
