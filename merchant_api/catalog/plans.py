"""/v1/plans."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog import offer_plan
from payments.catalog.plans import Plan
from payments.catalog.prices import Price

blueprint = Blueprint("plans", __name__)

CHANGEABLE = {"active", "expand", "metadata", "nickname", "product", "trial_period_days"}
CREATE = params.build(
    stripe.params.PlanCreateParams,
    only={
        *(CHANGEABLE - {"product"}),
        *("billing_scheme", "tiers", "tiers_mode", "transform_usage"),
        *("amount", "amount_decimal", "currency", "id", "interval", "interval_count", "usage_type"),
        *(f"product.{name}" for name in ("active", "id", "metadata", "name", "statement_descriptor")),
        *(f"product.{name}" for name in ("tax_code", "unit_label")),
    },
)
RETRIEVE = params.build(stripe.params.PlanRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.PlanModifyParams, only=CHANGEABLE)
DELETE = params.build(stripe.params.PlanDeleteParams, only=set())
LIST = params.build(
    stripe.params.PlanListParams,
    only={"active", "created", "ending_before", "expand", "limit", "product", "starting_after"},
)


@operation(blueprint, Operation("POST", "/v1/plans", CREATE, "plan", "create", "Create a plan"))
def create(given: dict[str, Any]) -> Plan:
    return offer_plan.introduce(given)


@operation(blueprint, Operation("GET", "/v1/plans/{id}", RETRIEVE, "plan", "retrieve", "Retrieve a plan"))
def retrieve(_: dict[str, Any], id: str) -> Plan:
    return offer_plan.find(id)


@operation(blueprint, Operation("POST", "/v1/plans/{id}", UPDATE, "plan", "update", "Update a plan"))
def update(given: dict[str, Any], id: str) -> Plan:
    plan = offer_plan.find(id)
    offer_plan.change(plan, given)
    return plan


@operation(blueprint, Operation("DELETE", "/v1/plans/{id}", DELETE, "plan", "delete", "Delete a plan"))
def delete(_: dict[str, Any], id: str) -> dict[str, Any]:
    return offer_plan.withdraw(offer_plan.find(id))


@operation(blueprint, Operation("GET", "/v1/plans", LIST, "list:plan", "list", "List plans"))
def index(given: dict[str, Any]) -> lists.Page:
    page = lists.page(Price, "/v1/plans", given, Price.listed({**given, "type": "recurring"}))
    return lists.Page(page.url, [Plan(price) for price in page.nouns], page.has_more)
