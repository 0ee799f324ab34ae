"""/v1/promotion_codes."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog.promotion_codes import PromotionCode

blueprint = Blueprint("promotion_codes", __name__)

ROOT = "/v1/promotion_codes"
NOUN = "promotion_code"
CREATE = params.build(
    stripe.params.PromotionCodeCreateParams,
    only={
        *("active", "code", "customer", "expand", "expires_at", "max_redemptions", "metadata", "promotion"),
        "restrictions",
    },
)
RETRIEVE = params.build(stripe.params.PromotionCodeRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.PromotionCodeModifyParams, only={"active", "expand", "metadata", "restrictions"}
)
LIST = params.build(
    stripe.params.PromotionCodeListParams,
    only={
        *("active", "code", "coupon", "created", "customer", "ending_before", "expand", "limit"),
        "starting_after",
    },
)


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Create a promotion code"))
def create(given: dict[str, Any]) -> PromotionCode:
    return PromotionCode.create(given)


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a promotion code")
)
def retrieve(_: dict[str, Any], id: str) -> PromotionCode:
    return PromotionCode.find(id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a promotion code"))
def update(given: dict[str, Any], id: str) -> PromotionCode:
    code = PromotionCode.find(id)
    code.update(given)
    return code


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List promotion codes"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(PromotionCode, ROOT, given, PromotionCode.listed(given))
