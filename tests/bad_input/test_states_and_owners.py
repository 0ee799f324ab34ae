"""Good words at the wrong time or about another's object: refused in Stripe's words, and nothing moves."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.bad_input.conftest import INTENT, PAID, Case, session_form

INTENTS, SESSIONS, REFUNDS = "/v1/payment_intents", "/v1/checkout/sessions", "/v1/refunds"
STATE, MISSING = "payment_intent_unexpected_state", "resource_missing"
VISA = {"payment_method": "pm_card_visa"}

TOO_LATE = [
    Case(f"{INTENTS}/{{paid}}/capture", {}, STATE),
    Case(f"{INTENTS}/{{held}}/capture", {"amount_to_capture": "2001", "metadata[a]": "b"}, "amount_too_large",
         "amount_to_capture"),
    Case(f"{INTENTS}/{{intent}}/confirm", {"receipt_email": "a@example.com", "payment_method": "pm_none"},
         MISSING, "payment_method"),
    Case(f"{INTENTS}/{{intent}}", {"amount": "700", "payment_method": "pm_none"}, MISSING, "payment_method"),
    Case(f"{INTENTS}/{{intent}}/capture", {}, STATE),
    Case(f"{INTENTS}/{{canceled}}/capture", {}, STATE),
    Case(f"{INTENTS}/{{paid}}/confirm", VISA, STATE),
    Case(f"{INTENTS}/{{paid}}/confirm", {}, STATE),
    Case(f"{INTENTS}/{{paid}}/confirm", {"payment_method": "{spent}"}, STATE),
    Case(f"{INTENTS}/{{held}}/confirm", VISA, STATE),
    Case(f"{INTENTS}/{{canceled}}/confirm", VISA, STATE),
    Case(f"{INTENTS}/{{intent}}/confirm", {}, STATE),
    Case(f"{INTENTS}/{{paid}}/cancel", {}, STATE),
    Case(f"{INTENTS}/{{canceled}}/cancel", {}, STATE),
    Case(f"{INTENTS}/{{paid}}", {"amount": "3000"}, STATE),
    Case(f"{INTENTS}/{{held}}", {"amount": "1000"}, STATE),
    Case(f"{INTENTS}/{{canceled}}", {"currency": "eur"}, STATE),
    Case(f"{INTENTS}/{{paid}}", VISA, STATE),
    Case(REFUNDS, {"payment_intent": "{refunded}"}, "charge_already_refunded", "charge"),
    Case(REFUNDS, {"charge": "{refunded_charge}"}, "charge_already_refunded", "charge"),
    Case(REFUNDS, {"payment_intent": "{held}"}, "charge_not_refundable", "charge"),
    Case(REFUNDS, {"charge": "{held_charge}"}, "charge_not_refundable", "charge"),
    Case(REFUNDS, {"payment_intent": "{intent}"}, STATE, "payment_intent"),
    Case(REFUNDS, {"payment_intent": "{canceled}"}, STATE, "payment_intent"),
    Case(REFUNDS, {"payment_intent": "{paid}", "charge": "{refunded_charge}"}, None, "charge"),
    Case(f"{SESSIONS}/{{expired}}/expire", {}),
    Case("/v1/payment_methods/{spent}/attach", {"customer": "{customer}"}, "payment_method_unactivated",
         "payment_method"),
    Case("/v1/payment_methods/{saved}/attach", {"customer": "{other_customer}"}),
    Case("/v1/payment_methods/{spent}/detach", {}),
    Case(INTENTS, {**PAID, "payment_method": "{spent}"}, "payment_method_unactivated", "payment_method"),
    Case(INTENTS, {**PAID, "payment_method": "{saved}"}, MISSING, "payment_method"),
    Case(INTENTS, {**PAID, "payment_method": "{saved}", "customer": "{other_customer}"}, MISSING,
         "payment_method"),
    Case(INTENTS, {**INTENT, "customer": "{gone}"}, MISSING, "customer"),
    Case(INTENTS, {**PAID, "payment_method": "{card_of_gone}"}, MISSING, "payment_method"),
    Case(f"{INTENTS}/{{intent}}", {"customer": "{gone}"}, MISSING, "customer"),
    Case("/v1/customers/{gone}", {"email": "jenny@example.com"}, MISSING, "id", status=404),
    Case("/v1/customers/{gone}", None, MISSING, "id", status=404, method="DELETE"),
    Case("/v1/payment_methods/pm_card_visa/attach", {"customer": "{gone}"}, MISSING, "customer"),
    Case(SESSIONS, session_form(customer="{gone}"), MISSING, "customer"),
]  # fmt: skip


@pytest.mark.parametrize("case", TOO_LATE, ids=str)
def test_what_comes_at_the_wrong_time_is_refused(refuses: Callable[[Case], Any], case: Case) -> None:
    error = refuses(case)
    if case.code == STATE and case.path.startswith(INTENTS):
        assert error["payment_intent"]["object"] == "payment_intent"


# (path, name of the parameter in the path or None, noun)
OBJECTS = {
    "payment_intents": ("intent", "intent"),
    "charges": ("charge", "id"),
    "refunds": ("refund", "id"),
    "customers": ("customer", "id"),
    "payment_methods": ("saved", "payment_method"),
    "products": ("product", "id"),
    "prices": ("price", "id"),
    "checkout/sessions": ("session", "session"),
    "webhook_endpoints": ("endpoint", "id"),
}
VERBS = [
    ("payment_intents", "POST", "/confirm"),
    ("payment_intents", "POST", "/capture"),
    ("payment_intents", "POST", "/cancel"),
    ("payment_methods", "POST", "/detach"),
    ("checkout/sessions", "POST", "/expire"),
    ("checkout/sessions", "GET", "/line_items"),
    ("charges", "GET", "/refunds"),
    ("customers", "GET", "/payment_methods"),
    ("customers", "DELETE", ""),
    ("products", "DELETE", ""),
    ("webhook_endpoints", "DELETE", ""),
    *((noun, "GET", "") for noun in OBJECTS),
    *((noun, "POST", "") for noun in OBJECTS if noun != "charges"),
]


@pytest.mark.parametrize(("noun", "method", "verb"), VERBS)
def test_a_strangers_object_is_as_absent_as_one_that_never_was(
    refuses: Callable[[Case], Any], noun: str, method: str, verb: str
) -> None:
    name, _ = OBJECTS[noun]
    answers = []
    for object_id in (f"{{foreign_{name}}}", f"{name[:2]}_never_was", "x" * 255, "\u00e9\u0000\u202e"):
        case = Case(f"/v1/{noun}/{object_id}{verb}", None, MISSING, OBJECTS[noun][1], 404, method)
        answers.append(refuses(case)["message"])
    assert {message.partition(":")[0] for message in answers} == {answers[0].partition(":")[0]}
    assert answers[0].startswith("No such ")


FOREIGN = [
    Case(REFUNDS, {"payment_intent": "{foreign_paid}"}, MISSING, "payment_intent"),
    Case(REFUNDS, {"charge": "{foreign_charge}"}, MISSING, "charge"),
    Case(INTENTS, {**PAID, "payment_method": "{foreign_saved}"}, MISSING, "payment_method"),
    Case(INTENTS, {**PAID, "customer": "{foreign_customer}"}, MISSING, "customer"),
    Case(f"{INTENTS}/{{intent}}/confirm", {"payment_method": "{foreign_saved}"}, MISSING, "payment_method"),
    Case("/v1/payment_methods/{foreign_saved}/attach", {"customer": "{customer}"}, MISSING,
         "payment_method", 404),
    Case("/v1/payment_methods/{saved}/attach", {"customer": "{foreign_customer}"}, MISSING, "customer"),
    *(
        Case(path, {"invoice_settings[default_payment_method]": method}, MISSING,
             "invoice_settings[default_payment_method]")
        for path in ("/v1/customers", "/v1/customers/{other_customer}")
        for method in ("{foreign_saved}", "{saved}", "pm_none")
    ),
    Case("/v1/prices", {"product": "{foreign_product}", "currency": "usd", "unit_amount": "700"}, MISSING,
         "product"),
    Case(SESSIONS, session_form(customer="{foreign_customer}"), MISSING, "customer"),
    Case(INTENTS, {"starting_after": "{foreign_intent}"}, MISSING, "starting_after", method="GET"),
    Case("/payment/status/{foreign_paid}", None, MISSING, "transaction_id", 404, "GET"),
    Case("/payment/status/{foreign_session}", None, MISSING, "transaction_id", 404, "GET"),
    Case("/v1/customers/{customer}/payment_methods/{foreign_saved}", None, MISSING, "payment_method", 404,
         "GET"),
]  # fmt: skip


@pytest.mark.parametrize("case", FOREIGN, ids=str)
def test_a_strangers_object_cannot_be_named_either(refuses: Callable[[Case], Any], case: Case) -> None:
    refuses(case)


KEYS = [
    Case(INTENTS, PAID, "api_key_expired", status=401, key="{expired_key}"),
    Case(INTENTS, PAID, status=401, key="sk_test_wrong"),
    Case(INTENTS, PAID, status=401, key="\u00e9\u00e8"),
    Case(INTENTS, PAID, status=401, key="x" * 5000),
    Case(INTENTS, PAID, "secret_key_required", status=403, key="{publishable}"),
    Case(REFUNDS, {"charge": "{charge}"}, "secret_key_required", status=403, key="{publishable}"),
    Case(INTENTS, None, "secret_key_required", status=403, key="{publishable}", method="GET"),
    Case("/v1/charges", None, "secret_key_required", status=403, key="{publishable}", method="GET"),
    Case("/v1/customers/{customer}", None, "secret_key_required", status=403, key="{publishable}",
         method="GET"),
    Case("/v1/events", None, "secret_key_required", status=403, key="{publishable}", method="GET"),
    Case("/v1/balance", None, "secret_key_required", status=403, key="{publishable}", method="GET"),
    Case("/payment/status/{paid}", None, "secret_key_required", status=403, key="{publishable}",
         method="GET"),
    Case("/payment/audit", None, "secret_key_required", status=403, key="{publishable}", method="GET"),
    Case(f"{INTENTS}/{{paid}}", None, MISSING, "intent", 404, "GET", "{live_key}"),
    Case(f"{INTENTS}/{{intent}}/confirm", VISA, MISSING, "intent", 404, key="{live_key}"),
    Case(INTENTS, PAID, MISSING, "payment_method", key="{live_key}"),
    Case(f"{INTENTS}/{{paid}}", None, "account_invalid", status=403, method="GET",
         headers={"Stripe-Account": "acct_other"}),
    # A browser's key proves nothing without the intent's own secret.
    Case(f"{INTENTS}/{{intent}}", None, "parameter_missing", "client_secret", 400, "GET", "{publishable}"),
    Case(f"{INTENTS}/{{intent}}", {"client_secret": "{intent}_secret_x"}, MISSING, "client_secret", 404,
         "GET", "{publishable}"),
    Case(f"{INTENTS}/{{paid}}", {"client_secret": "{secret}"}, MISSING, "client_secret", 404, "GET",
         "{publishable}"),
    Case(f"{INTENTS}/{{foreign_intent}}", {"client_secret": "{foreign_secret}"}, MISSING, "intent", 404,
         "GET", "{publishable}"),
    Case(f"{INTENTS}/{{intent}}/confirm", VISA, "parameter_missing", "client_secret", key="{publishable}"),
    Case(f"{INTENTS}/{{intent}}/confirm", {**VISA, "client_secret": "\u00e9"}, MISSING, "client_secret", 404,
         key="{publishable}"),
    *(
        Case(f"{INTENTS}/{{intent}}/confirm", {**VISA, "client_secret": "{secret}", name: value},
             "secret_key_required", name, 403, key="{publishable}")
        for name, value in (("off_session", "true"), ("capture_method", "manual"),
                            ("error_on_requires_action", "true"))
    ),
    Case(f"{INTENTS}/{{intent}}", {"client_secret": "{secret}", "expand[]": "customer"}, None, "expand[0]",
         400, "GET", "{publishable}"),
    Case(f"{INTENTS}/{{intent}}", {"client_secret": "{secret}", "expand[]": "latest_charge"}, None,
         "expand[0]", 400, "GET", "{publishable}"),
]  # fmt: skip


@pytest.mark.parametrize("case", KEYS, ids=str)
def test_a_key_opens_only_what_is_its_own(refuses: Callable[[Case], Any], case: Case) -> None:
    refuses(case)


def test_a_browser_with_the_secret_may_look_and_pay(shop: Any) -> None:
    intent = shop.make("browsers", INTENTS, **INTENT)
    given = {"client_secret": intent["client_secret"]}
    key = shop.known["publishable"]
    path = f"{INTENTS}/{intent['id']}"
    seen = shop.send("GET", path, key, query_string={**given, "expand[]": "payment_method"})
    assert seen.get_json()["id"] == intent["id"]
    paid = shop.send("POST", f"{path}/confirm", key, data={**given, "payment_method": "pm_card_visa"})
    assert paid.get_json()["status"] == "succeeded"


def test_what_cannot_be_expanded_takes_no_money(refuses: Callable[[Case], Any]) -> None:
    for path in (
        "colour",
        "latest_charge.colour",
        "payment_method.subscriptions",
        "data",
        "x" * 300,
        "a.b.c.d.e",
    ):
        code = "property_expansion_max_depth" if path == "a.b.c.d.e" else None
        refuses(Case(INTENTS, {**PAID, "expand[]": path}, code, "expand[0]"))
        refuses(Case(f"{INTENTS}/{{held}}/capture", {"expand[]": path}, code, "expand[0]"))
        refuses(Case(REFUNDS, {"charge": "{charge}", "expand[]": path}, code, "expand[0]"))
