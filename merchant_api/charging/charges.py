"""/v1/charges."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging.charges import Charge
from payments.charging.refunds import Refund

blueprint = Blueprint("charges", __name__)

RETRIEVE = params.build(stripe.params.ChargeRetrieveParams, only={"expand"})
PAGING = {"limit", "starting_after", "ending_before", "expand"}
LIST = params.build(stripe.params.ChargeListParams, only=PAGING | {"created", "customer", "payment_intent"})
LIST_REFUNDS = params.build(stripe.params.ChargeListRefundsParams, only=PAGING)
ROOT = "/v1/charges"


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
