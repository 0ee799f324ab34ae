"""What follows from a bank's answer, as something that can be collected once more.

A payment's attempt is a row, from which anybody can record its end (payments/charging/reconcile.py). Where a
bank only says whether a card is good, nobody but the request knows what it wanted the card for; so it leaves
here what is left to do, and its edge does that again where it lost a race. The bank is not asked twice.
"""

from collections.abc import Callable
from typing import TypeVar

from kit.database import db

Outcome = TypeVar("Outcome")

RECORDING = "recording"  # in the session's own notes


def recorded(collect: Callable[[], Outcome]) -> Outcome:
    """Collect what follows from what a bank has just said; `collect` reads all rows by itself each time."""
    db.session.info[RECORDING] = collect
    return collect()


def unfinished() -> Callable[[], object] | None:
    """Return what this session has left to collect; None where that is nothing, or known to its attempt."""
    collect: Callable[[], object] | None = db.session.info.get(RECORDING)
    return collect
