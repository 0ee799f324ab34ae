"""/v1/checkout/sessions."""

from typing import Any, Literal, cast

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.methods_given import TYPES
from merchant_api.operations import Operation
from payments.hosted.checkout_sessions import ECHOED, CheckoutSession
from payments.hosted.expire import expire as expire_session
from payments.hosted.line_items import LineItem
from payments.hosted.link_parameters import LOCALES
from payments.hosted.opening_rules import SETUP
from payments.hosted.setup_sessions import open_setup
from payments.scope import caller

blueprint = Blueprint("checkout_sessions", __name__)

INTENT_DATA = (
    "capture_method", "description", "metadata", "receipt_email", "setup_future_usage", "shipping",
    "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip
LOCALE: Any = cast("Any", Literal)[LOCALES]
PRICE_DATA = (
    "currency", "product", "product_data.name", "product_data.description", "product_data.images",
    "product_data.metadata", "tax_behavior", "unit_amount", "unit_amount_decimal", "recurring",
)  # fmt: skip
CREATE = params.build(
    stripe.params.checkout.SessionCreateParams,
    only={
        *ECHOED, "after_expiration", "cancel_url", "currency", "customer", "expires_at", "expand",
        "metadata", "mode", "setup_intent_data.description", "setup_intent_data.metadata",
        "allowed_payment_method_types", "redirect_on_completion", "return_url", "success_url", "ui_mode",
        "line_items.price", "line_items.quantity",
        "line_items.adjustable_quantity",
        "line_items.metadata", "line_items.tax_rates", "discounts", "shipping_options",
        "payment_method_options.card.request_three_d_secure",
        *(f"line_items.price_data.{name}" for name in PRICE_DATA),
        *(f"payment_intent_data.{name}" for name in INTENT_DATA),
    },
    extra=TYPES | {"locale": LOCALE},
    max_chars={
        "client_reference_id": 200,
        "line_items.price_data.product_data.description": 40_000,
        "payment_intent_data.description": 1_000,
        "setup_intent_data.description": 1_000,
    },
)  # fmt: skip
RETRIEVE = params.build(stripe.params.checkout.SessionRetrieveParams, only={"expand"})
UPDATE = params.build(stripe.params.checkout.SessionModifyParams, only={"metadata", "expand"})
EXPIRE = params.build(stripe.params.checkout.SessionExpireParams, only={"expand"})
PAGING = {"limit", "starting_after", "ending_before", "expand"}
LIST = params.build(
    stripe.params.checkout.SessionListParams,
    only=PAGING | {"created", "customer", "payment_intent", "payment_link", "status"},
)
LINE_ITEMS = params.build(stripe.params.checkout.SessionListLineItemsParams, only=PAGING)
ROOT = "/v1/checkout/sessions"
NOUN = "checkout.session"


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Create a checkout session"))
def create(given: dict[str, Any]) -> CheckoutSession:
    given.setdefault("mode", "payment")
    open_session = open_setup if given["mode"] == SETUP else CheckoutSession.open
    return open_session(given, livemode=caller().livemode)


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a checkout session")
)
def retrieve(_: dict[str, Any], id: str) -> CheckoutSession:
    return CheckoutSession.find(id)


@operation(
    blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a checkout session")
)
def update(given: dict[str, Any], id: str) -> CheckoutSession:
    session = CheckoutSession.find(id)
    session.update(given)
    return session


@operation(
    blueprint, Operation("POST", f"{ROOT}/{{id}}/expire", EXPIRE, NOUN, "expire", "Expire a checkout session")
)
def expire(_: dict[str, Any], id: str) -> CheckoutSession:
    session = CheckoutSession.find(id)
    expire_session(session)
    return session


@operation(
    blueprint,
    Operation(
        "GET", f"{ROOT}/{{id}}/line_items", LINE_ITEMS, "list:item", "list", "List a session's line items"
    ),
)
def line_items(given: dict[str, Any], id: str) -> lists.Page:
    query = LineItem.mine().where(LineItem.session_id == CheckoutSession.find(id).id, LineItem.quantity > 0)
    return lists.page(LineItem, f"{ROOT}/{id}/line_items", given, query, newest_first=False)


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List checkout sessions"))
def index(given: dict[str, Any]) -> lists.Page:
    row = CheckoutSession
    filters = {
        "customer": row.customer_id,
        "payment_intent": row.payment_intent_id,
        "payment_link": row.payment_link_id,
        "status": row.status,
    }
    query = lists.narrowed(row, given, filters)
    return lists.page(CheckoutSession, ROOT, given, query)
