"""Identifiers: a prefix, a time-ordered head and 131 random bits, all in base62.

The head counts microseconds and never repeats within a process, so sorting by id (bytewise) is
sorting by creation, which keyset lists rest on.
"""

import secrets
import threading
import time

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
HEAD_LENGTH = 9  # 62**9 microseconds reach to the year 2398.
TAIL_LENGTH = 22  # 62**22 is just over 2**130.

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


def random_text(length: int) -> str:
    """Return `length` random base62 characters, 5.95 bits each."""
    return base62(secrets.randbits(length * 6 + 64), length)


def new_id(prefix: str) -> str:
    """Return a fresh id such as `pi_0Vd2...`; ids made later in a process sort later."""
    return f"{prefix}{base62(_tick(), HEAD_LENGTH)}{random_text(TAIL_LENGTH)}"
