"""/v1/customers/{customer}/sources: a customer's cards, as Stripe's older API has them."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging import old_cards
from payments.charging.payment_methods import PaymentMethod
from payments.customers.customers import Customer
from payments.customers.sources import Source, add_source

blueprint = Blueprint("sources", __name__)

CREATE = params.build(stripe.params.CustomerCreateSourceParams, only={"source", "metadata", "expand"})
RETRIEVE = params.build(stripe.params.CustomerRetrieveSourceParams, only={"expand"})
UPDATE = params.build(
    stripe.params.CustomerModifySourceParams,
    only={*old_cards.ADDRESS, "exp_month", "exp_year", "metadata", "name", "expand"},
)
DELETE = params.build(stripe.params.CustomerDeleteSourceParams, only={"expand"})
LIST = params.build(
    stripe.params.CustomerListSourcesParams,
    only={"limit", "starting_after", "ending_before", "object", "expand"},
)
ROOT = "/v1/customers/{customer}/sources"
NOUN = "card"


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Add a card to a customer"))
def create(given: dict[str, Any], customer: str) -> Source:
    return add_source(Customer.living(customer, param="customer"), given["source"], given.get("metadata"))


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a customer's card")
)
def retrieve(_: dict[str, Any], customer: str, id: str) -> Source:
    return Source.of(Customer.living(customer, param="customer"), id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a customer's card"))
def update(given: dict[str, Any], customer: str, id: str) -> Source:
    source = Source.of(Customer.living(customer, param="customer"), id)
    source.update(given)
    return source


@operation(
    blueprint, Operation("DELETE", f"{ROOT}/{{id}}", DELETE, NOUN, "delete", "Remove a customer's card")
)
def delete(_: dict[str, Any], customer: str, id: str) -> dict[str, Any]:
    owner = Customer.living(customer, param="customer")
    return Source.of(owner, id).delete(owner)


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List a customer's cards"))
def index(given: dict[str, Any], customer: str) -> lists.Page:
    row = PaymentMethod
    owner = Customer.living(customer, param="customer")
    query = row.mine().where(
        row.customer_id == owner.id, row.id.startswith(old_cards.PREFIX, autoescape=True)
    )
    if given.get("object", NOUN) != NOUN:
        query = query.where(row.id == "")  # no source is anything but a card
    page = lists.page(row, f"/v1/customers/{owner.id}/sources", given, query)
    return lists.Page(page.url, [Source(method) for method in page.nouns], page.has_more)
