"""Parameters are declared from TypedDicts, the SDK's or our own, at import."""

from typing import Literal, NotRequired, Required, TypedDict

import pytest
import stripe.params as sdk
from stripe.params import checkout

from kit import params

SESSION = params.build(
    checkout.SessionCreateParams,
    only={"mode", "line_items.price", "line_items.quantity", "line_items.price_data.*"},
)
INTENT = params.build(sdk.PaymentIntentCreateParams, only={"amount", "currency"})
REFUND_LIST = params.build(sdk.RefundListParams)


class Plain(TypedDict):
    kind: Literal["a", "b"]
    size: NotRequired[int]


def test_typed_dicts_of_our_own_are_taken_too() -> None:
    plain = params.build(Plain)
    assert plain.parse({"kind": "a", "size": 3}) == {"kind": "a", "size": 3}
    with pytest.raises(params.ParamError, match=r"Missing required param: kind\."):
        plain.parse({})


def test_parameters_may_be_declared_beside_those_of_the_sdk() -> None:
    declared = params.build(
        sdk.RefundCreateParams, only={"amount"}, extra={"x_foo": str, "charge": Required[str], "plain": Plain}
    )
    assert declared.parse({"charge": "ch_1", "x_foo": "y"}) == {"charge": "ch_1", "x_foo": "y"}
    with pytest.raises(params.ParamError, match="Missing required param: charge"):
        declared.parse({"x_foo": "1"})
    with pytest.raises(params.ParamError, match="must be one of a or b"):
        declared.parse({"charge": "1", "plain": {"kind": "c"}})


def test_parameters_may_be_declared_beneath_others() -> None:
    declared = params.build(
        checkout.SessionCreateParams,
        only={"line_items.price", "payment_intent_data.description"},
        extra={"line_items.colour": Literal["red"], "payment_intent_data.plain": Required[Plain]},
    )
    raw = {"line_items": [{"colour": "red"}], "payment_intent_data": {"plain": {"kind": "a"}}}
    assert declared.parse(raw) == raw
    with pytest.raises(params.ParamError, match=r"Missing required param: payment_intent_data\[plain\]"):
        declared.parse({"payment_intent_data": {"description": "x"}})
    with pytest.raises(ValueError, match="has no parameters"):
        params.build(sdk.RefundCreateParams, only={"amount"}, extra={"amount.x": str})


@pytest.mark.parametrize("only", [{"amuont"}, {"metadata.a"}, {"amount.*", "reason.x"}])
def test_a_slip_in_the_list_of_supported_names_is_found_at_import(only: set[str]) -> None:
    with pytest.raises(ValueError, match="no parameter"):
        params.build(sdk.RefundCreateParams, only=only)


def test_the_json_schema_shows_what_parse_takes() -> None:
    schema = SESSION.json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["mode"] == {"type": "string", "enum": ["payment", "setup", "subscription"]}
    line_item = schema["properties"]["line_items"]["items"]
    assert set(line_item["properties"]) == {"price", "quantity", "price_data"}
    assert line_item["properties"]["price_data"]["required"] == ["currency"]
    assert "required" not in schema
    assert INTENT.json_schema()["required"] == ["amount", "currency"]
    assert REFUND_LIST.json_schema()["properties"]["created"]["anyOf"][0]["type"] == "integer"


def test_a_text_may_have_a_limit_of_its_own() -> None:
    declared = params.build(
        checkout.SessionCreateParams,
        only={"client_reference_id", "line_items.price"},
        max_chars={"client_reference_id": 200, "line_items.price": 5_001},
    )
    good = {"client_reference_id": "x" * 200, "line_items": [{"price": "x" * 5_001}]}
    assert declared.parse(good) == good
    with pytest.raises(params.ParamError, match=r"must be at most 200 characters$"):
        declared.parse({"client_reference_id": "x" * 201})
    with pytest.raises(params.ParamError, match=r"must be at most 5001 characters$"):
        declared.parse({"line_items": [{"price": "x" * 5_002}]})
    assert declared.json_schema()["properties"]["client_reference_id"]["maxLength"] == 200
    with pytest.raises(ValueError, match="no parameter"):
        params.build(sdk.RefundCreateParams, only={"amount"}, max_chars={"amuont": 3})
