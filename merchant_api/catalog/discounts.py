"""The discount of a customer: `/v1/customers/{id}/discount`."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.customers.customers import Customer
from payments.customers.give_discount import take_away

blueprint = Blueprint("discounts", __name__)

DELETE = params.build(stripe.params.CustomerDeleteDiscountParams, only=set())


@operation(
    blueprint,
    Operation(
        "DELETE", "/v1/customers/{id}/discount", DELETE, "discount", "delete", "Delete a customer's discount"
    ),
)
def delete(_: dict[str, Any], id: str) -> dict[str, Any]:
    return take_away(Customer.living(id, param="id"))
