"""/v1/payment_intents."""

import hmac
from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists, searches, tried
from merchant_api.confirmation_given import use_token, with_token
from merchant_api.crud import operation
from merchant_api.declined import declined_error
from merchant_api.methods_given import TYPES, Given, MethodData, method_of
from merchant_api.operations import Operation
from payments import audit, bank
from payments.charging.cancel import cancel as cancel_intent
from payments.charging.capture import capture as capture_intent
from payments.charging.confirm import Presence, choose_method
from payments.charging.confirm import confirm as confirm_intent
from payments.charging.mandates import check_mandate
from payments.charging.payment_intents import PLAIN, PaymentIntent
from payments.charging.return_urls import check_return_url
from payments.charging.withdraw import withdraw
from payments.errors import InvalidRequest, NotFound, PermissionDenied
from payments.scope import caller
from payments.searching import Field

blueprint = Blueprint("payment_intents", __name__)

METHOD = {"payment_method"}
METHODS_GIVEN = {"payment_method", "payment_method_data"}
METHOD_DATA = {"payment_method_data": MethodData} | TYPES
CONFIRMING = METHOD | {
    "allowed_payment_method_types", "capture_method", "confirmation_token", "error_on_requires_action",
    "mandate", "mandate_data.customer_acceptance", "off_session", "receipt_email",
    "payment_method_options.card.request_three_d_secure", "return_url", "setup_future_usage", "shipping",
    "use_stripe_sdk", "expand",
}  # fmt: skip
WRITABLE = {
    *PLAIN,
    "amount",
    "currency",
    "customer",
    "metadata",
    "capture_method",
    "allowed_payment_method_types",
    "expand",
}
MAX_CHARS = {"description": 1_000}
CREATE = params.build(
    stripe.params.PaymentIntentCreateParams,
    only=WRITABLE | CONFIRMING | {"automatic_payment_methods", "confirm", "confirmation_method"},
    extra=METHOD_DATA,
    max_chars=MAX_CHARS,
)
UPDATE = params.build(
    stripe.params.PaymentIntentModifyParams,
    only=WRITABLE | METHOD | {"payment_method_options.card.request_three_d_secure"},
    extra=METHOD_DATA,
    max_chars=MAX_CHARS,
)
CONFIRM = params.build(
    stripe.params.PaymentIntentConfirmParams, only=CONFIRMING, extra=METHOD_DATA | {"client_secret": str}
)
RETRIEVE = params.build(stripe.params.PaymentIntentRetrieveParams, only={"client_secret", "expand"})
CAPTURE = params.build(
    stripe.params.PaymentIntentCaptureParams, only={"amount_to_capture", "metadata", "expand"}
)
CANCEL = params.build(stripe.params.PaymentIntentCancelParams, only={"cancellation_reason", "expand"})
LIST = params.build(
    stripe.params.PaymentIntentListParams,
    only={"limit", "starting_after", "ending_before", "created", "customer", "expand"},
)
# What lies behind these paths of expand[] belongs to the merchant, not to whoever holds a client secret.
SECRET_KEY_ONLY = frozenset(("capture_method", "error_on_requires_action", "expand", "off_session"))
CHANGED_BY_CONFIRMING = {
    "allowed_payment_method_types", "receipt_email", "setup_future_usage", "shipping", "capture_method",
    "payment_method_options",
}  # fmt: skip
# Nothing of them is kept, so without the confirmation they would be dropped silently.
ONLY_CONFIRMING = (
    "confirmation_token",
    "off_session",
    "error_on_requires_action",
    "return_url",
    "mandate",
    "mandate_data",
)
ROOT = "/v1/payment_intents"
SEARCH = params.build(stripe.params.PaymentIntentSearchParams, only=searches.PARAMETERS)
SEARCHABLE = {
    "amount": Field(PaymentIntent.amount, "number"),
    "created": Field(PaymentIntent.created, "number"),
    "currency": Field(PaymentIntent.currency),
    "customer": Field(PaymentIntent.customer_id, "id"),
    "status": Field(PaymentIntent.status),
}


@operation(blueprint, Operation("POST", ROOT, CREATE, "payment_intent", "create", "Create a payment intent"))
def create(given: dict[str, Any]) -> PaymentIntent:
    if not given.get("confirm") and (early := [name for name in ONLY_CONFIRMING if name in given]):
        name = early[0]
        raise InvalidRequest(f"`{name}` can only be used with `confirm=true`.", param=name)
    given = with_token(given)
    intent = PaymentIntent.create(given)
    method = method_of(given, keep=not given.get("confirm"))
    if given.get("confirm"):
        return _confirmed(intent, method, given)
    if method is not None:
        choose_method(intent, method.method)
    return intent


@operation(
    blueprint,
    Operation(
        "GET",
        f"{ROOT}/{{id}}",
        RETRIEVE,
        "payment_intent",
        "retrieve",
        "Retrieve a payment intent",
        publishable=True,
    ),
)
def retrieve(given: dict[str, Any], id: str) -> PaymentIntent:
    return _found(id, given)


@operation(
    blueprint,
    Operation("POST", f"{ROOT}/{{id}}", UPDATE, "payment_intent", "update", "Update a payment intent"),
)
def update(given: dict[str, Any], id: str) -> PaymentIntent:
    intent = PaymentIntent.find(id)
    method = method_of(given, keep=True)
    intent.update({name: value for name, value in given.items() if name not in METHODS_GIVEN})
    if method is not None:
        intent.require_no_session("updated")
        choose_method(intent, method.method)
    return intent


@operation(
    blueprint,
    Operation(
        "POST",
        f"{ROOT}/{{id}}/confirm",
        CONFIRM,
        "payment_intent",
        "confirm",
        "Confirm a payment intent",
        publishable=True,
    ),
)
def confirm(given: dict[str, Any], id: str) -> PaymentIntent:
    intent = _found(id, given)
    intent.require_no_session("confirmed")
    intent.require_confirmable()  # before the card: one that has paid can't be used again
    if caller().publishable and intent.confirmation_method == "manual":
        raise InvalidRequest(
            f"This PaymentIntent {intent.id} cannot be confirmed using your publishable key because its "
            "`confirmation_method` is set to `manual`. Please use your secret key instead, or create a "
            "PaymentIntent with `confirmation_method` set to `automatic`."
        )
    asked = with_token(given)
    return tried.within_limits(id, asked, lambda: _tried(intent, asked))


def _tried(intent: PaymentIntent, given: dict[str, Any]) -> PaymentIntent:
    withdraw(intent, "confirmed")  # before anything is changed
    changes = CHANGED_BY_CONFIRMING & given.keys()
    if changes:
        intent.update({name: given[name] for name in changes})
    keep = bool(intent.details.get("setup_future_usage"))
    return _confirmed(intent, method_of(given, keep=keep), given)


@operation(
    blueprint,
    Operation(
        "POST", f"{ROOT}/{{id}}/capture", CAPTURE, "payment_intent", "capture", "Capture a payment intent"
    ),
)
def capture(given: dict[str, Any], id: str) -> PaymentIntent:
    intent = PaymentIntent.find(id)
    if "metadata" in given:
        intent.update({"metadata": given["metadata"]})
    capture_intent(intent, given.get("amount_to_capture"))
    return intent


@operation(
    blueprint,
    Operation("POST", f"{ROOT}/{{id}}/cancel", CANCEL, "payment_intent", "cancel", "Cancel a payment intent"),
)
def cancel(given: dict[str, Any], id: str) -> PaymentIntent:
    intent = PaymentIntent.find(id)
    intent.require_no_session("canceled")
    cancel_intent(intent, given.get("cancellation_reason"))
    return intent


@operation(blueprint, Operation("GET", ROOT, LIST, "list:payment_intent", "list", "List payment intents"))
def index(given: dict[str, Any]) -> lists.Page:
    filters = {"customer": PaymentIntent.customer_id}
    query = lists.narrowed(PaymentIntent, given, filters, PaymentIntent.shown())
    return lists.page(PaymentIntent, ROOT, given, query)


def _found(intent_id: str, given: dict[str, Any]) -> PaymentIntent:
    """Return the intent; a browser with a publishable key must know its client secret."""
    secret = given.get("client_secret")
    if caller().publishable:
        if secret is None:
            message = "Missing required param: client_secret."
            raise InvalidRequest(message, code="parameter_missing", param="client_secret")
        _check_browser(given)
    intent = PaymentIntent.find(intent_id)
    if secret is not None and not hmac.compare_digest(secret.encode(), intent.client_secret.encode()):
        raise NotFound("payment_intent", intent_id, param="client_secret")
    return intent


def _check_browser(given: dict[str, Any]) -> None:
    """Refuse what Stripe's reference marks `secret key only`: a browser is the customer's, not the shop's."""
    for name in sorted(SECRET_KEY_ONLY & given.keys()):
        raise PermissionDenied(
            f"The parameter `{name}` cannot be used with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
            param=name,
        )


def _confirmed(intent: PaymentIntent, given_method: Given | None, given: dict[str, Any]) -> PaymentIntent:
    """Confirm with the method given now or chosen before; a decline is told as Stripe's card error."""
    if given_method is None:
        intent.require_unlocked()
        if intent.payment_method_id is None:
            raise InvalidRequest(
                "You cannot confirm this PaymentIntent because it's missing a payment method. To confirm the "
                "PaymentIntent, specify a payment method attached to a customer along with the customer ID, "
                "or a payment method ID or payment method data.",
                code="payment_intent_unexpected_state",
                extra={"payment_intent": intent.as_stripe()},
            )
        given_method = Given.stored(intent.payment_method_id)
    if given.get("return_url"):
        check_return_url(given["return_url"])
    if given.get("mandate"):
        check_mandate(given["mandate"])
    accepted = (given.get("mandate_data") or {}).get("customer_acceptance")
    if accepted:
        audit.record("payment_intent.mandate_accepted", intent.id, **accepted)
    use_token(given, intent)
    presence = Presence(
        off_session=bool(given.get("off_session")),
        can_act=not given.get("error_on_requires_action"),
        return_url=given.get("return_url"),
        acceptance=accepted,
    )
    answer = confirm_intent(intent, given_method.method, given_method.means, presence=presence)
    if isinstance(answer, bank.Declined):
        raise declined_error(intent)
    return intent


@operation(
    blueprint,
    Operation(
        "GET", "/v1/payment_intents/search", SEARCH, "list:payment_intent", "search", "Search payment intents"
    ),
)
def search(given: dict[str, Any]) -> searches.Found:
    return searches.search(
        PaymentIntent, "/v1/payment_intents/search", given, SEARCHABLE, PaymentIntent.shown()
    )
