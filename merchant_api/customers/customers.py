"""/v1/customers."""

from typing import Any

import stripe
from flask import Blueprint
from sqlalchemy import func

from kit import params
from merchant_api import lists, searches
from merchant_api.crud import operation
from merchant_api.methods_given import Given
from merchant_api.operations import Operation
from payments.charging.attach import check_default_method, introduce, verify
from payments.customers import give_discount
from payments.customers.customers import PLAIN, Customer
from payments.customers.sources import Source, introduce_with_source, replace_source, verified
from payments.errors import InvalidRequest
from payments.recordings import recorded
from payments.searching import Field

blueprint = Blueprint("customers", __name__)

WRITABLE = {*PLAIN, "metadata", "expand", "invoice_settings.default_payment_method"}
# Gone from the pinned SDK; clients that name an older version, or none, may send them (versions.py).
DISCOUNT: dict[str, Any] = dict.fromkeys(("coupon", "promotion_code"), "Literal['']|str")
MAX_CHARS = {"email": 512, "name": 256, "phone": 20}
CREATE = params.build(
    stripe.params.CustomerCreateParams,
    only=WRITABLE | {"payment_method", "source"},
    extra=DISCOUNT,
    max_chars=MAX_CHARS,
)
RETRIEVE = params.build(stripe.params.CustomerRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.CustomerModifyParams,
    only=WRITABLE | {"default_source", "source"},
    extra=DISCOUNT,
    max_chars=MAX_CHARS,
)
LIST = params.build(
    stripe.params.CustomerListParams,
    only={"limit", "starting_after", "ending_before", "created", "email", "expand"},
)
DELETE = params.build(stripe.params.CustomerDeleteParams, only=set())
SEARCH = params.build(stripe.params.CustomerSearchParams, only=searches.PARAMETERS)
SEARCHABLE = {
    "created": Field(Customer.created, "number"),
    "email": Field(Customer.email, "text"),
    "name": Field(Customer.details["name"].as_string(), "text"),
    "phone": Field(Customer.details["phone"].as_string(), "text"),
}


@operation(blueprint, Operation("POST", "/v1/customers", CREATE, "customer", "create", "Create a customer"))
def create(given: dict[str, Any]) -> Customer:
    Customer.check(given)
    give_discount.check(given, None)
    if given.get("source"):
        if "payment_method" in given:
            message = "You may only specify one of these parameters: payment_method, source."
            raise InvalidRequest(message, param="source")
        check_default_method(given, None)
        card = verified(given["source"])
        return recorded(lambda: _with_discount(introduce_with_source(_own(given), card), given))
    if "payment_method" not in given:
        check_default_method(given, None)
        return _with_discount(Customer.create(given), given)
    method = Given.stored(given["payment_method"])
    if given.get("invoice_settings") == {"default_payment_method": given["payment_method"]}:
        given = given | {"invoice_settings": {"default_payment_method": method.method.id}}
    else:
        check_default_method(given, None)
    method.method.check_attachable(None)
    verify(method.method, method.card)
    return recorded(lambda: _with_discount(introduce(given, method.method.id), given))


def _own(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is the customer's own, beside their cards."""
    return {name: value for name, value in given.items() if name not in ("source", "default_source")}


def _with_discount(customer: Customer, given: dict[str, Any]) -> Customer:
    if give_discount.asked(given):
        give_discount.give(customer, given)
    return customer


@operation(
    blueprint, Operation("GET", "/v1/customers/{id}", RETRIEVE, "customer", "retrieve", "Retrieve a customer")
)
def retrieve(_: dict[str, Any], id: str) -> Customer:
    return Customer.find(id)


@operation(
    blueprint, Operation("POST", "/v1/customers/{id}", UPDATE, "customer", "update", "Update a customer")
)
def update(given: dict[str, Any], id: str) -> Customer:
    customer = Customer.living(id, param="id")
    Customer.check(given)
    check_default_method(given, customer)
    if given.get("source"):
        give_discount.check(given, id)
        card = verified(given["source"])
        return recorded(lambda: _updated(given, id, card))
    return _updated(given, id)


def _updated(given: dict[str, Any], customer_id: str, card: str | None = None) -> Customer:
    customer = Customer.living(customer_id, param="id")
    if card is not None:
        replace_source(customer, card)
    elif given.get("default_source"):
        customer.choose_source(Source.of(customer, given["default_source"], param="default_source").id)
    customer.update(_own(given))
    return _with_discount(customer, given)


@operation(
    blueprint, Operation("DELETE", "/v1/customers/{id}", DELETE, "customer", "delete", "Delete a customer")
)
def delete(_: dict[str, Any], id: str) -> dict[str, Any]:
    return Customer.living(id, param="id").delete()


@operation(blueprint, Operation("GET", "/v1/customers", LIST, "list:customer", "list", "List customers"))
def index(given: dict[str, Any]) -> lists.Page:
    query = Customer.mine().where(Customer.deleted.is_(False))
    if "email" in given:
        # The first condition has an index. In the second one no column stands alone, since SQLite would put
        # its value into the first one, too, and then know no index for it.
        alike = func.lower(Customer.email) == func.lower(given["email"])
        query = query.where(alike, Customer.email.concat("") == given["email"])
    return lists.page(Customer, "/v1/customers", given, query)


@operation(
    blueprint, Operation("GET", "/v1/customers/search", SEARCH, "list:customer", "search", "Search customers")
)
def search(given: dict[str, Any]) -> searches.Found:
    return searches.search(
        Customer,
        "/v1/customers/search",
        given,
        SEARCHABLE,
        Customer.mine().where(Customer.deleted.is_(False)),
    )
