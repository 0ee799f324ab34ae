"""/v1/payment_links."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.errors import InvalidRequest
from payments.hosted.collection_rules import QUESTIONS
from payments.hosted.payment_links import PaymentLink

blueprint = Blueprint("payment_links", __name__)

INTENT_DATA = (
    "capture_method", "description", "metadata", "setup_future_usage", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip
PRICE_DATA = (
    "currency", "product", "product_data.name", "product_data.description", "product_data.images",
    "product_data.metadata", "tax_behavior", "unit_amount", "unit_amount_decimal", "recurring",
)  # fmt: skip
SHARED = {
    "after_completion.type", "after_completion.hosted_confirmation.custom_message",
    "after_completion.redirect.url", *QUESTIONS, "allow_promotion_codes",
    "customer_creation", "expand", "inactive_message", "metadata", "submit_type",
    "optional_items", "restrictions.completed_sessions.limit", "shipping_options",
}  # fmt: skip
CREATE = params.build(
    stripe.params.PaymentLinkCreateParams,
    only=SHARED
    | {"currency", "line_items.price", "line_items.quantity", "line_items.adjustable_quantity"}
    | {f"line_items.price_data.{name}" for name in PRICE_DATA}
    | {f"payment_intent_data.{name}" for name in INTENT_DATA},
)
UPDATE = params.build(
    stripe.params.PaymentLinkModifyParams,
    only=SHARED | {"active", "line_items.id", "line_items.quantity", "line_items.adjustable_quantity"},
)
RETRIEVE = params.build(stripe.params.PaymentLinkRetrieveParams, only={"expand"})
PAGING = {"limit", "starting_after", "ending_before", "expand"}
LIST = params.build(stripe.params.PaymentLinkListParams, only=PAGING | {"active"})
LINE_ITEMS = params.build(stripe.params.PaymentLinkListLineItemsParams, only=PAGING)
ROOT = "/v1/payment_links"
NOUN = "payment_link"


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Create a payment link"))
def create(given: dict[str, Any]) -> PaymentLink:
    return PaymentLink.create(given)


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a payment link")
)
def retrieve(_: dict[str, Any], id: str) -> PaymentLink:
    return PaymentLink.find(id)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a payment link"))
def update(given: dict[str, Any], id: str) -> PaymentLink:
    link = PaymentLink.find(id)
    link.update(given)
    return link


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List payment links"))
def index(given: dict[str, Any]) -> lists.Page:
    return lists.page(
        PaymentLink, ROOT, given, lists.narrowed(PaymentLink, given, {"active": PaymentLink.active})
    )


@operation(
    blueprint,
    Operation(
        "GET", f"{ROOT}/{{id}}/line_items", LINE_ITEMS, "list:item", "list", "List a link's line items"
    ),
)
def line_items(given: dict[str, Any], id: str) -> dict[str, Any]:
    """Return a page of the lines; there are so few that they stand in the link itself."""
    items = PaymentLink.find(id).items()
    limit = lists.limit_of(given)
    places = {item["id"]: place for place, item in enumerate(items)}
    for name in ("starting_after", "ending_before"):
        if name in given and given[name] not in places:
            raise InvalidRequest(f"No such line item: '{given[name]}'", code="resource_missing", param=name)
    first = places[given["starting_after"]] + 1 if "starting_after" in given else 0
    last = len(items)
    if "ending_before" in given:
        last = places[given["ending_before"]]
        first = max(first, last - limit)
    shown = items[first:last][:limit]
    has_more = first > 0 if "ending_before" in given else first + len(shown) < last
    return {"object": "list", "data": shown, "has_more": has_more, "url": f"{ROOT}/{id}/line_items"}
