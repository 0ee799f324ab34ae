"""Places: a limit of n is a row of n numbered places, each of them held by one row (docs/decisions/0015)."""

import secrets
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from kit.database import db

PROBES = 8  # places tried at random before all that are taken are read

Owner = InstrumentedAttribute[Any]


def free_place(
    owner: Owner, slot: InstrumentedAttribute[int | None], owner_id: str, limit: int
) -> int | None:
    """Return a place that nobody holds, at random, so that many who come at once seldom want the same one.

    `slot` is the column that holds a place, unique within `owner`. None where all `limit` places are taken.
    """
    if limit < 1:
        return None
    tries = {secrets.randbelow(limit) for _ in range(PROBES)}
    query = select(slot).where(owner == owner_id)
    taken = set(db.session.scalars(query.where(slot.in_(tries))))
    if free := tries - taken:
        return free.pop()
    taken = set(db.session.scalars(query.where(slot.is_not(None))))
    if len(taken) >= limit:
        return None
    start = secrets.randbelow(limit)
    return next(place for step in range(limit) if (place := (start + step) % limit) not in taken)
