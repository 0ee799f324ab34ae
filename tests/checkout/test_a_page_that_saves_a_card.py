"""A Checkout Session of the mode `setup`: the page keeps a card, and takes no money."""

import re
from typing import Any

import pytest

from tests.support.buyer import Buyer, Till
from tests.support.cardholder import Cardholder
from tests.support.hosted_page import INSUFFICIENT_FUNDS

MUST_CONFIRM = "4000002760003184"


def opened(till: Till, **more: Any) -> dict[str, Any]:
    given = {"mode": "setup", "success_url": "https://shop.example/done?session={CHECKOUT_SESSION_ID}"}
    return till.post("/v1/checkout/sessions", {**given, **more})


def event_types(till: Till) -> list[str]:
    return [event["type"] for event in till.get("/v1/events?limit=100")["data"]][::-1]


def test_a_setup_session_has_no_amounts_and_an_intent_from_the_start(till: Till) -> None:
    session = opened(till, currency="eur", setup_intent_data={"description": "Membership"})
    assert (session["amount_total"], session["amount_subtotal"], session["total_details"]) == (None,) * 3
    assert (session["payment_status"], session["currency"]) == ("no_payment_required", "eur")
    assert session["payment_intent"] is None
    intent = till.get(f"/v1/setup_intents/{session['setup_intent']}")
    assert (intent["status"], intent["description"]) == ("requires_payment_method", "Membership")
    for verb in ("confirm", "cancel"):
        response = till.client.post(f"/v1/setup_intents/{intent['id']}/{verb}", headers=till.headers, data={})
        assert response.status_code == 400
        assert response.get_json()["error"]["code"] == "setup_intent_unexpected_state"


def test_a_card_is_saved_for_the_customer(till: Till) -> None:
    customer = till.post("/v1/customers", {"email": "jenny@example.com"})["id"]
    session = opened(till, customer=customer)
    buyer = Buyer(till.app, session)
    page = buyer.open()
    assert "Save card" in page.text
    assert "You are not charged now" in page.text
    assert "0.00" not in page.text
    seen = buyer.submit()
    assert (seen.status, seen.refresh) == (200, f"https://shop.example/done?session={session['id']}")
    assert "Your card is saved" in seen.text
    done = till.get(f"/v1/checkout/sessions/{session['id']}?expand[]=setup_intent")
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert done["setup_intent"]["status"] == "succeeded"
    (kept,) = till.get(f"/v1/customers/{customer}/payment_methods")["data"]
    assert kept["id"] == done["setup_intent"]["payment_method"]
    assert event_types(till)[1:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]
    again = buyer.submit()
    assert "You have not been charged" in again.text
    assert not till.get("/v1/charges")["data"]
    flat = till.get(f"/payment/status/{session['id']}")
    assert (flat["status"], flat["currency"]) == ("card_saved", None)


def test_a_customer_is_made_where_the_shop_asks_for_one(till: Till) -> None:
    session = opened(till, customer_creation="always")
    assert Buyer(till.app, session).pay().status == 200
    done = till.get(f"/v1/checkout/sessions/{session['id']}")
    assert till.get(f"/v1/customers/{done['customer']}/payment_methods")["data"]


def test_a_refused_card_may_be_followed_by_another(till: Till) -> None:
    buyer = Buyer(till.app, opened(till))
    refused = buyer.pay(cardNumber=INSUFFICIENT_FUNDS)
    assert refused.status == 402
    assert "insufficient funds" in refused.text
    assert refused.takes_a_card
    assert buyer.submit().status == 200
    assert event_types(till)[-3:] == [
        "setup_intent.setup_failed",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize("passed", [True, False])
def test_a_challenge_leads_to_the_bank_and_back(till: Till, passed: bool) -> None:
    session = opened(till)
    buyer = Buyer(till.app, session)
    sent = buyer.pay(cardNumber=MUST_CONFIRM)
    assert sent.refresh is not None
    holder = Cardholder(sent.refresh)
    back = buyer.client.get(holder.enters_the_code() if passed else holder.cancels())
    assert back.headers["Location"].startswith(f"/c/pay/{session['id']}")
    page = buyer.open("?waiting=")
    assert ("Your card is saved" in page.text) == passed
    assert page.takes_a_card != passed
    assert till.get(f"/v1/checkout/sessions/{session['id']}")["status"] == ("complete" if passed else "open")


def test_an_expired_session_ends_its_intent_and_may_be_opened_anew(till: Till) -> None:
    session = opened(till, after_expiration={"recovery": {"enabled": True}}, currency="eur")
    ended = till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    assert till.get(f"/v1/setup_intents/{session['setup_intent']}")["status"] == "canceled"
    assert event_types(till)[-2:] == ["setup_intent.canceled", "checkout.session.expired"]
    path = "/c/recover/" + ended["after_expiration"]["recovery"]["url"].rpartition("/")[2]
    reopened = till.client.get(path).headers["Location"].rpartition("/")[2]
    successor = till.get(f"/v1/checkout/sessions/{reopened}")
    assert (successor["mode"], successor["recovered_from"]) == ("setup", session["id"])
    assert Buyer(till.app, successor).pay().status == 200


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        ({"currency": "xyz"}, "currency"),
        ({"payment_method_types": ["klarna"]}, "payment_method_types[0]"),
    ],
)
def test_what_belongs_to_payments_is_refused(till: Till, more: dict[str, Any], param: str) -> None:
    with pytest.raises(AssertionError, match=f'"param": "{re.escape(param)}"'):
        opened(till, **more)
