"""/v1/tax_rates."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog.tax_rates import PLAIN, TaxRate

blueprint = Blueprint("tax_rates", __name__)

CHANGEABLE = {*PLAIN, "active", "display_name", "expand", "metadata"}
CREATE = params.build(stripe.params.TaxRateCreateParams, only=CHANGEABLE | {"inclusive", "percentage"})
RETRIEVE = params.build(stripe.params.TaxRateRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.TaxRateModifyParams, only=CHANGEABLE)
LIST = params.build(
    stripe.params.TaxRateListParams,
    only={"active", "created", "ending_before", "expand", "inclusive", "limit", "starting_after"},
)


@operation(blueprint, Operation("POST", "/v1/tax_rates", CREATE, "tax_rate", "create", "Create a tax rate"))
def create(given: dict[str, Any]) -> TaxRate:
    return TaxRate.create(given)


@operation(
    blueprint, Operation("GET", "/v1/tax_rates/{id}", RETRIEVE, "tax_rate", "retrieve", "Retrieve a tax rate")
)
def retrieve(_: dict[str, Any], id: str) -> TaxRate:
    return TaxRate.find(id)


@operation(
    blueprint, Operation("POST", "/v1/tax_rates/{id}", UPDATE, "tax_rate", "update", "Update a tax rate")
)
def update(given: dict[str, Any], id: str) -> TaxRate:
    rate = TaxRate.find(id)
    rate.update(given)
    return rate


@operation(blueprint, Operation("GET", "/v1/tax_rates", LIST, "list:tax_rate", "list", "List tax rates"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(TaxRate, "/v1/tax_rates", given, TaxRate.listed(given))
