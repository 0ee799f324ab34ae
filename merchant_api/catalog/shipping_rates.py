"""/v1/shipping_rates."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog.shipping_rates import ShippingRate

blueprint = Blueprint("shipping_rates", __name__)

ROOT = "/v1/shipping_rates"
NOUN = "shipping_rate"
CREATE = params.build(
    stripe.params.ShippingRateCreateParams,
    only={
        *("delivery_estimate", "display_name", "expand", "fixed_amount", "metadata", "tax_behavior"),
        *("tax_code", "type"),
    },
)
RETRIEVE = params.build(stripe.params.ShippingRateRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.ShippingRateModifyParams,
    only={"active", "expand", "fixed_amount", "metadata", "tax_behavior"},
)
LIST = params.build(
    stripe.params.ShippingRateListParams,
    only={"active", "created", "currency", "ending_before", "expand", "limit", "starting_after"},
)


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Create a shipping rate"))
def create(given: dict[str, Any]) -> ShippingRate:
    return ShippingRate.create(given)


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a shipping rate")
)
def retrieve(_: dict[str, Any], id: str) -> ShippingRate:
    return ShippingRate.find(id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a shipping rate"))
def update(given: dict[str, Any], id: str) -> ShippingRate:
    rate = ShippingRate.find(id)
    rate.update(given)
    return rate


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List shipping rates"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(ShippingRate, ROOT, given, ShippingRate.listed(given))
