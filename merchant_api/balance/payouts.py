"""/v1/payouts."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.balance import pay_out
from payments.balance.payouts import Payout
from payments.errors import InvalidRequest

blueprint = Blueprint("payouts", __name__)

CREATE = params.build(
    stripe.params.PayoutCreateParams,
    only={"amount", "currency", "description", "destination", "metadata", "method", "source_type",
          "statement_descriptor", "expand"},
)  # fmt: skip
RETRIEVE = params.build(stripe.params.PayoutRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.PayoutModifyParams, only={"metadata", "expand"})
CANCEL = params.build(stripe.params.PayoutCancelParams, only={"expand"})
REVERSE = params.build(stripe.params.PayoutReverseParams, only={"metadata", "expand"})
LIST = params.build(
    stripe.params.PayoutListParams,
    only={"limit", "starting_after", "ending_before", "created", "arrival_date", "destination", "status",
          "expand"},
)  # fmt: skip
ROOT = "/v1/payouts"
NOUN = "payout"


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Create a payout"))
def create(given: dict[str, Any]) -> Payout:
    return pay_out.create(given)


@operation(blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a payout"))
def retrieve(_: dict[str, Any], id: str) -> Payout:
    return Payout.find(id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a payout"))
def update(given: dict[str, Any], id: str) -> Payout:
    found = Payout.find(id)
    found.update(given)
    return found


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}/cancel", CANCEL, NOUN, "cancel", "Cancel a payout"))
def cancel(_: dict[str, Any], id: str) -> Payout:
    found = Payout.find(id)
    pay_out.cancel(found)
    return found


@operation(
    blueprint, Operation("POST", f"{ROOT}/{{id}}/reverse", REVERSE, NOUN, "reverse", "Reverse a payout")
)
def reverse(_: dict[str, Any], id: str) -> Payout:
    found = Payout.find(id)
    raise InvalidRequest(
        f"Payout {found.id} can't be reversed: only those of connected accounts to US bank accounts can.",
        code="payouts_not_allowed",
    )


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List payouts"))
def index(given: dict[str, Any]) -> lists.Page:
    filters = {"destination": Payout.destination_id, "status": Payout.status}
    query = lists.narrowed(Payout, given, filters)
    if "arrival_date" in given:
        query = Payout.mine() if query is None else query
        query = lists.within(query, Payout.arrival_date, given["arrival_date"])
    return lists.page(Payout, ROOT, given, query)
