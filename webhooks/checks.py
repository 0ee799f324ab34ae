"""The deliveries: every event has reached, or will reach, each endpoint that subscribed to it."""

from sqlalchemy import func, select

from kit import clock
from kit.database import db
from payments.doctor.pages import Check, Finding, Page, at_once, over, pairs
from payments.events import Event
from webhooks.outbox import FAILED, PENDING, SUCCEEDED, Delivery

# A delivery that has been due for so long has no worker.
OVERDUE_SECONDS = 120
SHOWN = 100


def checks() -> list[Check]:
    """Return the checks of this file."""
    sentence = "an event says how many of its deliveries have not arrived"
    return [
        over("deliveries", sentence, Event.id, _wrong_counts),
        at_once("overdue deliveries", "no delivery waits for a worker", _overdue),
        at_once("failed deliveries", "no endpoint has been given up on", _given_up),
    ]


def _wrong_counts(page: Page) -> list[Finding]:
    query = (
        select(Delivery.event_id, func.count())
        .where(page.holds(Delivery.event_id), Delivery.status != SUCCEEDED)
        .group_by(Delivery.event_id)
    )
    open_ones = pairs(query)
    events = select(Event.id, Event.type, Event.pending_webhooks).where(page.holds(Event.id))
    return [
        Finding(event_id, f"this {type_} says {pending}, and {open_ones.get(event_id, 0)} have not arrived")
        for event_id, type_, pending in db.session.execute(events)
        if pending != open_ones.get(event_id, 0)
    ]


def _overdue() -> list[Finding]:
    late = clock.now() - OVERDUE_SECONDS
    query = select(Delivery.id, Delivery.event_id, Delivery.due_at).where(
        Delivery.status == PENDING, Delivery.due_at < late
    )
    return [
        Finding(
            delivery_id,
            f"{event_id} has been due for {clock.now() - int(due_at or 0)} s, and nobody sends it",
        )
        for delivery_id, event_id, due_at in db.session.execute(query.limit(SHOWN))
    ]


def _given_up() -> list[Finding]:
    query = (
        select(Delivery.endpoint_id, func.count())
        .where(Delivery.status == FAILED)
        .group_by(Delivery.endpoint_id)
        .order_by(Delivery.endpoint_id)
    )
    return [
        Finding(endpoint_id, f"{count} deliveries never arrived, in spite of all repeats", note=True)
        for endpoint_id, count in db.session.execute(query)
    ]
