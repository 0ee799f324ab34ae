"""Chaos on request: an extension for testers, in test mode only."""

from typing import Any, NotRequired

from flask import Blueprint
from typing_extensions import TypedDict

from kit import params
from merchant_api.crud import operation
from merchant_api.operations import Operation
from webhooks import chaos
from webhooks.webhook_endpoints import WebhookEndpoint

blueprint = Blueprint("webhook_chaos", __name__)


class Chaos(TypedDict):
    """What goes wrong with an endpoint's deliveries, and the seed that makes it go wrong alike each time."""

    seed: NotRequired[int]
    duplicate_percent: NotRequired[int]
    reorder_percent: NotRequired[int]
    delay_seconds: NotRequired[int]
    drop_first: NotRequired[int]


class NoParameters(TypedDict):
    """None at all."""


SET, NONE = params.build(Chaos), params.build(NoParameters)
PATH = "/v1/webhook_endpoints/{id}/chaos"


@operation(
    blueprint,
    Operation("POST", PATH, SET, "webhook_chaos", "create", "Let deliveries of test mode go wrong"),
)
def begin(given: dict[str, Any], id: str) -> dict[str, Any]:
    endpoint = WebhookEndpoint.find(id)
    endpoint.set_chaos(given)
    return _shown(endpoint)


@operation(
    blueprint,
    Operation("GET", PATH, NONE, "webhook_chaos", "retrieve", "How an endpoint's deliveries go wrong"),
)
def retrieve(_: dict[str, Any], id: str) -> dict[str, Any]:
    return _shown(WebhookEndpoint.find(id))


@operation(
    blueprint, Operation("DELETE", PATH, NONE, "webhook_chaos", "end", "Let deliveries go right again")
)
def end(_: dict[str, Any], id: str) -> dict[str, Any]:
    endpoint = WebhookEndpoint.find(id)
    endpoint.set_chaos(None)
    return _shown(endpoint)


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "object": "webhook_chaos",
        "webhook_endpoint": endpoint.id,
        "active": endpoint.chaos is not None,
        **(chaos.shown(endpoint.chaos) or {}),
    }
