"""Every attempt to deliver, as the merchant reads it: an extension, at Stripe a page of the dashboard."""

from typing import Any, NotRequired

from flask import Blueprint
from sqlalchemy import Select, select
from typing_extensions import TypedDict

from kit import params
from kit.database import db
from merchant_api.crud import operation
from merchant_api.lists import DEFAULT_LIMIT, MAXIMUM_LIMIT
from merchant_api.operations import Operation
from payments.errors import InvalidRequest
from payments.events import Event
from webhooks.attempts import DeliveryAttempt
from webhooks.webhook_endpoints import WebhookEndpoint

blueprint = Blueprint("webhook_attempts", __name__)


class AttemptList(TypedDict):
    """Newest first; `starting_after` is an attempt's id, `delivered` narrows to what arrived or did not."""

    limit: NotRequired[int]
    starting_after: NotRequired[str]
    delivered: NotRequired[bool]


LIST = params.build(AttemptList)


@operation(
    blueprint,
    Operation(
        "GET",
        "/v1/webhook_endpoints/{id}/attempts",
        LIST,
        "list:webhook_attempt",
        "list",
        "List the attempts to deliver to a webhook endpoint",
    ),
)
def of_endpoint(given: dict[str, Any], id: str) -> dict[str, Any]:
    endpoint = WebhookEndpoint.find(id)
    query = select(DeliveryAttempt).where(DeliveryAttempt.endpoint_id == endpoint.id)
    return _page(query, f"/v1/webhook_endpoints/{endpoint.id}/attempts", given)


@operation(
    blueprint,
    Operation(
        "GET",
        "/v1/events/{id}/attempts",
        LIST,
        "list:webhook_attempt",
        "list",
        "List the attempts to deliver an event",
    ),
)
def of_event(given: dict[str, Any], id: str) -> dict[str, Any]:
    event = Event.find(id)
    query = select(DeliveryAttempt).where(DeliveryAttempt.event_id == event.id)
    return _page(query, f"/v1/events/{event.id}/attempts", given)


def _page(query: Select[DeliveryAttempt], url: str, given: dict[str, Any]) -> dict[str, Any]:
    limit = given.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAXIMUM_LIMIT:
        message = f"This value must be between 1 and {MAXIMUM_LIMIT}."
        raise InvalidRequest(message, code="parameter_invalid_integer", param="limit")
    if "delivered" in given:
        delivered = DeliveryAttempt.reason.is_(None)
        query = query.where(delivered if given["delivered"] else ~delivered)
    if "starting_after" in given:
        query = query.where(DeliveryAttempt.id < given["starting_after"])
    rows = db.session.scalars(query.order_by(DeliveryAttempt.id.desc()).limit(limit + 1)).all()
    return {
        "object": "list",
        "data": [row.as_json() for row in rows[:limit]],
        "has_more": len(rows) > limit,
        "url": url,
    }
