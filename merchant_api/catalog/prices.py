"""/v1/prices."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists, searches
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.catalog.prices import Price
from payments.searching import Field

blueprint = Blueprint("prices", __name__)

CHANGEABLE = {
    *("active", "expand", "lookup_key", "metadata", "nickname", "tax_behavior", "transfer_lookup_key"),
    *("currency_options.custom_unit_amount", "currency_options.tiers"),
    *(f"currency_options.{name}" for name in ("tax_behavior", "unit_amount", "unit_amount_decimal")),
}
CREATE = params.build(
    stripe.params.PriceCreateParams,
    only={
        *CHANGEABLE,
        *("billing_scheme", "tiers", "tiers_mode", "transform_quantity"),
        *("currency", "custom_unit_amount", "product", "recurring", "unit_amount", "unit_amount_decimal"),
        *(f"product_data.{name}" for name in ("active", "id", "metadata", "name", "statement_descriptor")),
        *(f"product_data.{name}" for name in ("tax_code", "tax_details", "unit_label")),
    },
)
RETRIEVE = params.build(stripe.params.PriceRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.PriceModifyParams, only=CHANGEABLE)
LIST = params.build(
    stripe.params.PriceListParams,
    only={
        *("active", "created", "currency", "ending_before", "expand", "limit", "lookup_keys", "product"),
        *("recurring", "starting_after", "type"),
    },
)
SEARCH = params.build(stripe.params.PriceSearchParams, only=searches.PARAMETERS)
SEARCHABLE = {
    "active": Field(Price.active, "flag"),
    "currency": Field(Price.currency),
    "lookup_key": Field(Price.lookup_key),
    "product": Field(Price.product, "id"),
    "type": Field(Price.type),
}


@operation(blueprint, Operation("POST", "/v1/prices", CREATE, "price", "create", "Create a price"))
def create(given: dict[str, Any]) -> Price:
    return Price.create(given)


@operation(blueprint, Operation("GET", "/v1/prices/{id}", RETRIEVE, "price", "retrieve", "Retrieve a price"))
def retrieve(_: dict[str, Any], id: str) -> Price:
    return Price.find(id)


@operation(blueprint, Operation("POST", "/v1/prices/{id}", UPDATE, "price", "update", "Update a price"))
def update(given: dict[str, Any], id: str) -> Price:
    price = Price.find(id)
    price.update(given)
    return price


@operation(blueprint, Operation("GET", "/v1/prices", LIST, "list:price", "list", "List prices"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(Price, "/v1/prices", given, Price.listed(given))


@operation(blueprint, Operation("GET", "/v1/prices/search", SEARCH, "list:price", "search", "Search prices"))
def search(given: dict[str, Any]) -> searches.Found:
    return searches.search(
        Price, "/v1/prices/search", given, SEARCHABLE, Price.mine().where(Price.deleted.is_(False))
    )
