"""What tries have taken of the limits, until the bank's answer to each of them is known.

A row is written with the claim, before the bank is asked, and deleted in the transaction that gives back what
does not count. So each try is settled once, whoever learns its end first: the request that asked (tries.py),
or the sweep after a crash, a lost answer or a challenge (settle_tries.py).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from kit import clock, database, limits
from kit.bulk import Step
from kit.database import Base, Id, db
from kit.limits import Limit
from payments.charging.attempts import Attempt

Taken = Mapping[str, Limit]  # whose limit -> the limit


class Outcome(StrEnum):
    """What a bank's answer makes of a try."""

    DECLINED = "declined"  # it counts, for the range of the card's issuer, too
    ALIVE = "alive"  # a challenge was asked for: it counts for the session alone
    RELEASED = "released"  # it succeeded, or no issuer was asked: it doesn't count


@dataclass(slots=True)
class Noted:
    """What a try has taken of its session's limit and of others, and the range it may take."""

    session: Taken = field(default_factory=dict)
    others: Taken = field(default_factory=dict)
    range: Taken = field(default_factory=dict)
    row_id: str | None = None  # where it is written down, once there is a claim

    def steps(self, outcome: Outcome) -> list[Step]:
        """Return what an outcome changes, for one transaction; a challenge leaves the row for its end."""
        match outcome:
            case Outcome.DECLINED:
                counters = limits.changes(more=self.range)
            case Outcome.ALIVE:
                counters = limits.changes(back=self.others)
            case Outcome.RELEASED:
                counters = limits.changes(back={**self.session, **self.others})
        if self.row_id is None:
            return counters
        change = _challenged if outcome == Outcome.ALIVE else _ended
        return [change(self.row_id), *counters]

    @property
    def as_document(self) -> dict[str, Any]:
        """Return it as the row holds it."""
        parts = {"session": self.session, "others": self.others, "range": self.range}
        return {
            part: {name: [limit.most, limit.window_seconds] for name, limit in taken.items()}
            for part, taken in parts.items()
        }


class OpenTry(Base):
    """A try whose end is not known yet; `id` is its first attempt, `attempt_id` the one that is open now."""

    __tablename__ = "open_tries"

    id: Mapped[Id] = mapped_column(primary_key=True)
    attempt_id: Mapped[Id] = mapped_column(unique=True)
    taken: Mapped[dict[str, Any]]
    challenged: Mapped[bool]  # what it took of others has been given back until the issuer is asked
    created: Mapped[int]
    version: Mapped[int]

    def steps(self, outcome: Outcome) -> list[Step]:
        """Return what the end of its attempt changes, for one transaction."""
        others = {} if self.challenged else self._still_taken("others")
        match outcome:
            case Outcome.DECLINED:
                more = self._limits("range") | (self._limits("others") if self.challenged else {})
                counters = limits.changes(more=more)
            case Outcome.ALIVE:
                counters = limits.changes(back=others)
            case Outcome.RELEASED:
                counters = limits.changes(back=self._still_taken("session") | others)
        # As it was read: a request that gives back what a challenge doesn't need must not be overlooked.
        return [_ended(self.id, self.version), *counters]

    def _limits(self, part: str) -> dict[str, Limit]:
        return {counter: Limit(*figures) for counter, figures in self.taken[part].items()}

    def _still_taken(self, part: str) -> dict[str, Limit]:
        """Return a part of what was taken, as far as it has not come back by itself meanwhile."""
        age_seconds = clock.now() - self.created
        return {
            counter: limit
            for counter, limit in self._limits(part).items()
            if age_seconds < limit.window_seconds
        }


_under_way: ContextVar[Noted | None] = ContextVar("try", default=None)


@contextmanager
def under_way(noted: Noted) -> Iterator[None]:
    """Let what is claimed inside be known as this try's."""
    token = _under_way.set(noted)
    try:
        yield
    finally:
        _under_way.reset(token)


def note(attempt: Attempt) -> None:
    """Collect the row of the try that is under way, with its claim; nothing where none is limited."""
    noted = _under_way.get()
    if noted is None or not noted.session:
        return
    database.collect(
        OpenTry(
            id=attempt.id,
            attempt_id=attempt.id,
            taken=noted.as_document,
            challenged=False,
            created=clock.now(),
            version=1,
        )
    )
    noted.row_id = attempt.id


def hand_on(following: Attempt) -> None:
    """Collect that the try goes on with another attempt, whose answer decides."""
    noted = _under_way.get()
    row = db.session.get(OpenTry, noted.row_id) if noted is not None and noted.row_id else None
    if row is not None:
        row.attempt_id = following.id


def _ended(row_id: str, version: int | None = None) -> Step:
    # The first who deletes it settles the try; whoever comes later touches no row, and so changes nothing.
    delete = 'DELETE FROM "open_tries" WHERE "id" = ?'
    if version is None:
        return Step(delete, (row_id,), rows=1)
    return Step(f'{delete} AND "version" = ?', (row_id, version), rows=1)


def _challenged(row_id: str) -> Step:
    change = 'UPDATE "open_tries" SET "challenged" = ?, "version" = "version" + 1 WHERE "id" = ?'
    return Step(change, (True, row_id), rows=1)
