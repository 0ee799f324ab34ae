"""So many in so much time, counted in the database, so that all processes count together.

Each counter is one number: the moment at which everything taken so far will have been regained (the generic
cell rate algorithm, which is a token bucket without its clockwork). A try that is refused takes nothing, so
nobody prolongs a wait by asking again, and a place comes back with every interval: no counter stays full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from kit import bulk, clock
from kit.database import Base, Id, StaleWrite, db

SKEW_MS = 60_000  # between the clocks of processes that count together
ATTEMPTS = 3  # of a taking that was broken off though there is room

_TAKE = """
    INSERT INTO "limit_counters" ("id", "regained_ms") VALUES (?, ?)
    ON CONFLICT ("id") DO UPDATE SET "regained_ms" =
    CASE WHEN "limit_counters"."regained_ms" BETWEEN ? AND ?
    THEN "limit_counters"."regained_ms" ELSE ? END + ?
    WHERE "limit_counters"."regained_ms" <= ? OR "limit_counters"."regained_ms" > ?
"""
_GIVE_BACK = 'UPDATE "limit_counters" SET "regained_ms" = "regained_ms" - ? WHERE "id" = ?'


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` at once; each comes back after its share of `window_seconds`."""

    most: int
    window_seconds: int

    @property
    def interval_ms(self) -> int:
        """Return how long it takes until one more is free, in milliseconds."""
        return self.window_seconds * 1000 // self.most

    @property
    def depth_ms(self) -> int:
        """Return how far ahead the moment may lie at which all is regained, for one more to be taken."""
        return (self.most - 1) * self.interval_ms

    @property
    def latest_ms(self) -> int:
        """Return how far ahead it can lie at all; beyond that a clock was wrong, and locks nobody out."""
        return self.most * self.interval_ms + SKEW_MS


class LimitCounter(Base):
    """How much of a limit is taken; `id` says whose. Rows of the past count nothing."""

    __tablename__ = "limit_counters"
    __table_args__ = (Index("ix_limit_counters_regained", "regained_ms"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    regained_ms: Mapped[int]


Wanted = Mapping[str, Limit]  # whose limit -> the limit


def _id(name: str, limit: Limit) -> str:
    """Return a counter's id; other figures have counters of their own, to which this one says nothing."""
    return f"{name}/{limit.most}/{limit.window_seconds}"


def take(wanted: Wanted) -> bool:
    """Take one of each limit, all or nothing; False where one is used up. In a transaction of its own."""
    now_ms = clock.now() * 1000
    steps = [
        bulk.Step(_TAKE, _values(counter, limit, now_ms), rows=1) for counter, limit in _in_order(wanted)
    ]
    for _ in range(ATTEMPTS):
        try:
            bulk.run(steps)
        except StaleWrite:
            # Used up; or, on PostgreSQL, a deadlock with a counter that others take in another order.
            if not has_room(wanted):
                return False
        else:
            return True
    return False


def _values(counter: str, limit: Limit, now_ms: int) -> Sequence[int | str]:
    room_ms, latest_ms = now_ms + limit.depth_ms, now_ms + limit.latest_ms
    return (
        counter, now_ms + limit.interval_ms,
        now_ms, latest_ms, now_ms, limit.interval_ms,
        room_ms, latest_ms,
    )  # fmt: skip


def changes(*, back: Wanted = MappingProxyType({}), more: Wanted = MappingProxyType({})) -> list[bulk.Step]:
    """Return the steps that give back, and that take more where there is room, for one transaction."""
    now_ms = clock.now() * 1000
    steps = {
        counter: bulk.Step(_GIVE_BACK, (limit.interval_ms, counter)) for counter, limit in _in_order(back)
    }
    for counter, limit in _in_order(more):
        steps[counter] = bulk.Step(_TAKE, _values(counter, limit, now_ms))
    return [steps[counter] for counter in sorted(steps)]


def has_room(wanted: Wanted) -> bool:
    """Tell whether one more of each could be taken at this moment; takes none."""
    now_ms = clock.now() * 1000
    limit_of = dict(_in_order(wanted))
    query = db.select(LimitCounter.id, LimitCounter.regained_ms).where(LimitCounter.id.in_(list(limit_of)))
    # Given back at once: whoever counts may be about to need a connection of their own.
    with db.engine.connect() as connection:
        counters = connection.execute(query).all()
    return all(
        not limit_of[counter].depth_ms < regained_ms - now_ms <= limit_of[counter].latest_ms
        for counter, regained_ms in counters
    )


def forget_idle() -> int:
    """Delete the counters that count nothing any more; return how many."""
    return bulk.delete_where(LimitCounter, LimitCounter.regained_ms < clock.now() * 1000)


def _in_order(wanted: Wanted) -> Sequence[tuple[str, Limit]]:
    """Return counters in one order for everybody: two that go crosswise would wait for each other."""
    return sorted(((_id(name, limit), limit) for name, limit in wanted.items()), key=lambda pair: pair[0])
