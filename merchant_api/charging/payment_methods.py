"""/v1/payment_methods, and a customer's own."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.methods_given import METHOD_HASHES, TYPE, Given
from merchant_api.operations import Operation
from payments.charging.attach import attach as attach_method
from payments.charging.payment_methods import PaymentMethod
from payments.customers import sources
from payments.customers.customers import Customer
from payments.errors import InvalidRequest, NotFound

blueprint = Blueprint("payment_methods", __name__)

CREATE = params.build(
    stripe.params.PaymentMethodCreateParams,
    only={
        "type", "card.*", "amazon_pay", "ideal", "klarna", "sepa_debit", "upi", "billing_details.*",
        "metadata", "allow_redisplay", "expand",
    },
    extra=METHOD_HASHES,
)  # fmt: skip
RETRIEVE = params.build(stripe.params.PaymentMethodRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.PaymentMethodModifyParams,
    only={"billing_details.*", "card.exp_month", "card.exp_year", "metadata", "allow_redisplay", "expand"},
)
ATTACH = params.build(stripe.params.PaymentMethodAttachParams, only={"customer", "expand"})
DETACH = params.build(stripe.params.PaymentMethodDetachParams, only={"expand"})
PAGING = {"limit", "starting_after", "ending_before", "type", "expand"}
LIST = params.build(stripe.params.PaymentMethodListParams, only=PAGING | {"customer"}, extra={"type": TYPE})
LIST_OF_CUSTOMER = params.build(
    stripe.params.CustomerListPaymentMethodsParams, only=PAGING, extra={"type": TYPE}
)
RETRIEVE_OF_CUSTOMER = params.build(stripe.params.CustomerRetrievePaymentMethodParams, only={"expand"})
ROOT = "/v1/payment_methods"


@operation(
    blueprint,
    Operation("POST", ROOT, CREATE, "payment_method", "create", "Create a payment method", publishable=True),
)
def create(given: dict[str, Any]) -> PaymentMethod:
    return PaymentMethod.create(given)[0]


@operation(
    blueprint,
    Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, "payment_method", "retrieve", "Retrieve a payment method"),
)
def retrieve(_: dict[str, Any], id: str) -> PaymentMethod:
    return _found(id)


@operation(
    blueprint,
    Operation("POST", f"{ROOT}/{{id}}", UPDATE, "payment_method", "update", "Update a payment method"),
)
def update(given: dict[str, Any], id: str) -> PaymentMethod:
    method = PaymentMethod.find(id, param="payment_method")
    method.update(given)
    return method


@operation(
    blueprint,
    Operation("POST", f"{ROOT}/{{id}}/attach", ATTACH, "payment_method", "attach", "Attach a payment method"),
)
def attach(given: dict[str, Any], id: str) -> PaymentMethod:
    if "customer" not in given:
        raise InvalidRequest("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = Customer.living(given["customer"])
    method = Given.stored(id)
    return attach_method(method.method, method.card, customer)


@operation(
    blueprint,
    Operation("POST", f"{ROOT}/{{id}}/detach", DETACH, "payment_method", "detach", "Detach a payment method"),
)
def detach(_: dict[str, Any], id: str) -> PaymentMethod:
    method = PaymentMethod.find(id, param="payment_method")
    sources.detach(method)
    return method


@operation(blueprint, Operation("GET", ROOT, LIST, "list:payment_method", "list", "List payment methods"))
def index(given: dict[str, Any]) -> lists.Page:
    return _page(ROOT, given, given.get("customer"))


@operation(
    blueprint,
    Operation(
        "GET",
        "/v1/customers/{id}/payment_methods",
        LIST_OF_CUSTOMER,
        "list:payment_method",
        "list",
        "List a customer's payment methods",
    ),
)
def index_of_customer(given: dict[str, Any], id: str) -> lists.Page:
    return _page(f"/v1/customers/{id}/payment_methods", given, Customer.living(id, param="id").id)


@operation(
    blueprint,
    Operation(
        "GET",
        "/v1/customers/{id}/payment_methods/{payment_method}",
        RETRIEVE_OF_CUSTOMER,
        "payment_method",
        "retrieve",
        "Retrieve a customer's payment method",
    ),
)
def retrieve_of_customer(_: dict[str, Any], id: str, payment_method: str) -> PaymentMethod:
    method = PaymentMethod.find(payment_method, param="payment_method")
    if method.customer_id != Customer.living(id, param="id").id:
        raise NotFound("PaymentMethod", payment_method, param="payment_method")
    return method


def _found(method_id: str) -> PaymentMethod:
    if method_id.startswith("pm_card_"):
        return Given.stored(method_id).method
    return PaymentMethod.find(method_id, param="payment_method")


def _page(url: str, given: dict[str, Any], customer_id: str | None) -> lists.Page:
    query = PaymentMethod.mine()
    if customer_id is not None:
        query = query.where(PaymentMethod.customer_id == customer_id)
    if "type" in given:
        query = query.where(PaymentMethod.type == given["type"])
    return lists.page(PaymentMethod, url, given, query)
