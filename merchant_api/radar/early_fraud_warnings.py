"""/v1/radar/early_fraud_warnings."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.radar.early_fraud_warnings import EarlyFraudWarning

blueprint = Blueprint("early_fraud_warnings", __name__)

RETRIEVE = params.build(stripe.params.radar.EarlyFraudWarningRetrieveParams, only={"expand"})
LIST = params.build(
    stripe.params.radar.EarlyFraudWarningListParams,
    only={"limit", "starting_after", "ending_before", "created", "charge", "payment_intent", "expand"},
)
ROOT = "/v1/radar/early_fraud_warnings"
NOUN = "radar.early_fraud_warning"


@operation(
    blueprint,
    Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve an early fraud warning"),
)
def retrieve(_: dict[str, Any], id: str) -> EarlyFraudWarning:
    return EarlyFraudWarning.find(id, param="early_fraud_warning")


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List early fraud warnings"))
def index(given: dict[str, Any]) -> lists.Page:
    row = EarlyFraudWarning
    filters = {"charge": row.charge_id, "payment_intent": row.payment_intent_id}
    return lists.page(row, ROOT, given, lists.narrowed(row, given, filters))
