"""Identifiers: a prefix, a time-ordered head and 131 random bits, all in base62.

The head counts microseconds and never repeats within a process, so sorting by id (bytewise) is
sorting by creation, which keyset lists rest on.
"""

import os
import threading
import time

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Four of 256 byte values for each character; the eight that are left over would favour some, and go.
FAIR_VALUES = 4 * len(ALPHABET)
CHARACTER_OF = (ALPHABET.encode() * 5)[:256]
SURPLUS = bytes(range(FAIR_VALUES, 256))
PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
HEAD_LENGTH = 9  # 62**9 microseconds reach to the year 2398.
TAIL_LENGTH = 22  # 62**22 is just over 2**130.
STORE_BYTES = 2048

_lock = threading.Lock()
_last_tick = 0


def _tick() -> int:
    global _last_tick  # noqa: PLW0603 - the sequence is the process's own, by nature
    with _lock:
        _last_tick = max(_last_tick + 1, time.time_ns() // 1000)
        return _last_tick


def base62(number: int, length: int) -> str:
    """Return `number` in base62, most significant digit first, padded to `length`."""
    pairs = []
    for _ in range((length + 1) // 2):
        number, pair = divmod(number, 3844)
        pairs.append(PAIRS[pair])
    return "".join(reversed(pairs))[-length:]


class _Store:
    """Random characters read from the system some hundred at a time, each of which is given out once.

    Every reading lets go of the interpreter, and with it of the warm cache: another thread takes it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = ""
        self._place = 0

    def take(self, length: int) -> str:
        """Return so many characters that nobody has had."""
        with self._lock:
            while len(self._text) - self._place < length:
                fresh = os.urandom(STORE_BYTES).translate(CHARACTER_OF, SURPLUS).decode()
                self._text = self._text[self._place :] + fresh
                self._place = 0
            start, self._place = self._place, self._place + length
            return self._text[start : self._place]


def _start_anew() -> None:
    """Leave to a forked process's parent what has been read so far: both would give out the same."""
    global _store  # noqa: PLW0603 - each process has one
    _store = _Store()


_store = _Store()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def random_text(length: int) -> str:
    """Return `length` random base62 characters, 5.95 bits each."""
    return _store.take(length)


def new_id(prefix: str) -> str:
    """Return a fresh id such as `pi_0Vd2...`; ids made later in a process sort later."""
    return f"{prefix}{base62(_tick(), HEAD_LENGTH)}{random_text(TAIL_LENGTH)}"


def new_ids(prefix: str, count: int) -> list[str]:
    """Return so many fresh ids in their order, for the price of one reading of random bytes."""
    tails = random_text(TAIL_LENGTH * count)
    return [
        f"{prefix}{base62(_tick(), HEAD_LENGTH)}{tails[place : place + TAIL_LENGTH]}"
        for place in range(0, TAIL_LENGTH * count, TAIL_LENGTH)
    ]
