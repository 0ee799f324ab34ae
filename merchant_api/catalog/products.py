"""/v1/products."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog import offer
from payments.catalog.products import PLAIN, Product

blueprint = Blueprint("products", __name__)

WRITABLE = {*PLAIN, "active", "expand", "metadata", "name"}
DEFAULT_PRICE = {
    f"default_price_data.{name}"
    for name in ("currency", "metadata", "recurring", "tax_behavior", "unit_amount", "unit_amount_decimal")
}
CREATE = params.build(stripe.params.ProductCreateParams, only={*WRITABLE, *DEFAULT_PRICE, "id", "type"})
RETRIEVE = params.build(stripe.params.ProductRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.ProductModifyParams, only={*WRITABLE, "default_price"})
DELETE = params.build(stripe.params.ProductDeleteParams, only=set())
LIST = params.build(
    stripe.params.ProductListParams,
    only={
        *("active", "created", "ending_before", "expand", "ids", "limit", "shippable", "starting_after"),
        *("type", "url"),
    },
)


@operation(blueprint, Operation("POST", "/v1/products", CREATE, "product", "create", "Create a product"))
def create(given: dict[str, Any]) -> Product:
    return offer.introduce(given)


@operation(
    blueprint, Operation("GET", "/v1/products/{id}", RETRIEVE, "product", "retrieve", "Retrieve a product")
)
def retrieve(_: dict[str, Any], id: str) -> Product:
    return Product.find(id)


@operation(blueprint, Operation("POST", "/v1/products/{id}", UPDATE, "product", "update", "Update a product"))
def update(given: dict[str, Any], id: str) -> Product:
    return offer.change(Product.find(id), given)


@operation(
    blueprint, Operation("DELETE", "/v1/products/{id}", DELETE, "product", "delete", "Delete a product")
)
def delete(_: dict[str, Any], id: str) -> dict[str, Any]:
    return Product.find(id).delete()


@operation(blueprint, Operation("GET", "/v1/products", LIST, "list:product", "list", "List products"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(Product, "/v1/products", given, Product.listed(given))
