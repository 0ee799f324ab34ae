"""/v1/setup_intents."""

import hmac
from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists, tried
from merchant_api.confirmation_given import use_token, with_token
from merchant_api.crud import operation
from merchant_api.declined import declined_error
from merchant_api.methods_given import TYPES, Given, MethodData, method_of
from merchant_api.operations import Operation
from payments import audit, bank
from payments.charging.return_urls import check_return_url
from payments.charging.set_up import choose_method, set_up
from payments.charging.setup_intents import PLAIN, SetupIntent
from payments.charging.withdraw_setup import cancel_setup, withdraw_setup
from payments.errors import InvalidRequest, NotFound, PermissionDenied
from payments.scope import caller

blueprint = Blueprint("setup_intents", __name__)

METHODS_GIVEN = {"payment_method", "payment_method_data"}
METHOD_DATA = {"payment_method_data": MethodData} | TYPES
OPTIONS = "payment_method_options.card.request_three_d_secure"
WRITABLE = {
    *PLAIN, "allowed_payment_method_types", "customer", "expand", "metadata", "payment_method", OPTIONS,
}  # fmt: skip
MAX_CHARS = {"description": 1_000}
CREATE = params.build(
    stripe.params.SetupIntentCreateParams,
    only=WRITABLE
    | {"automatic_payment_methods", "confirm", "confirmation_token", "mandate_data.customer_acceptance",
       "return_url", "usage", "use_stripe_sdk"},
    extra=METHOD_DATA,
    max_chars=MAX_CHARS,
)  # fmt: skip
UPDATE = params.build(
    stripe.params.SetupIntentModifyParams, only=WRITABLE, extra=METHOD_DATA, max_chars=MAX_CHARS
)
CONFIRM = params.build(
    stripe.params.SetupIntentConfirmParams,
    only={"confirmation_token", "expand", "mandate_data.customer_acceptance", "payment_method", OPTIONS,
          "return_url", "use_stripe_sdk"},
    extra={"payment_method_data": MethodData, "client_secret": str},
)  # fmt: skip
RETRIEVE = params.build(stripe.params.SetupIntentRetrieveParams, only={"client_secret", "expand"})
CANCEL = params.build(stripe.params.SetupIntentCancelParams, only={"cancellation_reason", "expand"})
LIST = params.build(
    stripe.params.SetupIntentListParams,
    only={"limit", "starting_after", "ending_before", "created", "customer", "payment_method", "expand"},
)
ROOT = "/v1/setup_intents"
NOUN = "setup_intent"


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Create a setup intent"))
def create(given: dict[str, Any]) -> SetupIntent:
    for name in ("return_url", "confirmation_token", "mandate_data"):
        if given.get(name) and not given.get("confirm"):
            raise InvalidRequest(f"`{name}` can only be used with `confirm=true`.", param=name)
    given = with_token(given)
    intent = SetupIntent.create(given)
    method = method_of(given, keep=True)
    if given.get("confirm"):
        return _confirmed(intent, method, given)
    if method is not None:
        choose_method(intent, method.method)
    return intent


@operation(
    blueprint,
    Operation(
        "GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a setup intent", publishable=True
    ),
)
def retrieve(given: dict[str, Any], id: str) -> SetupIntent:
    return _found(id, given)


@operation(blueprint, Operation("POST", f"{ROOT}/{{id}}", UPDATE, NOUN, "update", "Update a setup intent"))
def update(given: dict[str, Any], id: str) -> SetupIntent:
    intent = SetupIntent.find(id)
    method = method_of(given, keep=True)
    intent.update({name: value for name, value in given.items() if name not in METHODS_GIVEN})
    if method is not None:
        intent.require_no_session("updated")
        choose_method(intent, method.method)
    return intent


@operation(
    blueprint,
    Operation(
        "POST", f"{ROOT}/{{id}}/confirm", CONFIRM, NOUN, "confirm", "Confirm a setup intent", publishable=True
    ),
)
def confirm(given: dict[str, Any], id: str) -> SetupIntent:
    intent = _found(id, given)
    intent.require_no_session("confirmed")
    intent.require_confirmable()
    asked = with_token(given)
    return tried.within_limits(id, asked, lambda: _tried(intent, asked))


def _tried(intent: SetupIntent, given: dict[str, Any]) -> SetupIntent:
    withdraw_setup(intent, "confirmed")  # before anything is changed
    if "payment_method_options" in given:
        intent.update({"payment_method_options": given["payment_method_options"]})
    return _confirmed(intent, method_of(given, keep=True), given)


@operation(
    blueprint, Operation("POST", f"{ROOT}/{{id}}/cancel", CANCEL, NOUN, "cancel", "Cancel a setup intent")
)
def cancel(given: dict[str, Any], id: str) -> SetupIntent:
    intent = SetupIntent.find(id)
    intent.require_no_session("canceled")
    cancel_setup(intent, given.get("cancellation_reason"))
    return intent


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List setup intents"))
def index(given: dict[str, Any]) -> lists.Page:
    filters = {"customer": SetupIntent.customer_id, "payment_method": SetupIntent.payment_method_id}
    return lists.page(SetupIntent, ROOT, given, lists.narrowed(SetupIntent, given, filters))


def _found(intent_id: str, given: dict[str, Any]) -> SetupIntent:
    """Return the intent; a browser with a publishable key must know its client secret."""
    secret = given.get("client_secret")
    if caller().publishable and secret is None:
        message = "Missing required param: client_secret."
        raise InvalidRequest(message, code="parameter_missing", param="client_secret")
    if caller().publishable and "expand" in given:
        raise PermissionDenied(
            "The parameter `expand` cannot be used with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
            param="expand",
        )
    intent = SetupIntent.find(intent_id)
    if secret is not None and not hmac.compare_digest(secret.encode(), intent.client_secret.encode()):
        raise NotFound(NOUN, intent_id, param="client_secret")
    return intent


def _confirmed(intent: SetupIntent, given_method: Given | None, given: dict[str, Any]) -> SetupIntent:
    """Confirm with the method given now or chosen before; a decline is told as Stripe's card error."""
    if given_method is None:
        intent.require_unlocked()
        if intent.payment_method_id is None:
            raise InvalidRequest(
                "You cannot confirm this SetupIntent because it's missing a payment method. You can either "
                "update the SetupIntent with a payment method and then confirm it again, or confirm it again "
                "directly with a payment method.",
                code="setup_intent_unexpected_state",
                extra={"setup_intent": intent.as_stripe()},
            )
        given_method = Given.stored(intent.payment_method_id)
    if given.get("return_url"):
        check_return_url(given["return_url"])
    if given.get("mandate_data"):
        accepted = given["mandate_data"]["customer_acceptance"]
        audit.record("setup_intent.mandate_accepted", intent.id, **accepted)
    use_token(given, intent)
    intent.check_accepted(given_method.method)
    answer = set_up(intent, given_method.method, given_method.card, return_url=given.get("return_url"))
    if isinstance(answer, bank.Declined):
        raise declined_error(intent)
    return intent
