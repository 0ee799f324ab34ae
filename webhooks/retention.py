"""Events are kept for 30 days, as at Stripe; what is older goes, batch by batch, with all its attempts.

An event whose delivery is still open stays, however old it is. Why rows are deleted and no partitions
dropped: docs/decisions/0013-old-events-are-deleted-in-batches.md.
"""

from typing import Any

from sqlalchemy import BindParameter, bindparam, text

from kit import clock
from kit.database import db
from kit.ids import HEAD_LENGTH, base62
from payments.events import KEPT_SECONDS, Event
from webhooks.outbox import PENDING

# Small enough that nobody waits for its end: SQLite has one writer, and PostgreSQL's locks are held for
# milliseconds.
BATCH = 500

_OLD = text("""
    SELECT id FROM events WHERE id < :first AND id > :after AND NOT EXISTS (
        SELECT 1 FROM webhook_deliveries AS d WHERE d.event_id = events.id AND d.status = :pending
    ) ORDER BY id LIMIT :batch
""")
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# An event goes last: what a crash leaves behind is found again by it.
_DELETES = tuple(
    text(statement).bindparams(_IDS)
    for statement in (
        "DELETE FROM webhook_attempts WHERE event_id IN :ids",
        "DELETE FROM webhook_deliveries WHERE event_id IN :ids AND status <> 'pending'",
        """DELETE FROM events WHERE id IN :ids AND NOT EXISTS (
            SELECT 1 FROM webhook_deliveries AS d WHERE d.event_id = events.id)""",
    )
)


def forget_batch(after: str = "") -> tuple[int, str]:
    """Delete the oldest events after an id; return how many were looked at, and the last one's id."""
    # Ids begin with the time, so the primary key finds what is old.
    first = Event.prefix + base62(max(0, clock.now() - KEPT_SECONDS) * 1_000_000, HEAD_LENGTH)
    values = {"first": first, "after": after, "pending": PENDING, "batch": BATCH}
    with db.engine.connect() as connection:
        ids = list(connection.execute(_OLD, values).scalars())
        for statement in _DELETES if ids else ():
            connection.execute(statement, {"ids": ids})
    return len(ids), ids[-1] if ids else after
