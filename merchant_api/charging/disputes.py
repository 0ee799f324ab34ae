"""/v1/disputes."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging import contest
from payments.charging.disputes import Dispute
from payments.charging.seek_disputes import seek_disputes

blueprint = Blueprint("disputes", __name__)

# The texts; the other fields are ids of uploaded files, which Florin does not take yet.
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
# The statements; names, addresses and numbers are as short as any other text.
STATEMENTS = (
    "access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "duplicate_charge_explanation", "product_description", "refund_policy_disclosure",
    "refund_refusal_explanation", "uncategorized_text",
)  # fmt: skip
STATEMENT_CHARS = 20_000
RETRIEVE = params.build(stripe.params.DisputeRetrieveParams, only={"expand"})
UPDATE = params.build(
    stripe.params.DisputeModifyParams,
    only={"metadata", "submit", "expand", *(f"evidence.{name}" for name in EVIDENCE)},
    max_chars={f"evidence.{name}": STATEMENT_CHARS for name in STATEMENTS},
)
CLOSE = params.build(stripe.params.DisputeCloseParams, only={"expand"})
LIST = params.build(
    stripe.params.DisputeListParams,
    only={"limit", "starting_after", "ending_before", "created", "charge", "payment_intent", "expand"},
)
ROOT = "/v1/disputes"


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, "dispute", "retrieve", "Retrieve a dispute")
)
def retrieve(_: dict[str, Any], id: str) -> Dispute:
    return Dispute.find(id, param="dispute")


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, "dispute", "update", "Update a dispute"))
def update(given: dict[str, Any], id: str) -> Dispute:
    found = Dispute.find(id, param="dispute")
    contest.update(found, given)
    return found


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}/close", CLOSE, "dispute", "close", "Close a dispute"))
def close(_: dict[str, Any], id: str) -> Dispute:
    found = Dispute.find(id, param="dispute")
    contest.close(found)
    return found


@operation(blueprint, Operation("GET", ROOT, LIST, "list:dispute", "list", "List disputes", records=True))
def index(given: dict[str, Any]) -> lists.Page:
    seek_disputes(charge_id=given.get("charge"), intent_id=given.get("payment_intent"))
    filters = {"charge": Dispute.charge_id, "payment_intent": Dispute.payment_intent_id}
    query = lists.narrowed(Dispute, given, filters)
    return lists.page(Dispute, ROOT, given, query)
