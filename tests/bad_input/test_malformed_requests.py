"""Bodies that cannot be read and parameters that do not exist, are missing or are of the wrong kind."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.bad_input.conftest import INTENT, PAID, Case, Shop, session_form

INTENTS, SESSIONS, REFUNDS = "/v1/payment_intents", "/v1/checkout/sessions", "/v1/refunds"
INITIATE, CONFIRM = "/payment/initiate", "/payment/confirm"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
UNKNOWN, LACKING, NUMBER = "parameter_unknown", "parameter_missing", "parameter_invalid_integer"


def raw(path: str, body: bytes | str, headers: dict[str, str], **told: Any) -> Case:
    return Case(path, body, headers=headers, **told)


BODIES = [
    raw(INTENTS, b"amount=2000&currency=usd&description=%00", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&description=a\x00b", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&description=%ff%fe", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&description=\xff\xfe", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&description=%ed%a0%80", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&description=%zz", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&description=%", FORM),
    raw(INTENTS, b"amount=2000&amount=1&currency=usd", FORM, param="amount"),
    raw(INTENTS, b"amount=2000&currency=usd&metadata[a]=1&metadata=2", FORM, param="metadata"),
    raw(INTENTS, b"amount=2000&currency=usd&=5", FORM),
    raw(INTENTS, b"amount=2000&currency=usd&" + b"metadata[a][b][c][d][e][f][g]=1", FORM, param="metadata"),
    raw(INTENTS, b"&".join(b"metadata[k%d]=1" % number for number in range(1001)), FORM),
    raw(INTENTS, b"description=" + b"x" * 270_000, FORM, status=413),
    raw(INTENTS, b'{"amount": 2000, "currency": "usd"}', JSON),
    raw(INTENTS, b"<amount>2000</amount>", {"Content-Type": "text/xml"}),
    raw(INTENTS, b"", FORM, code=LACKING, param="amount"),
    raw(INITIATE, b'{"amount": 2000', JSON),
    raw(INITIATE, b"[1, 2]", JSON),
    raw(INITIATE, b'"usd"', JSON),
    raw(INITIATE, b"null", JSON),
    raw(INITIATE, b"amount=2000&currency=usd", JSON),
    raw(INITIATE, b"\xff\xfe{", JSON),
    raw(INITIATE, b'{"amount": NaN, "currency": "usd"}', JSON),
    raw(INITIATE, b'{"amount": 2000, "amount": 1, "currency": "usd"}', JSON, param="amount"),
    raw(INITIATE, b'{"amount": 2000, "currency": "\\ud800"}', JSON),
    raw(INITIATE, b'{"amount": 2000, "currency": "us\\u0000d"}', JSON),
    raw(INITIATE, b"[" * 100_000, JSON),
    raw(INITIATE, b'{"a":' * 1_000 + b"1" + b"}" * 1_000, JSON),
    raw(INITIATE, b"x" * 270_000, JSON, status=413),
    raw(INITIATE, b"", JSON, code=LACKING, param="amount"),
    raw(INITIATE, b'{"amount": "2000.5", "currency": "usd"}', JSON, code=NUMBER, param="amount"),
    raw(INITIATE, b'{"amount": 2000.5, "currency": "usd"}', JSON, code=NUMBER, param="amount"),
    raw(INITIATE, b'{"amount": 2e3, "currency": "usd"}', JSON, code=NUMBER, param="amount"),
    raw(INITIATE, b'{"amount": true, "currency": "usd"}', JSON, code=NUMBER, param="amount"),
    raw(INITIATE, b'{"amount": [2000], "currency": "usd"}', JSON, code=NUMBER, param="amount"),
    raw(INITIATE, b'{"amount": 99999999999999999999, "currency": "usd"}', JSON, code=NUMBER, param="amount"),
    raw(INITIATE, b'{"amount": 2000, "currency": 840}', JSON, param="currency"),
    raw(INITIATE, b'{"amount": 2000, "currency": "usd", "colour": "red"}', JSON, code=UNKNOWN,
        param="colour"),
    raw(INITIATE, b'{"amount": 2000, "currency": "usd", "cancel_url": "https://a.example"}', JSON,
        code=LACKING, param="success_url"),
    raw(INITIATE, b'{"amount": 49, "currency": "usd"}', JSON, code="amount_too_small", param="amount"),
    *(
        raw(INITIATE, f'{{"amount": {amount}, "currency": "{currency}", "success_url": "https://a.example"}}',
            JSON, code=code, param=param)
        for amount, currency, code, param in (
            (49, "usd", "amount_too_small", "amount"), (0, "usd", NUMBER, "amount"),
            (100_000_000, "usd", "amount_too_large", "amount"),
            (15_050, "isk", "invalid_charge_amount", "amount"), (2_000, "xxx", None, "currency"),
        )
    ),
    raw(CONFIRM, '{"transaction_id": "{session}", "payment_method": "pm_card_visa", '
        '"billing_details": {"email": "a@b.c", "address": {"country": "ZZZ"}}}', JSON,
        code="country_code_invalid", param="billing_details[address][country]"),
    raw(CONFIRM, b'{"transaction_id": "pi_none", "payment_method": "pm_card_visa"}', JSON,
        code="resource_missing", param="transaction_id"),
    raw(CONFIRM, '{"transaction_id": "{charge}", "payment_method": "pm_card_visa"}', JSON,
        param="transaction_id"),
    raw(CONFIRM, '{"transaction_id": "{intent}"}', JSON, code=LACKING, param="payment_method"),
    raw(CONFIRM, '{"transaction_id": "{intent}", "payment_method": "pm_card_visa", "card": {}}', JSON,
        param="payment_method"),
    raw(CONFIRM, '{"transaction_id": "{intent}", "card": {}}', JSON, code=LACKING, param="card"),
    raw(CONFIRM, '{"transaction_id": "{session}", "payment_method": "pm_card_visa"}', JSON, code=LACKING,
        param="billing_details[email]"),
    raw(CONFIRM, '{"transaction_id": "{session}", "payment_method": "pm_card_visa", '
        '"billing_details": {"email": "jenny"}}', JSON, code="email_invalid", param="billing_details[email]"),
    raw(CONFIRM, '{"transaction_id": "{session}", "payment_method": "{saved}", '
        '"billing_details": {"email": "jenny@example.com"}}', JSON, code="resource_missing",
        param="payment_method"),
    raw(CONFIRM, '{"transaction_id": "{session}", "payment_method": "{foreign_saved}", '
        '"billing_details": {"email": "jenny@example.com"}}', JSON, code="resource_missing",
        param="payment_method"),
    raw(CONFIRM, '{"transaction_id": "{session}", "payment_method": "{spent}", '
        '"billing_details": {"email": "jenny@example.com"}}', JSON, code="payment_method_unactivated",
        param="payment_method"),
    raw(CONFIRM, '{"transaction_id": "{foreign_intent}", "payment_method": "pm_card_visa"}', JSON,
        code="resource_missing", param="transaction_id"),
    raw(CONFIRM, '{"transaction_id": "{paid}", "payment_method": "pm_card_visa"}', JSON,
        code="payment_intent_unexpected_state"),
    raw(CONFIRM, '{"transaction_id": "{expired}", "payment_method": "pm_card_visa", '
        '"billing_details": {"email": "a@example.com"}}', JSON, code="checkout_session_closed"),
]  # fmt: skip


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_a_body_that_cannot_be_read_is_refused(refuses: Callable[[Case], Any], case: Case) -> None:
    refuses(case)


PARAMETERS = [
    Case(INTENTS, {"amount": "2000"}, LACKING, "currency"),
    Case(INTENTS, {"currency": "usd"}, LACKING, "amount"),
    Case(INTENTS, {**INTENT, "colour": "red"}, UNKNOWN, "colour"),
    Case(INTENTS, {**INTENT, "amoun": "2000"}, UNKNOWN, "amoun"),
    Case(INTENTS, {**INTENT, "__proto__[x]": "1"}, UNKNOWN, "__proto__"),
    Case(INTENTS, {**INTENT, "shipping[colour]": "red"}, UNKNOWN, "shipping[colour]"),
    Case(INTENTS, {**INTENT, "confirm": "yes"}, None, "confirm"),
    Case(INTENTS, {**INTENT, "confirm": "1"}, None, "confirm"),
    Case(INTENTS, {**INTENT, "capture_method": "later"}, None, "capture_method"),
    Case(INTENTS, {**INTENT, "confirmation_method": "never"}, None, "confirmation_method"),
    Case(INTENTS, {**INTENT, "metadata": "x"}, None, "metadata"),
    Case(INTENTS, {**INTENT, "metadata[" + "k" * 41 + "]": "x"}, None, "metadata"),
    Case(INTENTS, {**INTENT, "metadata[k]": "x" * 501}, None, "metadata"),
    Case(INTENTS, {**INTENT, **{f"metadata[k{number}]": "x" for number in range(51)}}, None, "metadata"),
    Case(INTENTS, {**INTENT, "description": "x" * 5001}, None, "description"),
    Case(INTENTS, {**INTENT, "description[a]": "x"}, None, "description"),
    Case(INTENTS, {"currency": "usd", "amount[a]": "x"}, NUMBER, "amount"),
    Case(INTENTS, {**INTENT, "customer": "cus_none"}, "resource_missing", "customer"),
    Case(INTENTS, {**PAID, "payment_method": "pm_card_none"}, "resource_missing", "payment_method"),
    Case(INTENTS, {**PAID, "payment_method": "pm_none"}, "resource_missing", "payment_method"),
    Case(INTENTS, {**INTENT, "off_session": "true"}, None, "off_session"),
    Case(INTENTS, {**PAID, "payment_method_data[type]": "card"}, None, "payment_method"),
    Case(INTENTS, {**INTENT, "confirm": "true"}, "payment_intent_unexpected_state"),
    Case(INTENTS, {**INTENT, "confirm": "true", "payment_method_data[type]": "card"}, LACKING,
         "payment_method_data[card]"),
    Case(INTENTS, {**INTENT, "payment_method_data[type]": "boleto"}, None, "payment_method_data[type]"),
    Case(INTENTS, {**INTENT, "allowed_payment_method_types[]": "boleto"}, None,
         "allowed_payment_method_types[0]"),
    Case(INTENTS, {**INTENT, "expand[]": "colour"}, None, "expand[0]"),
    Case(INTENTS, {"limit": "0"}, NUMBER, "limit", method="GET"),
    Case(INTENTS, {"limit": "101"}, NUMBER, "limit", method="GET"),
    Case(INTENTS, {"limit": "9" * 30}, NUMBER, "limit", method="GET"),
    Case(INTENTS, {"limit": "ten"}, NUMBER, "limit", method="GET"),
    Case(INTENTS, {"created[gte]": "yesterday"}, NUMBER, "created[gte]", method="GET"),
    Case(INTENTS, {"created[near]": "1"}, UNKNOWN, "created[near]", method="GET"),
    Case(INTENTS, {"starting_after": "pi_none"}, "resource_missing", "starting_after", method="GET"),
    Case(INTENTS, {"starting_after": "{intent}", "ending_before": "{paid}"}, None, "ending_before",
         method="GET"),
    Case(INTENTS, {"colour": "red"}, UNKNOWN, "colour", method="GET"),
    Case(f"{INTENTS}/{{intent}}/cancel", {"cancellation_reason": "bored"}, None, "cancellation_reason"),
    Case(REFUNDS, {}, LACKING),
    Case(REFUNDS, {"charge": "ch_none"}, "resource_missing", "charge"),
    Case(REFUNDS, {"payment_intent": "pi_none"}, "resource_missing", "payment_intent"),
    Case(REFUNDS, {"charge": "{charge}", "reason": "bored"}, None, "reason"),
    Case(SESSIONS, {"mode": "payment", "success_url": "https://a.example"}, LACKING, "line_items"),
    Case(SESSIONS, session_form(mode="subscription"), None, "mode"),
    Case(SESSIONS, session_form(mode="cash"), None, "mode"),
    *(
        Case(SESSIONS, session_form(success_url=url), "url_invalid", "success_url")
        for url in ("javascript:alert(1)", "//shop.example", "ftp://shop.example", "https://", "shop.example",
                    "https://shop example", "http://[::1", "https://shop.example:99999", "data:text/html,x",
                    "https://shop.example/\u202e", "https://a.example\\@b.example")
    ),
    Case(SESSIONS, session_form(cancel_url="javascript:alert(1)"), "url_invalid", "cancel_url"),
    Case(SESSIONS, session_form(expires_at="1"), None, "expires_at"),
    Case(SESSIONS, session_form(expires_at="9223372036854775807"), None, "expires_at"),
    Case(SESSIONS, session_form(expires_at="soon"), NUMBER, "expires_at"),
    Case(SESSIONS, session_form(customer="{customer}", customer_email="a@example.com"), None,
         "customer_email"),
    Case(SESSIONS, session_form(**{"line_items[0][price]": "{price}"}), None, "line_items[0][price]"),
    Case(SESSIONS, session_form(**{"line_items[1][price]": "{price}"}), LACKING, "line_items[1][quantity]"),
    Case(SESSIONS, session_form(**{"line_items[1][price]": "{euro_price}", "line_items[1][quantity]": "1"}),
         None, "line_items[1]"),
    Case(SESSIONS, session_form(**{"line_items[1][price]": "{monthly}", "line_items[1][quantity]": "1"}),
         None, "line_items[1][price]"),
    Case(SESSIONS, session_form(**{"line_items[1][price]": "price_none", "line_items[1][quantity]": "1"}),
         "resource_missing", "line_items[1][price]"),
    Case(SESSIONS, session_form(**{"line_items[0][colour]": "red"}), UNKNOWN, "line_items[0][colour]"),
    Case("/v1/payment_methods", {}, LACKING, "type"),
    Case("/v1/payment_methods", {"type": "card"}, LACKING, "card"),
    Case("/v1/payment_methods", {"type": "card", "card[token]": "tok_none"}, "resource_missing",
         "card[token]"),
    Case("/v1/payment_methods", {"type": "card", "card[token]": "tok_visa",
                                 "billing_details[address][country]": "U.S.A."},
         "country_code_invalid", "billing_details[address][country]"),
    Case("/v1/payment_methods/{saved}/attach", {}, LACKING, "customer"),
    Case("/v1/customers", {"colour": "red"}, UNKNOWN, "colour"),
    *(
        Case("/v1/customers", {"email": email}, "email_invalid", "email")
        for email in ("jenny", "@example.com", "jenny@", "jenny rosen@example.com", "a@b@c", "<a@b.c>",
                      "x" * 65 + "@example.com", "jenny@example.com\nBcc: all@example.com")
    ),
    Case("/v1/customers/{customer}", {"email": "jenny"}, "email_invalid", "email"),
    Case(INTENTS, {**INTENT, "receipt_email": "jenny"}, "email_invalid", "receipt_email"),
    Case(f"{INTENTS}/{{intent}}", {"receipt_email": "jenny"}, "email_invalid", "receipt_email"),
    *(
        Case(INTENTS, {**INTENT, name: text}, code, name)
        for name in ("statement_descriptor", "statement_descriptor_suffix")
        for text, code in (("x" * 23, None), ("<b>Roses</b>", "invalid_characters"), ("1234", None),
                           ("Ros\u00e9s", "invalid_characters"))
    ),
    Case(SESSIONS, session_form(**{"payment_intent_data[statement_descriptor]": "x" * 23}), None,
         "payment_intent_data[statement_descriptor]"),
    Case(SESSIONS, session_form(**{"payment_intent_data[receipt_email]": "jenny"}), "email_invalid",
         "payment_intent_data[receipt_email]"),
    Case(SESSIONS, session_form(customer_email="jenny"), "email_invalid", "customer_email"),
    Case("/v1/payment_methods", {"type": "card", "card[token]": "tok_visa", "billing_details[email]": "x"},
         "email_invalid", "billing_details[email]"),
    Case("/v1/webhook_endpoints", {"url": "https://a.example"}, LACKING, "enabled_events"),
]  # fmt: skip


@pytest.mark.parametrize("case", PARAMETERS, ids=str)
def test_a_wrong_parameter_is_named(refuses: Callable[[Case], Any], case: Case) -> None:
    refuses(case)


HEADERS = [
    {"Idempotency-Key": ""},
    {"Idempotency-Key": "x" * 256},
    {"Stripe-Version": "yesterday"},
    {"Stripe-Version": "2999-01-01"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_a_wrong_header_is_refused(shop: Shop, headers: dict[str, str]) -> None:
    before = shop.written()
    answer = shop.send("POST", INTENTS, data=INTENT, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["error"]["type"] == "invalid_request_error"
    assert shop.written() == before


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic", "Basic !!!", "Basic Og==", "Digest x", "sk_test_x", "Bearer \x7f"],
)
def test_a_request_without_a_readable_key_is_a_stranger(shop: Shop, authorization: str) -> None:
    answer = shop.app.test_client().post(INTENTS, data=PAID, headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.get_json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1"), ("GET", "/v1/"), ("GET", "/v1/unicorns"), ("POST", "/v1/charges/ch_1/explode"),
        ("DELETE", INTENTS), ("PUT", f"{INTENTS}/pi_1"), ("PATCH", f"{INTENTS}/pi_1"),
        ("GET", f"{INTENTS}/pi_1/confirm"), ("GET", "/v1/%00"), ("GET", "/v1/payment_intents/pi_1/"),
        ("POST", "/v1/payment_intents//capture"), ("GET", "/v1//charges"), ("GET", "/payment/unicorns"),
        ("GET", "/payment/initiate"), ("PUT", "/payment/confirm"), ("GET", "/payment/status/"),
        ("GET", "/payment"),
    ],
)  # fmt: skip
def test_an_unknown_address_is_told_in_stripes_words(shop: Shop, method: str, path: str) -> None:
    answer = shop.send(method, path)
    assert answer.status_code == 404
    assert answer.get_json()["error"]["message"].startswith("Unrecognized request URL")


def test_a_wrong_card_number_is_not_said_back(refuses: Callable[[Case], Any]) -> None:
    for number in ("4242424242424241", "4242 4242 4242 4242 4", "pan:4242424242424242"):
        case = Case("/v1/payment_methods", {"type": "card", "card[number]": number, "card[exp_month]": "12",
                                            "card[exp_year]": "2034"}, "incorrect_number", "number",
                    402)  # fmt: skip
        assert "4242" not in str(refuses(case))
