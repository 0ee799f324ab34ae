"""/v1/refunds."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging.refund import cancel as cancel_refund
from payments.charging.refund import refund
from payments.charging.refunds import Refund

blueprint = Blueprint("refunds", __name__)

CREATE = params.build(
    stripe.params.RefundCreateParams,
    only={"amount", "charge", "payment_intent", "reason", "metadata", "instructions_email", "expand"},
)
RETRIEVE = params.build(stripe.params.RefundRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.RefundModifyParams, only={"metadata", "expand"})
CANCEL = params.build(stripe.params.RefundCancelParams, only={"expand"})
LIST = params.build(
    stripe.params.RefundListParams,
    only={"limit", "starting_after", "ending_before", "created", "charge", "payment_intent", "expand"},
)
ROOT = "/v1/refunds"


@operation(blueprint, Operation("POST", ROOT, CREATE, "refund", "create", "Create a refund"))
def create(given: dict[str, Any]) -> Refund:
    return refund(given)


@operation(blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, "refund", "retrieve", "Retrieve a refund"))
def retrieve(_: dict[str, Any], id: str) -> Refund:
    return Refund.find(id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, "refund", "update", "Update a refund"))
def update(given: dict[str, Any], id: str) -> Refund:
    found = Refund.find(id)
    found.update(given)
    return found


@operation(
    blueprint, Operation("POST", f"{ROOT}/{{id}}/cancel", CANCEL, "refund", "cancel", "Cancel a refund")
)
def cancel(_: dict[str, Any], id: str) -> Refund:
    found = Refund.find(id)
    cancel_refund(found)
    return found


@operation(blueprint, Operation("GET", ROOT, LIST, "list:refund", "list", "List refunds"))
def index(given: dict[str, Any]) -> lists.Page:
    filters = {"charge": Refund.charge_id, "payment_intent": Refund.payment_intent_id}
    query = lists.narrowed(Refund, given, filters)
    return lists.page(Refund, ROOT, given, query)
