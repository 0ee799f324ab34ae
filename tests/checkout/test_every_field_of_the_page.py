"""Whatever is typed into any field, those found on the page itself: no 500, nothing lost but the CVC."""

import string
from typing import Any

import pytest
from babel import Locale
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.forms import CSRF_FIELD, PaymentForm
from checkout.order_form import OrderForm
from kit.plain_text import unsteered
from tests.support.asked import ANSWERS, EVERYTHING
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.hosted_page import TYPED

EUROS: dict[str, Any] = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Tea"}}
# Pages that have all fields between them, and what is sent so that no example ever pays.
PAGES: dict[str, dict[str, Any]] = {
    "card": {**EVERYTHING, "allow_promotion_codes": True, "customer_creation": "always",
             "saved_payment_method_options": {"payment_method_save": "enabled"}},
    "sepa_debit": {"allowed_payment_method_types": ["card", "sepa_debit"],
                   "line_items": [{"quantity": 1, "price_data": EUROS}]},
}  # fmt: skip
UNPAYABLE = {"card": {"cardExpiry": "13/40"}, "sepa_debit": {"accountHolderName": ""}}
# Blanked on purpose: the security code always, the card's number where another way was chosen.
FORGOTTEN = {"card": ("cardCvc",), "sepa_debit": ("cardCvc", "cardNumber")}
NOT_TYPED = ("hidden", "radio", "checkbox")
TEXT = st.characters(codec="utf-8")
SOMETHING = st.text(TEXT, max_size=40) | st.text(string.digits + "+ -./", max_size=30)
EXAMPLES = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fields_of(seen: Seen) -> dict[str, str]:
    """Return the names of the payment form's fields with their types, out of the page's own HTML."""
    found, inside = {}, False
    for tag, attributes in seen.tags:
        if tag == "form":
            inside = attributes.get("id") == "payment-form"
        elif inside and tag in ("input", "select", "textarea"):
            found[attributes["name"]] = attributes.get("type", "text") if tag == "input" else tag
    found.pop(CSRF_FIELD)
    return found


def typed_into(fields: dict[str, str]) -> list[str]:
    return [name for name, kind in fields.items() if kind not in (*NOT_TYPED, "select")]


def test_the_pages_have_every_field_of_the_form(app: Flask, till: Till) -> None:
    """So that a field which somebody adds is tried below, or this test names it."""
    shown: set[str] = set()
    for asked in PAGES.values():
        shown |= fields_of(Buyer(app, till.open_session(**asked)).open()).keys()
    with app.test_request_context():
        names = {field.name for field in PaymentForm(None, Locale("en"))} - {CSRF_FIELD}
    assert names == shown


@pytest.mark.parametrize("method", list(PAGES))
@EXAMPLES
@given(data=st.data())
def test_nothing_that_was_typed_is_lost_but_the_security_code(
    app: Flask, till: Till, method: str, data: st.DataObject
) -> None:
    session = till.open_session(**PAGES[method])
    buyer = Buyer(app, session)
    fields = fields_of(buyer.open())
    typed = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(fields, SOMETHING)))
    wrong = {"paymentMethod": method, **UNPAYABLE[method]}
    sent = {**ANSWERS, **TYPED, **typed, **wrong}
    seen = buyer.submit(**sent)
    assert seen.status == 422
    assert seen.values["cardCvc"] == ""
    for name in typed_into(fields):
        if name not in FORGOTTEN[method]:
            assert seen.values[name] == unsteered(sent.get(name, "").strip()), name
    assert till.charges_of(session["id"]) == []


def order_fields(app: Flask) -> list[str]:
    """Return the names of the small forms' fields: codes, quantities, deliveries, cards, lines."""
    with app.test_request_context():
        return [field.name for field in OrderForm() if field.name != CSRF_FIELD]


def test_the_order_form_takes_anything(app: Flask, till: Till) -> None:
    """Each field alone and all together, of the order's own line and of none."""
    lines = [{"quantity": 2, "price_data": EUROS, "adjustable_quantity": {"enabled": True, "minimum": 1}}]
    rate = {"type": "fixed_amount", "display_name": "Post", "fixed_amount": {"amount": 0, "currency": "eur"}}
    asked = {
        "line_items": lines,
        "allow_promotion_codes": True,
        "shipping_options": [{"shipping_rate_data": rate}],
        "shipping_address_collection": {"allowed_countries": ["DE"]},
    }

    @EXAMPLES
    @given(typed=st.fixed_dictionaries({}, optional=dict.fromkeys(order_fields(app), SOMETHING)), own=...)
    def anything(typed: dict[str, str], own: bool) -> None:
        session = till.open_session(**asked)
        line = till.get(f"/v1/checkout/sessions/{session['id']}/line_items")["data"][0]["id"]
        buyer = Buyer(app, session)
        buyer.open()
        sent = {**typed, "line": line} if own else typed
        data = {CSRF_FIELD: buyer.token, **sent}
        seen = look(buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers))
        assert seen.status in (303, 422), seen.text
        if seen.status == 422 and set(sent) == {"promotionCode"}:
            assert seen.values["promotionCode"] == unsteered(typed["promotionCode"].strip())
        now = till.get(f"/v1/checkout/sessions/{session['id']}")
        assert now["status"] == "open"
        assert now["amount_total"] % EUROS["unit_amount"] == 0  # whole pieces, whatever was typed

    anything()
