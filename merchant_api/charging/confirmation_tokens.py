"""/v1/confirmation_tokens; a test makes them without a page of its own, with a test helper."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api.crud import operation
from merchant_api.methods_given import MethodData, method_of
from merchant_api.operations import Operation
from payments.charging.confirmation_tokens import ConfirmationToken
from payments.errors import InvalidRequest
from payments.hosted.bring_about import TEST_MODE_ONLY
from payments.scope import caller

blueprint = Blueprint("confirmation_tokens", __name__)

CREATE = params.build(
    stripe.params.test_helpers.ConfirmationTokenCreateParams,
    only={"expand", "payment_method", "return_url", "setup_future_usage", "shipping"},
    extra={"payment_method_data": MethodData},
)
RETRIEVE = params.build(stripe.params.ConfirmationTokenRetrieveParams, only={"expand"})
NOUN = "confirmation_token"


@operation(
    blueprint,
    Operation(
        "POST",
        "/v1/test_helpers/confirmation_tokens",
        CREATE,
        NOUN,
        "create",
        "Create a confirmation token in test mode",
    ),
)
def create(given: dict[str, Any]) -> ConfirmationToken:
    if caller().livemode:
        raise InvalidRequest(TEST_MODE_ONLY)
    method = method_of(given, keep=True)
    if method is None:
        raise InvalidRequest(
            "You must specify either `payment_method` or `payment_method_data`.",
            code="parameter_missing",
            param="payment_method",
        )
    return ConfirmationToken.create(method.method, given)


@operation(
    blueprint,
    Operation(
        "GET", "/v1/confirmation_tokens/{id}", RETRIEVE, NOUN, "retrieve", "Retrieve a confirmation token"
    ),
)
def retrieve(_: dict[str, Any], id: str) -> ConfirmationToken:
    return ConfirmationToken.find(id)
