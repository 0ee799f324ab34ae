"""/v1/events."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.events import Event

blueprint = Blueprint("events", __name__)

RETRIEVE = params.build(stripe.params.EventRetrieveParams, only={"expand"})
LIST = params.build(
    stripe.params.EventListParams,
    only={"created", "ending_before", "expand", "limit", "starting_after", "type", "types"},
)


@operation(blueprint, Operation("GET", "/v1/events/{id}", RETRIEVE, "event", "retrieve", "Retrieve an event"))
def retrieve(_: dict[str, Any], id: str) -> Event:
    return Event.find(id)


@operation(blueprint, Operation("GET", "/v1/events", LIST, "list:event", "list", "List events"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(Event, "/v1/events", given, Event.listed(given))
