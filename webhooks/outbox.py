"""The outbox: one row for each event and endpoint, written together with the event itself.

A delivery is due when `due_at` has come. Claiming one moves `due_at` to the end of a lease, so that a
worker that dies gives its claims back by doing nothing; `fence` counts the claims, and only the
newest may record how it went.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock, jobs
from kit.database import Base, Id, db, load_where
from kit.ids import new_id
from payments.events import Event
from webhooks import chaos
from webhooks.webhook_endpoints import ENABLED, WebhookEndpoint, wants

DRAIN = "webhooks.jobs.drain"
QUEUE = "webhooks"

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


def anything_due() -> bool:
    """Tell whether any delivery waits to be claimed."""
    return db.session.scalar(select(Delivery.id).where(Delivery.due_at <= clock.now()).limit(1)) is not None
