"""/v1/events, with the operation behind `stripe events resend`."""

from typing import Any, NotRequired

import stripe
from flask import Blueprint
from sqlalchemy import select
from typing_extensions import TypedDict

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.events import Event
from payments.scope import caller
from webhooks import resend
from webhooks.outbox import SUCCEEDED, Delivery

blueprint = Blueprint("events", __name__)

RETRIEVE = params.build(stripe.params.EventRetrieveParams, only={"expand"})
LIST = params.build(
    stripe.params.EventListParams,
    only={
        "created", "delivery_success", "ending_before", "expand", "limit", "starting_after", "type", "types",
    },
)  # fmt: skip


class Retry(TypedDict):
    """What the Stripe CLI sends: the endpoint to send to, or that its listeners are meant."""

    webhook_endpoint: NotRequired[str]
    for_stripecli: NotRequired[bool]
    account: NotRequired[str]


RETRY = params.build(Retry)


@operation(blueprint, Operation("GET", "/v1/events/{id}", RETRIEVE, "event", "retrieve", "Retrieve an event"))
def retrieve(_: dict[str, Any], id: str) -> Event:
    return Event.find(id)


@operation(blueprint, Operation("GET", "/v1/events", LIST, "list:event", "list", "List events"))
def index(given: dict[str, Any]) -> lists.Page:
    query = Event.listed(given)
    if "delivery_success" in given:
        who = caller()
        open_ones = select(Delivery.event_id).where(
            Delivery.account_id == who.account_id,
            Delivery.livemode == who.livemode,
            Delivery.status != SUCCEEDED,
        )
        arrived = Event.id.not_in(open_ones) if given["delivery_success"] else Event.id.in_(open_ones)
        query = query.where(arrived)
    return lists.page(Event, "/v1/events", given, query)


@operation(
    blueprint, Operation("POST", "/v1/events/{id}/retry", RETRY, "event", "retry", "Send an event again")
)
def retry(given: dict[str, Any], id: str) -> Event:
    return resend.again(Event.find(id), given)
