"""Each page: empty and with data, for its own account and mode alone, safe whatever words it shows."""

import re
from typing import Any

import pytest
from flask import Flask

from dashboard.lists import ROWS
from kit import clock, database
from kit.database import db
from kit.ids import new_id
from payments.balance import balance
from tests.support.desk import Desk, Shop, Sight, open_shop
from webhooks.attempts import DeliveryAttempt
from webhooks.outbox import Delivery

LISTS = (
    "",
    "/payments",
    "/checkout-sessions",
    "/payment-links",
    "/ledger",
    "/events",
    "/webhooks",
    "/keys",
    "/audit",
)


def is_safe(seen: Sight) -> None:
    headers = seen.response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert seen.inline == []
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!localhost|127\.0\.0\.1)', seen.html)


@pytest.fixture
def filled(shop: Shop) -> dict[str, str]:
    """One object of each kind; gives the address of its page by kind."""
    endpoint = shop.till.post(
        "/v1/webhook_endpoints", {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    )
    session = shop.till.open_session(customer_email="known@example.com", metadata={"order": "6735"})
    price = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Roses"}}
    link = shop.till.post("/v1/payment_links", {"line_items": [{"price_data": price, "quantity": 1}]})
    intent = shop.pay()
    shop.till.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 900})
    events = shop.till.get("/v1/events?type=charge.refunded")["data"]
    return {
        "payment": f"/payments/{intent['id']}",
        "checkout session": f"/checkout-sessions/{session['id']}",
        "payment link": f"/payment-links/{link['id']}",
        "event": f"/events/{events[0]['id']}",
        "webhook": f"/webhooks/{endpoint['id']}",
    }


@pytest.mark.parametrize("path", [*LISTS, "/login", "/nowhere"])
def test_every_page_shows_itself_while_there_is_nothing_yet(desk: Desk, path: str) -> None:
    seen = desk.open(f"/dashboard{path}")
    assert seen.status == {"/login": 303, "/nowhere": 404}.get(path, 200)
    is_safe(seen)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_shows_what_there_is(desk: Desk, filled: dict[str, str], path: str) -> None:
    seen = desk.open(f"/dashboard{path}")
    assert seen.status == 200
    is_safe(seen)
    shown = filled | {"keys": "/keys"}
    kinds = {
        "": "payment", "/payments": "payment", "/checkout-sessions": "checkout session",
        "/payment-links": "payment link", "/events": "event",
        "/webhooks": "webhook", "/keys": "keys", "/audit": "payment", "/ledger": "payment",
    }  # fmt: skip
    assert f"/dashboard{shown[kinds[path]]}" in seen.links


def test_a_payment_tells_all_that_happened_to_it(desk: Desk, filled: dict[str, str]) -> None:
    seen = desk.open(f"/dashboard{filled['payment']}")
    is_safe(seen)
    for words in (
        "$49.00", "Partially refunded", "asha@example.com", "Visa •••• 4242", "$9.00", "Payment complete.",
        "payment_intent.succeeded", "charge.refunded", "refund.created", "POST /v1/refunds",
    ):  # fmt: skip
        assert words in seen.text, words


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        ("tok_chargeDeclinedInsufficientFunds", "Failed", "Your card has insufficient funds."),
        ("tok_radarBlock", "Failed", "Your card was declined."),
    ],
)
def test_a_declined_payment_says_why(shop: Shop, desk: Desk, token: str, status: str, words: str) -> None:
    method = {"type": "card", "card": {"token": token}}
    given = {"amount": 4900, "currency": "usd", "confirm": True, "payment_method_data": method}
    refusal = shop.till.client.post("/v1/payment_intents", data=_flat(given), headers=shop.till.headers)
    intent_id = refusal.get_json()["error"]["payment_intent"]["id"]
    seen = desk.open(f"/dashboard/payments/{intent_id}")
    assert seen.status == 200
    assert status in seen.text
    assert words in seen.text
    assert f"/dashboard/payments/{intent_id}/refund" not in seen.forms


def test_a_payment_that_waits_for_its_customer_at_the_bank_is_incomplete(shop: Shop, desk: Desk) -> None:
    challenged = {
        "payment_method": "pm_card_authenticationRequired",
        "return_url": "https://shop.example/back",
    }
    given = {"amount": 4900, "currency": "usd", "confirm": True, **challenged}
    intent = shop.till.post("/v1/payment_intents", given)
    assert intent["status"] == "requires_action"
    for path in ("/payments", f"/payments/{intent['id']}"):
        seen = desk.open(f"/dashboard{path}")
        assert "Incomplete" in seen.text
        assert "Processing" not in seen.text


def test_a_checkout_session_tells_what_it_sells_and_how_it_stands(desk: Desk, filled: dict[str, str]) -> None:
    seen = desk.open(f"/dashboard{filled['checkout session']}")
    is_safe(seen)
    for words in ("₹499.00", "Marigold field guide", "known@example.com", "Open", "6735", "₹50.00"):
        assert words.lower() in seen.text.lower(), words


def test_an_event_tells_how_it_was_delivered(
    app: Flask, shop: Shop, desk: Desk, filled: dict[str, str]
) -> None:
    event_id = filled["event"].rpartition("/")[2]
    with app.app_context():
        delivery = db.session.scalars(db.select(Delivery).where(Delivery.event_id == event_id)).one()
        db.session.add(_attempt(shop, delivery, response_body="<b>out of tulips</b>"))
        database.commit()
    seen = desk.open(f"/dashboard{filled['event']}")
    is_safe(seen)
    for words in (
        "charge.refunded", "https://shop.example/hook", "attempt 1, 31 ms", "503", "<b>out of tulips</b>",
        '"amount_refunded": 900',
    ):  # fmt: skip
        assert words in seen.text, words
    assert filled["event"] in str(desk.open(f"/dashboard{filled['webhook']}").links)


def _attempt(shop: Shop, delivery: Delivery, **facts: Any) -> DeliveryAttempt:
    given: dict[str, Any] = {
        "id": new_id("wha_"), "account_id": shop.account_id, "livemode": False, "created": clock.now(),
        "delivery_id": delivery.id, "event_id": delivery.event_id, "endpoint_id": delivery.endpoint_id,
        "number": 1, "url": "https://shop.example/hook", "request_headers": {"Stripe-Signature": "t=1,v1=0"},
        "pending_webhooks": 1, "response_status": 503, "response_headers": {"Server": "till"},
        "truncated": False, "elapsed_ms": 31, "reason": "status", "detail": None,
    }  # fmt: skip
    return DeliveryAttempt(**given | facts)


@pytest.mark.parametrize("kind", ["payment", "checkout session", "event", "webhook"])
def test_another_accounts_object_is_as_absent_as_one_that_never_was(
    app: Flask, filled: dict[str, str], kind: str
) -> None:
    stranger = open_shop(app).desk()
    foreign = stranger.open(f"/dashboard{filled[kind]}")
    absent = stranger.open(f"/dashboard{filled[kind][:-4]}zzzz")
    assert foreign.status == absent.status == 404
    assert foreign.html == absent.html
    is_safe(foreign)


def test_another_accounts_objects_stand_in_no_list(app: Flask, filled: dict[str, str]) -> None:
    stranger = open_shop(app).desk()
    for path in LISTS:
        links = stranger.open(f"/dashboard{path}").links
        assert not {f"/dashboard{address}" for address in filled.values()} & set(links)


def test_live_mode_shows_no_test_object_and_is_kept_until_switched_back(
    desk: Desk, filled: dict[str, str]
) -> None:
    home = desk.follow(desk.press(desk.open("/dashboard"), "/dashboard/mode"))
    assert "No payment yet." in home.text
    assert "Test mode" not in home.text
    assert desk.open(f"/dashboard{filled['payment']}").status == 404
    back = desk.follow(desk.press(home, "/dashboard/mode"))
    assert "Test mode" in back.text
    assert desk.open(f"/dashboard{filled['payment']}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/payments/pi_%00", "/payments/%F0%9F%92%B8", "/payments/" + "a" * 3000, "/payments/'%20OR%201=1--",
        "/events/%3Cb%3E", "/logs/req_nothing", "/logs/%00", "/keys/x/y", "/payments?older_than=%00",
        "/payments?older_than=pi_nothing", "/payments?newer_than=evt_1",
        "/webhooks/we_nothing", "/ledger/txn_nothing", "/ledger/%00", "/keys/key_nothing",
        "/checkout-sessions/cs_test_x",
    ],
)  # fmt: skip
def test_an_address_that_names_nothing_is_not_found(desk: Desk, path: str) -> None:
    seen = desk.open(f"/dashboard{path}")
    assert seen.status == 404
    assert "There is nothing here" in seen.text
    is_safe(seen)


def test_a_slash_too_many_leads_home(desk: Desk) -> None:
    assert desk.follow(desk.open("/dashboard/")).status == 200


def test_a_fault_of_ours_tells_nothing_of_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RuntimeError("the ledger's secret")

    monkeypatch.setattr(balance, "retrieve", fails)
    seen = desk.open("/dashboard")
    assert seen.status == 500
    assert "Something went wrong on our side" in seen.text
    assert "secret" not in seen.html
    is_safe(seen)


def test_a_method_that_a_page_does_not_have_changes_nothing(desk: Desk) -> None:
    assert desk.post("/dashboard/payments", {}).status in (404, 405)
    assert desk.open("/dashboard/payments/pi_1/refund").status == 404


def test_a_form_larger_than_anyone_types_is_refused(desk: Desk) -> None:
    seen = desk.post("/dashboard/webhooks", {"url": "x" * 20_000})
    assert seen.status == 413
    is_safe(seen)


def test_the_merchants_and_the_customers_words_are_never_markup(app: Flask) -> None:
    shop = open_shop(app, name='<script>alert("shop")</script>')
    words = '"><img src=x onerror=alert(1)>'
    shop.till.post("/v1/payment_intents", {"amount": 500, "currency": "usd", "description": words})
    session = shop.till.open_session(metadata={"note": words}, client_reference_id=words)
    intent = shop.till.get("/v1/payment_intents")["data"][0]
    for path in ("", f"/payments/{intent['id']}", f"/checkout-sessions/{session['id']}", "/audit"):
        seen = shop.desk().open(f"/dashboard{path}")
        assert seen.status == 200
        is_safe(seen)


def test_lists_page_by_cursor_both_ways(shop: Shop, desk: Desk) -> None:
    for _ in range(ROWS + 3):
        shop.till.post("/v1/payment_intents", {"amount": 500, "currency": "usd"})
    first = desk.open("/dashboard/payments")
    second = desk.open(next(link for link in first.links if "older_than" in link))
    assert len(_payments(first)) == ROWS
    assert len(_payments(second)) == 3
    assert not set(_payments(first)) & set(_payments(second))
    assert not any("older_than" in link for link in second.links)
    assert not any("newer_than" in link for link in first.links)
    again = desk.open(next(link for link in second.links if "newer_than" in link))
    assert _payments(again) == _payments(first)
    assert not any("newer_than" in link for link in again.links)


def _payments(seen: Sight) -> list[str]:
    return [link for link in seen.links if "/payments/pi_" in link]


def _flat(given: dict[str, Any]) -> dict[str, str]:
    method = given.pop("payment_method_data")
    plain = {name: str(value).lower() for name, value in given.items()}
    return plain | {
        "payment_method_data[type]": method["type"],
        "payment_method_data[card][token]": method["card"]["token"],
    }
