"""/v1/products."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists, searches
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog import offer
from payments.catalog.products import PLAIN, Product
from payments.searching import Field

blueprint = Blueprint("products", __name__)

WRITABLE = {*PLAIN, "active", "expand", "metadata", "name"}
DEFAULT_PRICE = {
    f"default_price_data.{name}"
    for name in (
        *("currency", "custom_unit_amount", "metadata", "recurring", "tax_behavior", "unit_amount"),
        *("unit_amount_decimal", "currency_options.custom_unit_amount", "currency_options.tax_behavior"),
        *("currency_options.unit_amount", "currency_options.unit_amount_decimal"),
    )
}
MAX_CHARS = {"description": 40_000, "unit_label": 12}
CREATE = params.build(
    stripe.params.ProductCreateParams, only={*WRITABLE, *DEFAULT_PRICE, "id", "type"}, max_chars=MAX_CHARS
)
RETRIEVE = params.build(stripe.params.ProductRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.ProductModifyParams, only={*WRITABLE, "default_price"}, max_chars=MAX_CHARS
)
DELETE = params.build(stripe.params.ProductDeleteParams, only=set())
LIST = params.build(
    stripe.params.ProductListParams,
    only={
        *("active", "created", "ending_before", "expand", "ids", "limit", "shippable", "starting_after"),
        *("type", "url"),
    },
)
SEARCH = params.build(stripe.params.ProductSearchParams, only=searches.PARAMETERS)
SEARCHABLE = {
    "active": Field(Product.active, "flag"),
    "description": Field(Product.details["description"].as_string(), "text"),
    "name": Field(Product.name, "text"),
    "shippable": Field(Product.details["shippable"].as_boolean(), "flag"),
    "url": Field(Product.details["url"].as_string(), "text"),
}


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


@operation(
    blueprint, Operation("GET", "/v1/products/search", SEARCH, "list:product", "search", "Search products")
)
def search(given: dict[str, Any]) -> searches.Found:
    return searches.search(
        Product, "/v1/products/search", given, SEARCHABLE, Product.mine().where(Product.deleted.is_(False))
    )
