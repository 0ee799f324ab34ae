"""The outbox: one row for each event and endpoint, written together with the event itself.

A delivery is due when `due_at` has come. Claiming one moves `due_at` to the end of a lease, so that a
worker that dies gives its claims back by doing nothing; `fence` counts the claims, and only the
newest may record how it went.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Index, String, TextClause, bindparam, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock, jobs
from kit.database import Base, Id, db, load_where
from kit.ids import new_id
from payments.events import Event
from webhooks import chaos
from webhooks.webhook_endpoints import ENABLED, WebhookEndpoint, wants

DRAIN = "webhooks.jobs.drain"
QUEUE = "webhooks"
# Longer than an attempt can take (20 seconds) with all that is done around it.
LEASE_SECONDS = 60
# So many of the longest waiting are looked at to choose fairly among their endpoints.
WINDOW = 1000
WINDOW_FACTOR = 2

PENDING, SUCCEEDED, FAILED, CANCELED = "pending", "succeeded", "failed", "canceled"


class Delivery(Base):
    """One event for one endpoint, until it has arrived or has been given up.

    No noun of the wire: claims and results are written by the hundred, here and in attempts.py.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(
            "ix_webhook_deliveries_due",
            "due_at",
            "id",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        # The same for each endpoint, whatever the others have due.
        Index(
            "ix_webhook_deliveries_due_of_endpoint",
            "endpoint_id",
            "due_at",
            "id",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_webhook_deliveries_event", "event_id"),
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "id"),
        # What has not arrived yet, for the lists of events that are narrowed by it.
        Index(
            "ix_webhook_deliveries_open",
            "account_id",
            "livemode",
            "event_id",
            postgresql_where=text("status <> 'succeeded'"),
            sqlite_where=text("status <> 'succeeded'"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    event_id: Mapped[Id]
    endpoint_id: Mapped[Id]
    status: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[int | None]
    fence: Mapped[int]


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this worker may attempt until its lease ends."""

    id: str
    event_id: str
    endpoint_id: str
    account_id: str
    livemode: bool
    attempts: int
    fence: int


def subscribe(event: Event) -> None:
    """Collect a delivery of a new event for each endpoint that wants it (a subscriber of payments.events)."""
    count = 0
    for listener in _listeners(event.account_id, livemode=event.livemode):
        if not wants(listener.enabled_events, event.type):
            continue
        for delay_seconds in listener.delays_seconds():
            count += 1
            db.session.add(
                Delivery(
                    id=new_id("whd_"),
                    account_id=event.account_id,
                    livemode=event.livemode,
                    created=event.created,
                    event_id=event.id,
                    endpoint_id=listener.endpoint_id,
                    status=PENDING,
                    attempts=0,
                    due_at=event.created + delay_seconds,
                    fence=0,
                )
            )
    event.pending_webhooks = count


def after_commit(rows: Sequence[Base]) -> None:
    """Wake a worker when deliveries have been written (a hook of kit.database.on_commit)."""
    db.session.info.pop(_LISTENERS, None)
    if any(isinstance(row, Delivery) for row in rows):
        jobs.kick(DRAIN, queue=QUEUE)


_LISTENERS = "webhook_listeners"


@dataclass(slots=True)
class _Listener:
    """An enabled endpoint, as the events of one commit see it."""

    endpoint_id: str
    enabled_events: list[str]
    chaos: dict[str, Any] | None
    events: int | None = None  # that it has had since its chaos began

    def delays_seconds(self) -> Sequence[int]:
        """Return when its next delivery is due, once for each time that it is sent."""
        if self.chaos is None:
            return (0,)
        if self.events is None:
            self.events = _events_since(self.endpoint_id, self.chaos["since"])
        self.events += 1
        return chaos.delays_seconds(self.chaos, self.events)


def _listeners(account_id: str, *, livemode: bool) -> list[_Listener]:
    """Return an account's enabled endpoints; asked once for all events of a commit."""
    known: dict[tuple[str, bool], list[_Listener]] = db.session.info.setdefault(_LISTENERS, {})
    found = known.get((account_id, livemode))
    if found is None:
        condition = "account_id = ? AND livemode = ? AND status = ? AND deleted = ?"
        rows = load_where(WebhookEndpoint, condition, (account_id, livemode, ENABLED, False))
        found = [_Listener(row.id, row.enabled_events, row.chaos) for row in rows]
        known[account_id, livemode] = found
    return found


def _events_since(endpoint_id: str, delivery_id: str) -> int:
    query = select(func.count(Delivery.event_id.distinct())).where(
        Delivery.endpoint_id == endpoint_id, Delivery.id > delivery_id
    )
    return int(db.session.scalar(query) or 0)


# The longest waiting first, yet no endpoint more than its share of a claim. Each step is written so that the
# planner, whose statistics of what is due are always old, has no way to choose badly, and none reads more
# where an endpoint is a million deliveries behind.
_LONGEST_WAITING = """
    SELECT id, endpoint_id, due_at FROM webhook_deliveries
    WHERE due_at <= :now ORDER BY due_at, id LIMIT :window
"""
# Where those are all of busy endpoints: the endpoints one by one, by steps through the index.
_ENDPOINTS = """
    endpoint(id) AS (
        SELECT (SELECT min(endpoint_id) FROM webhook_deliveries WHERE due_at IS NOT NULL)
        UNION ALL
        SELECT (SELECT min(d.endpoint_id) FROM webhook_deliveries AS d
            WHERE d.due_at IS NOT NULL AND d.endpoint_id > endpoint.id)
        FROM endpoint WHERE endpoint.id IS NOT NULL
    )
"""
_FIRST_OF_ENDPOINT = """
    SELECT w.id, w.endpoint_id, w.due_at FROM webhook_deliveries AS w
    WHERE w.endpoint_id = endpoint.id AND w.due_at <= :now ORDER BY w.due_at, w.id LIMIT :window
"""
_OTHERS = "endpoint.id IS NOT NULL AND endpoint.id NOT IN :busy"
_CHOICE = """
    SELECT id FROM (
        SELECT id, due_at, row_number() OVER (PARTITION BY endpoint_id ORDER BY due_at, id) AS place
        FROM due WHERE endpoint_id NOT IN :busy
    ) AS ranked
    WHERE place <= :per_endpoint ORDER BY due_at, id LIMIT :count
"""
_TAKE = "UPDATE webhook_deliveries SET due_at = :lease_end, fence = fence + 1"
_TAKEN = "RETURNING id, event_id, endpoint_id, account_id, livemode, attempts, fence"
_BUSY: BindParameter[Any] = bindparam("busy", type_=String, expanding=True)
_SEEN_SQLITE = text(
    "SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE due_at <= :now LIMIT :window)"
)


def _postgresql(due: str) -> TextClause:
    statement = f"""
        WITH RECURSIVE {due}, chosen AS MATERIALIZED ({_CHOICE}), picked AS MATERIALIZED (
            SELECT id FROM webhook_deliveries
            WHERE id = ANY (ARRAY(SELECT id FROM chosen)) AND due_at <= :now FOR UPDATE SKIP LOCKED
        ), taken AS (
            {_TAKE} WHERE id = ANY (ARRAY(SELECT id FROM picked)) {_TAKEN}
        )
        SELECT taken.*, seen.count AS seen FROM (SELECT count(*) FROM due) AS seen LEFT JOIN taken ON true
    """  # noqa: S608 - put together from the constants above
    return text(statement).bindparams(_BUSY)


def _sqlite(due: str) -> TextClause:
    # One statement is one write transaction on SQLite, which locks the database anyway.
    statement = f"WITH RECURSIVE {due} {_TAKE} WHERE id IN ({_CHOICE}) {_TAKEN}"
    return text(statement).bindparams(_BUSY)


_CLAIMS = {
    "postgresql": (
        _postgresql(f"due AS MATERIALIZED ({_LONGEST_WAITING})"),
        _postgresql(
            f"""{_ENDPOINTS}, due AS MATERIALIZED (
                SELECT first.* FROM endpoint
                CROSS JOIN LATERAL ({_FIRST_OF_ENDPOINT}) AS first WHERE {_OTHERS}
            )"""  # noqa: S608 - as above
        ),
    ),
    "sqlite": (
        _sqlite(f"due AS ({_LONGEST_WAITING})"),
        _sqlite(
            f"""{_ENDPOINTS}, due AS (
                SELECT d.id, d.endpoint_id, d.due_at FROM endpoint CROSS JOIN webhook_deliveries AS d
                WHERE {_OTHERS} AND d.id IN (SELECT id FROM ({_FIRST_OF_ENDPOINT}))
            )"""  # noqa: S608 - as above
        ),
    ),
}


def claim(count: int, *, per_endpoint: int, busy: Collection[str] = ()) -> list[Claim]:
    """Take up to `count` due deliveries, none of a busy endpoint and no more than a share of any other.

    Autocommitted statements: what another worker holds or is just taking is passed over. The longest waiting
    are looked at first, and all endpoints only where those are of too few.
    """
    longest_waiting, by_endpoint = _CLAIMS[db.engine.dialect.name]
    window = min(WINDOW, WINDOW_FACTOR * count)
    claims, seen = _claim(longest_waiting, count, per_endpoint, window, busy)
    if len(claims) < count and seen == window:
        have_their_share = {*busy, *(claim.endpoint_id for claim in claims)}
        claims += _claim(by_endpoint, count - len(claims), per_endpoint, per_endpoint, have_their_share)[0]
    return sorted(claims, key=lambda claim: claim.id)


def _claim(
    statement: TextClause, count: int, per_endpoint: int, window: int, busy: Collection[str]
) -> tuple[list[Claim], int]:
    """Claim once; return the claims, and how many due deliveries were there to look at."""
    now = clock.now()
    values = {
        "now": now, "lease_end": now + LEASE_SECONDS, "window": window, "count": count,
        "per_endpoint": per_endpoint, "busy": list(busy),
    }  # fmt: skip
    with db.engine.connect() as connection:
        rows = connection.execute(statement, values).all()
        claims = [
            Claim(
                row.id, row.event_id, row.endpoint_id, row.account_id, bool(row.livemode), row.attempts,
                row.fence,
            )
            for row in rows
            if row.id is not None
        ]  # fmt: skip
        if db.engine.dialect.name == "postgresql":
            return claims, int(rows[0].seen)
        if len(claims) == count:
            return claims, window
        return claims, int(connection.execute(_SEEN_SQLITE, {"now": now, "window": window}).scalar_one())


def anything_due() -> bool:
    """Tell whether any delivery waits to be claimed."""
    return db.session.scalar(select(Delivery.id).where(Delivery.due_at <= clock.now()).limit(1)) is not None
