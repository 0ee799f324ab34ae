"""/v1/charges."""

from typing import Any, Required

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists, searches
from merchant_api.crud import operation
from merchant_api.declined import declined_error
from merchant_api.operations import Operation
from payments import bank
from payments.charging.charge_card import CHARGE_UNKNOWN, charge_card
from payments.charging.charge_moves import capture_charge
from payments.charging.charges import Charge
from payments.charging.refunds import Refund
from payments.errors import ApiError
from payments.searching import Field

blueprint = Blueprint("charges", __name__)

KEPT = {"description", "metadata", "receipt_email", "shipping", "transfer_group", "expand"}
MAX_CHARS = {"description": 40_000}
CREATE = params.build(
    stripe.params.ChargeCreateParams,
    only=KEPT | {"capture", "customer", "source", "statement_descriptor", "statement_descriptor_suffix"},
    extra={"amount": Required[int], "currency": Required[str]},
    max_chars=MAX_CHARS,
)
UPDATE = params.build(
    stripe.params.ChargeModifyParams, only=KEPT | {"customer", "fraud_details"}, max_chars=MAX_CHARS
)
CAPTURE = params.build(stripe.params.ChargeCaptureParams, only={"amount", "receipt_email", "expand"})
RETRIEVE = params.build(stripe.params.ChargeRetrieveParams, only={"expand"})
PAGING = {"limit", "starting_after", "ending_before", "expand"}
LIST = params.build(stripe.params.ChargeListParams, only=PAGING | {"created", "customer", "payment_intent"})
LIST_REFUNDS = params.build(stripe.params.ChargeListRefundsParams, only=PAGING)
ROOT = "/v1/charges"
SEARCH = params.build(stripe.params.ChargeSearchParams, only=searches.PARAMETERS)
SEARCHABLE = {
    "amount": Field(Charge.amount, "number"),
    "created": Field(Charge.created, "number"),
    "currency": Field(Charge.currency),
    "customer": Field(Charge.customer_id, "id"),
    "disputed": Field(Charge.disputed, "flag"),
    "payment_method_details.card.brand": Field(Charge.card["brand"].as_string()),
    "payment_method_details.card.fingerprint": Field(Charge.card["fingerprint"].as_string()),
    "payment_method_details.card.last4": Field(Charge.card["last4"].as_string()),
    "status": Field(Charge.status),
}


@operation(blueprint, Operation("POST", ROOT, CREATE, "charge", "create", "Create a charge"))
def create(given: dict[str, Any]) -> Charge:
    intent, answer = charge_card(given)
    if isinstance(answer, bank.Declined):
        raise declined_error(intent)
    if intent.latest_charge_id is None:
        raise ApiError(CHARGE_UNKNOWN, keep=True)
    return Charge.find(intent.latest_charge_id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, "charge", "update", "Update a charge"))
def update(given: dict[str, Any], id: str) -> Charge:
    found = Charge.find(id)
    found.update(given)
    return found


@operation(
    blueprint, Operation("POST", f"{ROOT}/{{id}}/capture", CAPTURE, "charge", "capture", "Capture a charge")
)
def capture(given: dict[str, Any], id: str) -> Charge:
    found = Charge.find(id)
    capture_charge(found, given)
    return found


@operation(blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, "charge", "retrieve", "Retrieve a charge"))
def retrieve(_: dict[str, Any], id: str) -> Charge:
    return Charge.find(id)


@operation(blueprint, Operation("GET", ROOT, LIST, "list:charge", "list", "List charges"))
def index(given: dict[str, Any]) -> lists.Page:
    filters = {"customer": Charge.customer_id, "payment_intent": Charge.payment_intent_id}
    query = lists.narrowed(Charge, given, filters)
    return lists.page(Charge, ROOT, given, query)


@operation(
    blueprint,
    Operation(
        "GET", f"{ROOT}/{{id}}/refunds", LIST_REFUNDS, "list:refund", "list", "List a charge's refunds"
    ),
)
def refunds(given: dict[str, Any], id: str) -> lists.Page:
    query = Refund.mine().where(Refund.charge_id == Charge.find(id).id)
    return lists.page(Refund, f"{ROOT}/{id}/refunds", given, query)


@operation(
    blueprint, Operation("GET", "/v1/charges/search", SEARCH, "list:charge", "search", "Search charges")
)
def search(given: dict[str, Any]) -> searches.Found:
    return searches.search(Charge, "/v1/charges/search", given, SEARCHABLE)
