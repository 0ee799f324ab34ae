"""Sending an event again because the merchant asks for it, whether it had arrived or not."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from kit import clock, jobs
from kit.database import db
from kit.ids import new_id
from payments import audit
from payments.errors import InvalidRequest
from payments.events import Event
from webhooks.outbox import DRAIN, QUEUE
from webhooks.webhook_endpoints import ENABLED, WebhookEndpoint, wants

# Called with an event that is to go to the account's Stripe CLIs again; wired in app.py.
to_listeners: list[Callable[[Event], None]] = []

# One row for an event and an endpoint: it is opened again, so that `pending_webhooks` keeps counting what has
# not arrived. The fence moves on, so whoever is sending it at this moment no longer says how that went.
_AGAIN = """
    UPDATE webhook_deliveries
    SET status = 'pending', due_at = :now, attempts = 0, fence = fence + 1 WHERE id = :id
"""
_FRESH = """
    INSERT INTO webhook_deliveries
        (id, account_id, livemode, created, event_id, endpoint_id, status, attempts, due_at, fence)
    VALUES (:id, :account_id, :livemode, :now, :event_id, :endpoint_id, 'pending', 0, :now, 0)
"""
_BEFORE = """
    SELECT id, status FROM webhook_deliveries
    WHERE event_id = :event_id AND endpoint_id = :endpoint_id ORDER BY id LIMIT 1
"""
_ONE_MORE = "UPDATE events SET pending_webhooks = pending_webhooks + 1 WHERE id = :event_id"


def again(event: Event, given: dict[str, Any]) -> Event:
    """Send an event once more: to one endpoint, to the CLIs, or to every endpoint that wants it.

    The deliveries are opened before the request's own commit: what a crash in between repeats arrives twice,
    which a receiver has to bear anyway.
    """
    if given.get("account") not in (None, event.account_id):
        raise InvalidRequest("Florin has no connected accounts to resend events of.", param="account")
    if given.get("for_stripecli"):
        for listener in to_listeners:
            listener(event)
    endpoints = _endpoints(event, given)
    for endpoint in endpoints:
        _open(event, endpoint.id)
        audit.record("event.resent", event.id, webhook_endpoint=endpoint.id)
    if endpoints:
        jobs.kick(DRAIN, queue=QUEUE)
    return event.reread()


def _endpoints(event: Event, given: dict[str, Any]) -> list[WebhookEndpoint]:
    if "webhook_endpoint" in given:
        endpoint = WebhookEndpoint.find(given["webhook_endpoint"], param="webhook_endpoint")
        if not endpoint.takes_deliveries():
            message = f"The webhook endpoint {endpoint.id} is disabled; enable it to resend events to it."
            raise InvalidRequest(message, param="webhook_endpoint")
        return [endpoint]
    if given.get("for_stripecli"):
        return []
    enabled = db.session.scalars(WebhookEndpoint.mine().where(WebhookEndpoint.status == ENABLED)).all()
    return [endpoint for endpoint in enabled if wants(endpoint.enabled_events, event.type)]


def _open(event: Event, endpoint_id: str) -> None:
    values = {
        "event_id": event.id,
        "endpoint_id": endpoint_id,
        "account_id": event.account_id,
        "livemode": event.livemode,
        "now": clock.now(),
    }
    postgresql = db.engine.dialect.name == "postgresql"
    with db.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN" if postgresql else "BEGIN IMMEDIATE")
        try:
            before = connection.execute(text(_BEFORE + (" FOR UPDATE" if postgresql else "")), values).first()
            values["id"] = new_id("whd_") if before is None else before.id
            connection.execute(text(_FRESH if before is None else _AGAIN), values)
            if before is None or before.status == "succeeded":
                connection.execute(text(_ONE_MORE), values)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
