"""Whatever the OpenAPI document allows, written as Stripe's clients write it, is taken by the validator."""

import json
from typing import Any

import pytest
import requests
import schemathesis
import stripe.params as sdk
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from stripe.params import checkout

from kit import forms, params
from merchant_api import openapi
from merchant_api.operations import Operation
from tests.support import bracket_forms

OPERATIONS = {
    operation.path: operation
    for operation in (
        Operation(
            "POST",
            "/v1/checkout/sessions",
            params.build(
                checkout.SessionCreateParams,
                only={"mode", "line_items", "metadata", "expires_at", "payment_intent_data", "expand"},
            ),
            "checkout.session",
            "create",
            "Create a Checkout Session",
        ),
        Operation("POST", "/v1/refunds", params.build(sdk.RefundCreateParams), "refund", "create", "Refund"),
        Operation(
            "POST",
            "/v1/customers/{id}",
            params.build(sdk.CustomerUpdateParams, only={"email", "metadata", "address", "shipping"}),
            "customer",
            "update",
            "Update a customer",
        ),
        Operation("GET", "/v1/charges", params.build(sdk.ChargeListParams), "list:charge", "list", "List"),
    )
}


def read(operation: Operation, case: Case[Any]) -> dict[str, Any]:
    """What our own readers make of a generated case, as it would go over the wire; nothing is sent."""
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    request = requests.Request(
        sent["method"], sent["url"], params=sent.get("params"), data=sent.get("data")
    ).prepare()
    body = request.body or ""
    assert isinstance(body, str)
    return operation.params.parse(forms.decode(body.encode(), (request.url or "").partition("?")[2].encode()))


@pytest.mark.parametrize("path", OPERATIONS)
def test_what_the_document_allows_is_taken(path: str) -> None:
    operation = OPERATIONS[path]
    document = openapi.document([operation])
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    bracket_forms.teach(schema)
    cases = schema[path][operation.method].as_strategy()

    @settings(
        max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def every_case_is_taken(case: Case[Any]) -> None:
        read(operation, case)

    every_case_is_taken()
