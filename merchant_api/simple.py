"""The plain JSON endpoints under /payment: initiate, confirm, status, and the audit trail.

They keep the rules of /v1: the same keys, idempotency, errors and verbs, in one flat vocabulary.
"""

from typing import Any, Literal, NotRequired, Required

from flask import Blueprint
from stripe.params import PaymentMethodCreateParamsBillingDetails, PaymentMethodCreateParamsCard
from typing_extensions import TypedDict

from kit import params
from merchant_api.crud import operation
from merchant_api.declined import declined_error
from merchant_api.methods_given import Given, method_of
from merchant_api.operations import Operation
from payments import bank, transactions
from payments.audit import AuditRow, rows_of_caller
from payments.charging import amounts
from payments.charging.billing import billing_details
from payments.charging.confirm import Presence
from payments.charging.confirm import confirm as confirm_intent
from payments.charging.payment_intents import PaymentIntent
from payments.charging.return_urls import check_return_url
from payments.errors import InvalidRequest
from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.collected import Answers
from payments.hosted.pay import pay
from payments.scope import caller

blueprint = Blueprint("simple", __name__)
NOUN = "transaction"
DEFAULT_NAME = "Payment"


class Initiate(TypedDict):
    """With `success_url` the answer has a page to send the customer to; without, confirm it by API."""

    amount: Required[int]
    currency: Required[str]
    description: NotRequired[str]
    customer_email: NotRequired[str]
    success_url: NotRequired[str]
    cancel_url: NotRequired[str]
    client_reference_id: NotRequired[str]
    capture_method: NotRequired[Literal["automatic", "manual"]]
    metadata: NotRequired[dict[str, str]]


class Confirm(TypedDict):
    """A test token or method id, or a card's own data for direct processing.

    Where the answer has a `redirect_url`, the customer must go there; they come back to `return_url`.
    """

    transaction_id: Required[str]
    payment_method: NotRequired[str]
    card: NotRequired[PaymentMethodCreateParamsCard]
    billing_details: NotRequired[PaymentMethodCreateParamsBillingDetails]
    return_url: NotRequired[str]


class NoParameters(TypedDict):
    """None at all."""


class AuditQuery(TypedDict):
    """Rows about one object, older than a row."""

    object: NotRequired[str]
    before: NotRequired[int]
    limit: NotRequired[int]


INITIATE = params.build(Initiate, max_chars={"client_reference_id": 200, "description": 1_000})
CONFIRM = params.build(Confirm)
STATUS, AUDIT = params.build(NoParameters), params.build(AuditQuery)


@operation(
    blueprint,
    Operation("POST", "/payment/initiate", INITIATE, NOUN, "create", "Begin a payment", body="json"),
)
def initiate(given: dict[str, Any]) -> dict[str, Any]:
    if "success_url" not in given:
        for name in ("cancel_url", "client_reference_id", "customer_email"):
            if name in given:
                raise InvalidRequest(
                    f"`{name}` needs `success_url`.", code="parameter_missing", param="success_url"
                )
        return transactions.describe(PaymentIntent.create(given))
    # Before it becomes a line of an order, whose parameters nobody has sent here.
    amounts.check_charge(given["amount"], amounts.known_currency(given["currency"]))
    return transactions.describe(CheckoutSession.open(_session_of(given), livemode=caller().livemode))


@operation(
    blueprint,
    Operation("POST", "/payment/confirm", CONFIRM, NOUN, "confirm", "Pay with a card or token", body="json"),
)
def confirm(given: dict[str, Any]) -> dict[str, Any]:
    noun = transactions.find(given["transaction_id"], param="transaction_id")
    if not isinstance(noun, PaymentIntent | CheckoutSession):
        raise InvalidRequest("Only a payment or a checkout session can be confirmed.", param="transaction_id")
    if isinstance(noun, PaymentIntent):
        noun.require_no_session("confirmed")
        noun.require_confirmable()  # before the card: one that has paid can't be used again
    if isinstance(noun, CheckoutSession):
        billing = _billing(noun, given)
        method = _method(given, keep=bool(noun.intent_data.get("setup_future_usage")))
        answer = pay(noun, method.means, billing, method.method)
    else:
        method = _method(given, keep=bool(noun.details.get("setup_future_usage")))
        presence = Presence(return_url=_return_url(given))
        answer = confirm_intent(noun, method.method, method.means, presence=presence)
    if isinstance(answer, bank.Declined):
        raise declined_error(transactions.intent_of(noun))
    return transactions.describe(noun)


@operation(
    blueprint,
    Operation(
        "GET", "/payment/status/{transaction_id}", STATUS, NOUN, "retrieve", "How a transaction stands"
    ),
)
def status(_: dict[str, Any], transaction_id: str) -> dict[str, Any]:
    return transactions.describe(transactions.find(transaction_id, param="transaction_id"))


@operation(blueprint, Operation("GET", "/payment/audit", AUDIT, "audit_row", "list", "Read the audit trail"))
def audit_trail(given: dict[str, Any]) -> dict[str, Any]:
    limit = given.get("limit", 50)
    if not 1 <= limit <= 100:
        message = "This value must be between 1 and 100."
        raise InvalidRequest(message, code="parameter_invalid_integer", param="limit")
    rows: list[AuditRow] = rows_of_caller(given.get("object"), given.get("before"), limit + 1)
    return {
        "object": "list",
        "data": [row.as_json() for row in rows[:limit]],
        "has_more": len(rows) > limit,
        "url": "/payment/audit",
    }


def _session_of(given: dict[str, Any]) -> dict[str, Any]:
    kept = ("success_url", "cancel_url", "client_reference_id", "customer_email", "metadata")
    name = given.get("description") or DEFAULT_NAME
    price = {"currency": given["currency"], "unit_amount": given["amount"], "product_data": {"name": name}}
    intent = {name: given[name] for name in ("capture_method", "description") if name in given}
    return {
        **{name: given[name] for name in kept if name in given},
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": intent,
    }


def _return_url(given: dict[str, Any]) -> str | None:
    if given.get("return_url"):
        check_return_url(given["return_url"])
    return given.get("return_url") or None


def _method(given: dict[str, Any], *, keep: bool) -> Given:
    data: dict[str, Any] = {}
    if {"payment_method", "card"} <= given.keys():
        message = "You may only specify one of these parameters: payment_method, card."
        raise InvalidRequest(message, param="payment_method")
    if "payment_method" in given:
        data["payment_method"] = given["payment_method"]
    if "card" in given:
        billing = given.get("billing_details") or {}
        data["payment_method_data"] = {"type": "card", "card": given["card"], "billing_details": billing}
    method = method_of(data, keep=keep, within="")
    if method is None:
        message = "Missing required param: payment_method or card."
        raise InvalidRequest(message, code="parameter_missing", param="payment_method")
    return method


def _billing(session: CheckoutSession, given: dict[str, Any]) -> Billing:
    details = billing_details(given.get("billing_details") or {})
    email = details["email"] or session.details.get("customer_email")
    if not email:
        message = "Missing required param: billing_details[email]."
        raise InvalidRequest(message, code="parameter_missing", param="billing_details[email]")
    answers = Answers(phone=details["phone"])
    return Billing(email, details["name"], answers=answers, **details["address"])
