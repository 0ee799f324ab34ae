"""Parameters are checked against the SDK's TypedDicts and refused in Stripe's own words."""

from decimal import Decimal
from typing import Any

import pytest
import stripe.params as sdk
from stripe.params import checkout

from kit import forms, params

SESSION = params.build(
    checkout.SessionCreateParams,
    only={
        "mode",
        "success_url",
        "currency",
        "expires_at",
        "customer_creation",
        "allow_promotion_codes",
        "line_items.price",
        "line_items.quantity",
        "line_items.price_data.*",
        "payment_intent_data.capture_method",
        "payment_intent_data.description",
        "metadata",
        "expand",
    },
)
REFUND = params.build(sdk.RefundCreateParams)
INTENT = params.build(
    sdk.PaymentIntentCreateParams, only={"amount", "currency", "description", "metadata", "off_session"}
)
INTENT_UPDATE = params.build(
    sdk.PaymentIntentUpdateParams, only={"amount", "receipt_email", "metadata", "shipping"}
)
REFUND_LIST = params.build(sdk.RefundListParams)


def read(declared: params.Params, body: str) -> dict[str, Any]:
    return declared.parse(forms.decode(body.encode()))


def refusal(declared: params.Params, body: str) -> tuple[str, str | None, str | None]:
    with pytest.raises(params.ParamError) as caught:
        read(declared, body)
    return caught.value.message, caught.value.code, caught.value.param


# ---- what is taken


def test_numbers_and_booleans_are_read_from_their_text() -> None:
    body = (
        "expires_at=1900000000&allow_promotion_codes=true&line_items[0][quantity]=2&line_items[0][price]=p1"
    )
    assert read(SESSION, body) == {
        "expires_at": 1_900_000_000,
        "allow_promotion_codes": True,
        "line_items": [{"quantity": 2, "price": "p1"}],
    }


def test_json_may_bring_numbers_and_booleans_as_such() -> None:
    assert REFUND.parse({"amount": -5, "refund_application_fee": False}) == {
        "amount": -5,
        "refund_application_fee": False,
    }


def test_only_what_was_given_comes_back() -> None:
    assert read(SESSION, "") == {}


def test_decimals_stay_exact() -> None:
    body = "line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount_decimal]=12.345"
    price_data = read(SESSION, body)["line_items"][0]["price_data"]
    assert price_data["unit_amount_decimal"] == Decimal("12.345")


def test_a_date_filter_is_a_number_or_a_hash() -> None:
    assert read(REFUND_LIST, "created=5") == {"created": 5}
    assert read(REFUND_LIST, "created[gte]=5&created[lt]=9") == {"created": {"gte": 5, "lt": 9}}


def test_an_empty_string_unsets_where_the_sdk_says_that_it_may() -> None:
    body = "receipt_email=&metadata=&shipping="
    assert read(INTENT_UPDATE, body) == {"receipt_email": "", "metadata": "", "shipping": ""}


def test_a_boolean_or_an_enum_may_share_one_parameter() -> None:
    required = "amount=1&currency=usd&off_session="
    assert read(INTENT, required + "true")["off_session"] is True
    assert read(INTENT, required + "recurring")["off_session"] == "recurring"
    assert refusal(INTENT, required + "maybe") == ("Invalid boolean: maybe", None, "off_session")


def test_gaps_in_numbered_lists_are_closed_in_order() -> None:
    body = "line_items[9][quantity]=9&line_items[2][quantity]=2"
    assert read(SESSION, body) == {"line_items": [{"quantity": 2}, {"quantity": 9}]}


def test_metadata_keys_may_be_numbers() -> None:
    assert read(SESSION, "metadata[0]=a&metadata[1]=b") == {"metadata": {"0": "a", "1": "b"}}
    assert read(SESSION, "metadata[7]=a") == {"metadata": {"7": "a"}}


def test_an_empty_metadata_value_is_kept_because_it_unsets_its_key() -> None:
    assert read(SESSION, "metadata[order]=") == {"metadata": {"order": ""}}


# ---- unknown and missing


def test_an_unknown_parameter_is_named_with_a_guess() -> None:
    message = "Received unknown parameter: sucess_url. Did you mean success_url?"
    assert refusal(SESSION, "sucess_url=x") == (message, "parameter_unknown", "sucess_url")
    assert refusal(SESSION, "zzz=1") == ("Received unknown parameter: zzz", "parameter_unknown", "zzz")


def test_several_unknown_parameters_are_all_named() -> None:
    assert refusal(SESSION, "foo=1&bar=2") == (
        "Received unknown parameters: foo, bar",
        "parameter_unknown",
        "foo",
    )


def test_nested_parameters_are_named_in_bracket_form() -> None:
    name = "line_items[0][price_data][colour]"
    body = f"line_items[0][price_data][currency]=usd&{name}=red"
    assert refusal(SESSION, body) == (f"Received unknown parameter: {name}", "parameter_unknown", name)


@pytest.mark.parametrize(
    "name", ["automatic_tax", "line_items[0][tax_rates]", "payment_intent_data[transfer_group]"]
)
def test_what_stripe_has_and_florin_has_not_is_said_so(name: str) -> None:
    message = f"Florin does not support the parameter {name} yet."
    assert refusal(SESSION, f"{name}=x") == (message, "parameter_unknown", name)


def test_the_sdk_s_own_options_are_no_parameters() -> None:
    for name in ("api_key", "idempotency_key", "stripe_version", "headers"):
        assert refusal(REFUND, f"{name}=x")[0].startswith(f"Received unknown parameter: {name}")


def test_a_missing_parameter_is_named() -> None:
    assert refusal(INTENT, "currency=usd") == (
        "Missing required param: amount.",
        "parameter_missing",
        "amount",
    )
    name = "line_items[0][price_data][currency]"
    body = "line_items[0][price_data][unit_amount]=5"
    assert refusal(SESSION, body) == (f"Missing required param: {name}.", "parameter_missing", name)


def test_unknown_comes_before_missing_and_missing_before_bad_values() -> None:
    assert refusal(INTENT, "foo=1&amount=x")[1] == "parameter_unknown"
    assert refusal(INTENT, "amount=x")[1] == "parameter_missing"
    assert refusal(INTENT, "amount=x&currency=usd")[1] == "parameter_invalid_integer"


# ---- bad values


@pytest.mark.parametrize(
    "value",
    [
        "abc",
        "1.0",
        "1e3",
        "+1",
        "1_000",
        "0x10",
        "--1",
        "\uff11\uff12",
        "\u0663",
        "9223372036854775808",
        "9" * 25,
        "true",
    ],
)
def test_an_integer_is_nothing_but_ascii_digits_within_64_bits(value: str) -> None:
    assert refusal(REFUND, f"amount={value}".replace("+", "%2B")) == (
        f"Invalid integer: {value}",
        "parameter_invalid_integer",
        "amount",
    )


@pytest.mark.parametrize("value", [" 1", "1 ", "1\n", "\t1"])
def test_an_integer_has_no_blanks_around_it(value: str) -> None:
    with pytest.raises(params.ParamError, match="Invalid integer"):
        REFUND.parse({"amount": value})


@pytest.mark.parametrize("value", [1.5, 2.0, True, [], {}, None, 2**63, -(2**63) - 1])
def test_json_cannot_smuggle_another_type_in_as_an_integer(value: object) -> None:
    with pytest.raises(params.ParamError, match="Invalid integer"):
        REFUND.parse({"amount": value})


def test_the_whole_range_of_64_bits_is_taken() -> None:
    assert read(REFUND, f"amount={2**63 - 1}") == {"amount": 2**63 - 1}
    assert read(REFUND, f"amount={-(2**63)}") == {"amount": -(2**63)}


@pytest.mark.parametrize("value", ["True", "1", "0", "yes", "on", "FALSE"])
def test_a_boolean_is_true_or_false_alone(value: str) -> None:
    body = f"refund_application_fee={value}"
    assert refusal(REFUND, body) == (f"Invalid boolean: {value}", None, "refund_application_fee")


def test_an_enum_lists_what_it_could_be() -> None:
    message = "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer"
    assert refusal(REFUND, "reason=bored") == (message, None, "reason")
    name = "payment_intent_data[capture_method]"
    message = f"Invalid {name}: must be one of automatic, automatic_async, or manual"
    assert refusal(SESSION, f"{name}=never") == (message, None, name)


@pytest.mark.parametrize("name", ["charge", "amount", "reason", "refund_application_fee", "expand[0]"])
def test_an_empty_string_is_refused_where_nothing_can_be_unset(name: str) -> None:
    message, code, param = refusal(REFUND, f"{name}=")
    assert message == (
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a"
        f" parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or"
        " supply a non-empty value."
    )
    assert (code, param) == ("parameter_invalid_empty", name)


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ("success_url[a]=b", 'Invalid string: {"a": "b"}', "success_url"),
        ("success_url[]=b", 'Invalid string: ["b"]', "success_url"),
        ("line_items=x", "Invalid array", "line_items"),
        ("line_items[a]=x", "Invalid array", "line_items"),
        ("line_items[0]=x", "Invalid object", "line_items[0]"),
        ("payment_intent_data=x", "Invalid object", "payment_intent_data"),
        ("metadata=x", "Invalid object", "metadata"),
        ("metadata[a][b]=x", 'Invalid string: {"b": "x"}', "metadata[a]"),
        ("expand=x", "Invalid array", "expand"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused(body: str, message: str, param: str) -> None:
    assert refusal(SESSION, body) == (message, None, param)


def test_text_is_at_most_five_thousand_characters() -> None:
    assert read(SESSION, "success_url=" + "x" * 5_000)
    message, _, param = refusal(SESSION, "success_url=" + "x" * 5_001)
    assert message.endswith("must be at most 5000 characters")
    assert param == "success_url"


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({f"k{n}": "v" for n in range(51)}, "up to 50 metadata keys"),
        ({"k" * 41: "v"}, "you passed in a key that is 41 characters"),
        ({"k": "v" * 501}, "you passed in a value that is 501 characters"),
        ({"a[b": "v"}, "square brackets"),
        ({"{message}": "v" * 501}, "501"),
    ],
)
def test_metadata_keeps_stripe_s_limits(metadata: dict[str, str], words: str) -> None:
    with pytest.raises(params.ParamError, match=words) as caught:
        SESSION.parse({"metadata": metadata})
    assert caught.value.param == "metadata"


def test_metadata_at_its_limits_is_taken() -> None:
    metadata = {f"{n:040}": "v" * 500 for n in range(50)}
    assert SESSION.parse({"metadata": metadata}) == {"metadata": metadata}


def test_the_error_does_not_drag_the_raw_input_along() -> None:
    with pytest.raises(params.ParamError) as caught:
        REFUND.parse({"amount": "x", "charge": "4242424242424242"})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_card_data_is_never_said_back() -> None:
    card = params.build(sdk.PaymentMethodCreateParams, only={"type", "card"})
    body = "type=card&card[exp_month]=1&card[exp_year]=40"
    assert refusal(card, f"{body}&card[number][]=4242424242424242")[0] == "Invalid string: (hidden)"
    assert "4242" not in refusal(card, f"{body}&card[number]={'4242' * 2000}")[0]
    assert refusal(card, f"{body}&card[number]=")[1] == "parameter_invalid_empty"
