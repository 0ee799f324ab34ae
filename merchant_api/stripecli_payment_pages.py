"""/v1/payment_pages: the path, in no reference, by which `stripe trigger` pays a session like a customer."""

from typing import Any, NotRequired

from flask import Blueprint
from typing_extensions import TypedDict

from kit import params
from merchant_api.crud import operation
from merchant_api.declined import declined_error
from merchant_api.methods_given import MethodData, method_of
from merchant_api.operations import Operation
from payments import bank, transactions
from payments.errors import InvalidRequest
from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.pay import pay
from payments.merchants import authenticate
from payments.scope import caller

blueprint = Blueprint("stripecli_payment_pages", __name__)

NOUN = "checkout.session"


class Retrieve(TypedDict):
    """A key as browsers send it; it has to be this account's."""

    key: NotRequired[str]
    expand: NotRequired[list[str]]


class Confirm(TypedDict):
    """`expected_amount` is what the customer was shown: another one is paid by nobody."""

    key: NotRequired[str]
    payment_method: NotRequired[str]
    payment_method_data: NotRequired[MethodData]
    expected_amount: NotRequired[int]
    expand: NotRequired[list[str]]


RETRIEVE, CONFIRM = params.build(Retrieve), params.build(Confirm)


@operation(
    blueprint, Operation("GET", "/v1/payment_pages/{id}", RETRIEVE, NOUN, "retrieve", "Look at a page")
)
def retrieve(given: dict[str, Any], id: str) -> CheckoutSession:
    _check_key(given)
    return CheckoutSession.find(id)


@operation(
    blueprint, Operation("POST", "/v1/payment_pages/{id}/confirm", CONFIRM, NOUN, "confirm", "Pay on a page")
)
def confirm(given: dict[str, Any], id: str) -> CheckoutSession:
    _check_key(given)
    session = CheckoutSession.find(id)
    _check_amount(session, given.get("expected_amount"))
    method = method_of(given, keep=bool(session.intent_data.get("setup_future_usage")))
    if method is None:
        message = "Missing required param: payment_method."
        raise InvalidRequest(message, code="parameter_missing", param="payment_method")
    answer = pay(session, method.means, _billing(session, method.method.billing_details), method.method)
    if isinstance(answer, bank.Declined):
        raise declined_error(transactions.intent_of(session))
    return session


def _check_key(given: dict[str, Any]) -> None:
    if "key" in given:
        key, who = authenticate(given["key"]), caller()
        if (key.account_id, key.livemode) != (who.account_id, who.livemode):
            raise InvalidRequest("This key is another account's, or of the other mode.", param="key")


def _check_amount(session: CheckoutSession, expected: int | None) -> None:
    if expected is not None and expected != session.amount_total:
        raise InvalidRequest(
            f"The expected amount, {expected}, is not the amount of this Checkout Session, "
            f"{session.amount_total}.",
            code="checkout_amount_mismatch",
            param="expected_amount",
        )


def _billing(session: CheckoutSession, details: dict[str, Any]) -> Billing:
    address = details.get("address") or {}
    email = details.get("email") or session.details.get("customer_email")
    if not email:
        raise InvalidRequest(
            "The payment method needs an email in its billing_details, or the session a customer_email.",
            code="parameter_missing",
            param="payment_method",
        )
    return Billing(
        email, details.get("name") or None, address.get("country") or None, address.get("postal_code") or None
    )
