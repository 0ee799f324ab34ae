"""What becomes of some payments afterwards: the test cards whose holders dispute, warn, or get no refund.

Which card has which future is noted when it pays, since the books keep no number. What is noted comes into
play once money was captured, some seconds later on the bank's clock.
"""

from sqlalchemy import Column, Connection, String, Table, bindparam, insert, select

from bank_simulator import schedule
from bank_simulator.tables import metadata

SOON_SECONDS = 1  # on the bank's clock, where BANK_LATER_SECONDS says nothing else
OPEN_DISPUTE = "open_dispute"
OPEN_WARNING = "open_fraud_warning"

FUTURES: dict[str, str] = {
    "4000000000000259": "fraudulent",
    "4000000000002685": "product_not_received",
    "4000000000001976": "inquiry",
    "4000000404000079": "fraudulent_twice",
    "4000000000005423": "fraud_warning",
    "4000000000007726": "refund_pending",
    "4000000000005126": "refund_fails",
}
# What capturing such a payment puts into the schedule.
AFTER_CAPTURE: dict[str, tuple[str, ...]] = {
    "fraudulent": (OPEN_DISPUTE,),
    "product_not_received": (OPEN_DISPUTE,),
    "inquiry": (OPEN_DISPUTE,),
    "fraudulent_twice": (OPEN_DISPUTE, OPEN_DISPUTE),
    "fraud_warning": (OPEN_WARNING,),
}

futures = Table(
    "bank_futures",
    metadata,
    Column("authorization", String(64), primary_key=True),
    Column("future", String(32), nullable=False),
)


_pace = {"seconds": SOON_SECONDS}


def set_pace(seconds: int) -> None:
    """How long this process's bank waits; tests have it wait until they move the clock."""
    _pace["seconds"] = seconds


def later(now: int, at_least_seconds: int = 0) -> int:
    """When the next thing happens to a payment that has a future."""
    return now + max(_pace["seconds"], at_least_seconds)


def note(tx: Connection, authorization: str, number: str, now: int, *, captured: bool) -> None:
    """Remembers what will become of a payment, where the card has a future; most have none, at no cost."""
    future = FUTURES.get(number)
    if future is not None:
        tx.execute(_note, {"authorization": authorization, "future": future})
        if captured:
            _set_going(tx, authorization, future, now)


def future_of(tx: Connection, authorization: str) -> str | None:
    return tx.execute(_find, {"reference": authorization}).scalar()


def captured(tx: Connection, authorization: str, now: int) -> None:
    """Sets the future going; called by whatever captures later, in its transaction."""
    _set_going(tx, authorization, future_of(tx, authorization) or "", now)


def _set_going(tx: Connection, authorization: str, future: str, now: int) -> None:
    for kind in AFTER_CAPTURE.get(future, ()):
        schedule.put(tx, later(now), kind, authorization)


_note = insert(futures)
_find = select(futures.c.future).where(futures.c.authorization == bindparam("reference"))
