"""/v1/setup_attempts."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging.setup_attempts import SetupAttempt
from payments.charging.setup_intents import SetupIntent

blueprint = Blueprint("setup_attempts", __name__)

LIST = params.build(
    stripe.params.SetupAttemptListParams,
    only={"limit", "starting_after", "ending_before", "created", "setup_intent", "expand"},
)
ROOT = "/v1/setup_attempts"


@operation(blueprint, Operation("GET", ROOT, LIST, "list:setup_attempt", "list", "List setup attempts"))
def index(given: dict[str, Any]) -> lists.Page:
    intent = SetupIntent.find(given["setup_intent"], param="setup_intent")
    query = SetupAttempt.mine().where(SetupAttempt.setup_intent_id == intent.id)
    return lists.page(SetupAttempt, ROOT, given, query)
