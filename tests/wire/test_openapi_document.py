"""The OpenAPI document tells the truth about requests, and answers hold every key of the SDK's classes."""

import json
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import stripe
import stripe.params as sdk
from stripe.params import checkout
from typing_extensions import TypedDict

from kit import params
from merchant_api import openapi
from merchant_api.operations import Operation


class Initiate(TypedDict):
    amount: int
    currency: str


SESSION_PARAMS = params.build(
    checkout.SessionCreateParams, only={"mode", "line_items.price", "metadata", "success_url"}
)
OPERATIONS = [
    Operation(
        "POST", "/v1/checkout/sessions", SESSION_PARAMS, "checkout.session", "create", "Create a session"
    ),
    Operation(
        "GET", "/v1/refunds", params.build(sdk.RefundListParams), "list:refund", "list", "List refunds"
    ),
    Operation(
        "GET",
        "/v1/refunds/{id}",
        params.build(sdk.RefundRetrieveParams),
        "refund",
        "retrieve",
        "Retrieve a refund",
    ),
    Operation(
        "DELETE",
        "/v1/customers/{id}",
        params.build(sdk.CustomerDeleteParams, only=()),
        "customer",
        "delete",
        "Delete a customer",
    ),
    Operation(
        "POST", "/payment/initiate", params.build(Initiate), "payment", "initiate", "Start a payment", "json"
    ),
]
RESOURCES = {
    "balance": stripe.Balance,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "event": stripe.Event,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "refund": stripe.Refund,
    "webhook_endpoint": stripe.WebhookEndpoint,
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    described: dict[str, Any] = json.loads(json.dumps(openapi.document(OPERATIONS)))
    return described


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()
    assert len(list(schema.get_all_operations())) == len(OPERATIONS)


def test_every_operation_has_an_id_of_its_own(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)
    assert "PostCheckoutSessions" in ids


def test_a_form_body_is_drawn_with_brackets(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/checkout/sessions"]["post"]["requestBody"]["content"]
    form = body["application/x-www-form-urlencoded"]
    assert form["schema"] == SESSION_PARAMS.json_schema()
    assert form["encoding"] == {
        "line_items": {"style": "deepObject", "explode": True},
        "metadata": {"style": "deepObject", "explode": True},
    }


def test_a_json_body_is_drawn_as_json_and_its_parameters_as_required(document: dict[str, Any]) -> None:
    body = document["paths"]["/payment/initiate"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"]["required"] == ["amount", "currency"]


def test_a_list_is_drawn_with_its_filters_and_its_envelope(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/refunds"]["get"]
    created = next(parameter for parameter in operation["parameters"] if parameter["name"] == "created")
    assert (created["in"], created["style"], created["required"]) == ("query", "deepObject", False)
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"]["data"]["items"] == {"$ref": "#/components/schemas/refund"}


def test_path_arguments_are_drawn(document: dict[str, Any]) -> None:
    (parameter,) = [
        parameter
        for parameter in document["paths"]["/v1/refunds/{id}"]["get"]["parameters"]
        if parameter["in"] == "path"
    ]
    assert (parameter["name"], parameter["required"]) == ("id", True)


def test_every_answer_may_be_an_error_in_stripe_s_shape(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            answer = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert answer == {"$ref": "#/components/schemas/error"}
    errors = jsonschema_rs.validator_for(document["components"]["schemas"]["error"])
    assert errors.is_valid({"error": {"type": "card_error", "message": "No.", "code": "card_declined"}})
    assert not errors.is_valid({"error": "no"})


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_has_every_key_of_the_sdk_s_class_and_no_other(name: str) -> None:
    schema = openapi.resource_schema(name, RESOURCES[name])
    validator = jsonschema_rs.validator_for(schema)
    empty = dict.fromkeys(schema["required"]) | {"object": name}
    assert validator.is_valid(empty)
    for key in schema["required"]:
        assert not validator.is_valid({other: empty[other] for other in empty if other != key})
    assert not validator.is_valid(empty | {"florin_own_key": 1})


def test_a_resource_s_keys_have_their_types() -> None:
    properties = openapi.resource_schema("charge", stripe.Charge)["properties"]
    assert properties["amount"] == {"type": ["integer", "null"]}
    assert properties["customer"] == {"type": ["null", "object", "string"]}
    assert properties["metadata"] == {"type": ["null", "object"]}
    assert properties["status"] == {"type": ["null", "string"]}
    assert properties["refunds"] == {"type": ["null", "object"]}
    assert properties["object"] == {"const": "charge"}
    assert openapi.resource_schema("price", stripe.Price)["properties"]["unit_amount_decimal"] == {
        "type": ["null", "string"]
    }
