"""/v1/coupons."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog.coupons import Coupon

blueprint = Blueprint("coupons", __name__)

CHANGEABLE = {"currency_options", "expand", "metadata", "name"}
CREATE = params.build(
    stripe.params.CouponCreateParams,
    only={
        *CHANGEABLE,
        *("amount_off", "applies_to", "currency", "duration", "duration_in_months", "id"),
        *("max_redemptions", "percent_off", "redeem_by"),
    },
)
RETRIEVE = params.build(stripe.params.CouponRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.CouponModifyParams, only=CHANGEABLE)
DELETE = params.build(stripe.params.CouponDeleteParams, only=set())
LIST = params.build(
    stripe.params.CouponListParams, only={"created", "ending_before", "expand", "limit", "starting_after"}
)


@operation(blueprint, Operation("POST", "/v1/coupons", CREATE, "coupon", "create", "Create a coupon"))
def create(given: dict[str, Any]) -> Coupon:
    return Coupon.create(given)


@operation(
    blueprint, Operation("GET", "/v1/coupons/{id}", RETRIEVE, "coupon", "retrieve", "Retrieve a coupon")
)
def retrieve(_: dict[str, Any], id: str) -> Coupon:
    return Coupon.find(id)


@operation(blueprint, Operation("POST", "/v1/coupons/{id}", UPDATE, "coupon", "update", "Update a coupon"))
def update(given: dict[str, Any], id: str) -> Coupon:
    coupon = Coupon.find(id)
    coupon.update(given)
    return coupon


@operation(blueprint, Operation("DELETE", "/v1/coupons/{id}", DELETE, "coupon", "delete", "Delete a coupon"))
def delete(_: dict[str, Any], id: str) -> dict[str, Any]:
    return Coupon.find(id).delete()


@operation(blueprint, Operation("GET", "/v1/coupons", LIST, "list:coupon", "list", "List coupons"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(Coupon, "/v1/coupons", given, Coupon.listed())
