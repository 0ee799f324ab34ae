"""/v1/webhook_endpoints; rolling the secret is an extension, at Stripe a button of the dashboard."""

from typing import Any, NotRequired

import stripe
from flask import Blueprint
from typing_extensions import TypedDict

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from webhooks.webhook_endpoints import MAXIMUM_OVERLAP_SECONDS, WebhookEndpoint

blueprint = Blueprint("webhook_endpoints", __name__)

CREATE = params.build(
    stripe.params.WebhookEndpointCreateParams,
    only={"api_version", "connect", "description", "enabled_events", "expand", "metadata", "url"},
)
RETRIEVE = params.build(stripe.params.WebhookEndpointRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.WebhookEndpointModifyParams,
    only={"description", "disabled", "enabled_events", "expand", "metadata", "url"},
)
LIST = params.build(
    stripe.params.WebhookEndpointListParams, only={"limit", "starting_after", "ending_before", "expand"}
)


class RollSecret(TypedDict):
    """For how many seconds the old secret goes on signing beside the new one; by default for a day."""

    expires_in: NotRequired[int]


ROLL_SECRET = params.build(RollSecret)
DELETE = params.build(stripe.params.WebhookEndpointDeleteParams, only=set())


@operation(
    blueprint,
    Operation(
        "POST",
        "/v1/webhook_endpoints",
        CREATE,
        "webhook_endpoint",
        "create",
        "Create a webhook endpoint",
        tells_secret=True,
    ),
)
def create(given: dict[str, Any]) -> dict[str, Any]:
    endpoint, secret = WebhookEndpoint.create(given)
    return endpoint.as_stripe() | {"secret": secret}


@operation(
    blueprint,
    Operation(
        "GET",
        "/v1/webhook_endpoints/{id}",
        RETRIEVE,
        "webhook_endpoint",
        "retrieve",
        "Retrieve a webhook endpoint",
    ),
)
def retrieve(_: dict[str, Any], id: str) -> WebhookEndpoint:
    return WebhookEndpoint.find(id)


@operation(
    blueprint,
    Operation(
        "POST",
        "/v1/webhook_endpoints/{id}",
        UPDATE,
        "webhook_endpoint",
        "update",
        "Update a webhook endpoint",
    ),
)
def update(given: dict[str, Any], id: str) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.find(id)
    endpoint.update(given)
    return endpoint


@operation(
    blueprint,
    Operation(
        "DELETE",
        "/v1/webhook_endpoints/{id}",
        DELETE,
        "webhook_endpoint",
        "delete",
        "Delete a webhook endpoint",
    ),
)
def delete(_: dict[str, Any], id: str) -> dict[str, Any]:
    return WebhookEndpoint.find(id).delete()


@operation(
    blueprint,
    Operation(
        "GET", "/v1/webhook_endpoints", LIST, "list:webhook_endpoint", "list", "List webhook endpoints"
    ),
)
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(WebhookEndpoint, "/v1/webhook_endpoints", given, WebhookEndpoint.mine())


@operation(
    blueprint,
    Operation(
        "POST",
        "/v1/webhook_endpoints/{id}/roll_secret",
        ROLL_SECRET,
        "webhook_endpoint",
        "roll_secret",
        "Replace the signing secret of a webhook endpoint",
        tells_secret=True,
    ),
)
def roll_secret(given: dict[str, Any], id: str) -> dict[str, Any]:
    endpoint = WebhookEndpoint.find(id)
    secret = endpoint.roll_secret(expires_in_seconds=given.get("expires_in", MAXIMUM_OVERLAP_SECONDS))
    return endpoint.as_stripe() | {"secret": secret}
