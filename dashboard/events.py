"""Events: what happened, how each was delivered to the merchant's endpoints, and sending one again."""

from typing import Any, TypeVar

from flask import request, url_for
from sqlalchemy import select

from dashboard import edge, rendering
from dashboard.edge import Body, Onward
from dashboard.lists import listing
from kit.database import db
from payments.events import Event
from webhooks import resend
from webhooks.attempts import DeliveryAttempt
from webhooks.outbox import Delivery
from webhooks.webhook_endpoints import WebhookEndpoint

Row = TypeVar("Row", Delivery, DeliveryAttempt)

MOST_SHOWN = 100


@edge.page("/events")
def events() -> Body:
    """List events, newest first."""
    return rendering.page("events", page=listing(Event))


@edge.page("/events/<event_id>")
def event(event_id: str) -> Body:
    """Show one event with its snapshot, its deliveries and every attempt."""
    found = Event.find(event_id)
    deliveries = _of_event(Delivery, found)
    addressed = [delivery.endpoint_id for delivery in deliveries]
    endpoints = db.session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.id.in_(addressed)))
    return rendering.page(
        "event",
        event=found,
        deliveries=deliveries,
        attempts=_of_event(DeliveryAttempt, found),
        endpoints={endpoint.id: endpoint for endpoint in endpoints},
    )


@edge.action("/events/<event_id>/resend", refused=edge.back_to("event", "event_id"))
def resend_event(event_id: str) -> Body:
    """Send an event again, to the endpoint that the form names or to every enabled one that wants it."""
    found = Event.find(event_id)
    named = request.form.get("webhook_endpoint")
    given: dict[str, Any] = {"webhook_endpoint": named} if named else {}
    resend.again(found, given)
    return Onward(url_for("dashboard.event", event_id=found.id), "The event is being sent again.")


def _of_event(row: type[Row], found: Event) -> list[Row]:
    query = select(row).where(row.event_id == found.id).order_by(row.id.desc()).limit(MOST_SHOWN)
    return list(db.session.scalars(query))
