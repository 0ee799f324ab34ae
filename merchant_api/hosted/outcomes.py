"""/v1/test_helpers/checkout/sessions: a test has a session come to an outcome, as Stripe has no way to."""

from typing import Any, Literal, NotRequired, Required, cast

from flask import Blueprint
from typing_extensions import TypedDict

from kit import params
from merchant_api.crud import operation
from merchant_api.methods_given import TYPE
from merchant_api.operations import Operation
from payments.charging.methods import known_types
from payments.emails import check_email
from payments.errors import InvalidRequest
from payments.hosted.bring_about import NOT_HAD, TEST_MODE_ONLY, bring_about
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.outcomes import BY_NAME
from payments.recordings import recorded
from payments.scope import caller

blueprint = Blueprint("outcomes", __name__)

NAMES: Any = cast("Any", Literal)[*BY_NAME]
LONGEST_NAME = 150


class CustomerDetails(TypedDict):
    """Who pays, in place of a made-up customer."""

    email: NotRequired[str]
    name: NotRequired[str]


class Complete(TypedDict):
    """The outcome, and by which of the session's methods: the first that fits, where none is named."""

    outcome: Required[NAMES]
    payment_method_type: NotRequired[TYPE]
    customer_details: NotRequired[CustomerDetails]
    expand: NotRequired[list[str]]


COMPLETE = params.build(Complete, refusal_codes={"outcome": NOT_HAD})


@operation(
    blueprint,
    Operation(
        "POST",
        "/v1/test_helpers/checkout/sessions/{id}/complete",
        COMPLETE,
        "checkout.session",
        "complete",
        "Have a test's customer bring a session to an outcome",
    ),
)
def complete(given: dict[str, Any], id: str) -> CheckoutSession:
    if caller().livemode:
        raise InvalidRequest(TEST_MODE_ONLY)
    details = given.get("customer_details") or {}
    if "email" in details:
        check_email(details["email"], "customer_details[email]")
    if len(details.get("name", "")) > LONGEST_NAME:
        raise InvalidRequest(f"A name has at most {LONGEST_NAME} characters.", param="customer_details[name]")
    # After a lost race it goes on from what it has asked the bank, which is not asked twice.
    return recorded(lambda: _completed(given, id))


def _completed(given: dict[str, Any], session_id: str) -> CheckoutSession:
    session, details = CheckoutSession.find(session_id), given.get("customer_details") or {}
    wanted = given.get("payment_method_type")
    bring_about(
        session,
        BY_NAME[given["outcome"]],
        method_type=known_types([wanted])[0] if wanted else None,
        email=details.get("email"),
        name=details.get("name"),
    )
    return session
