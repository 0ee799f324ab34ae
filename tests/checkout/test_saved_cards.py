"""A returning customer's cards: kept with consent alone, shown by their last digits, chosen, removed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from checkout import pages
from kit.database import db
from payments.charging.payment_methods import PaymentMethod
from tests.checkout.test_orders_that_change import change
from tests.support.buyer import Buyer, Till, flat
from tests.support.factories import create_merchant
from tests.support.hosted_page import INSUFFICIENT_FUNDS

SAVING = {"saved_payment_method_options": {"payment_method_save": "enabled"}}
REMOVING = {"saved_payment_method_options": {"payment_method_remove": "enabled"}}


@pytest.fixture
def jenny(till: Till) -> str:
    made: str = till.post("/v1/customers", {"email": "jenny@example.com"})["id"]
    return made


def keep(till: Till, customer: str, token: str = "visa", redisplay: str = "always") -> str:
    """Keep a card for a customer, by API."""
    card = till.post(f"/v1/payment_methods/pm_card_{token}/attach", {"customer": customer})["id"]
    till.post(f"/v1/payment_methods/{card}", {"allow_redisplay": redisplay})
    return str(card)


def session_of(till: Till, buyer: Buyer) -> dict[str, Any]:
    return till.get(f"/v1/checkout/sessions/{buyer.session['id']}")


def untouched(till: Till, buyer: Buyer) -> bool:
    session = session_of(till, buyer)
    return (session["status"], till.charges_of(session["id"])) == ("open", [])


def cards_of(till: Till, customer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = till.get(f"/v1/customers/{customer}/payment_methods")["data"]
    return found


def test_a_ticked_box_keeps_the_card_and_the_next_order_is_paid_with_it(
    app: Flask, till: Till, jenny: str
) -> None:
    first = Buyer(app, till.open_session(customer=jenny, **SAVING))
    assert "savePaymentMethod" not in first.open().values
    assert first.submit(savePaymentMethod="yes").status == 200
    (card,) = cards_of(till, jenny)
    assert (card["allow_redisplay"], card["card"]["last4"]) == ("always", "4242")
    intent = till.get(f"/v1/payment_intents/{session_of(till, first)['payment_intent']}")
    assert intent["setup_future_usage"] == "on_session"
    second = Buyer(app, till.open_session(customer=jenny))
    seen = second.open()
    assert seen.values["paymentMethod"] == card["id"]
    assert "Visa •••• 4242 Visa ending in 4242 Expires 04 / 2040" in seen.text
    assert card["card"]["fingerprint"] not in seen.html
    blank = dict.fromkeys(("cardNumber", "cardExpiry", "cardCvc", "billingName"), "")
    assert second.submit(paymentMethod=card["id"], **blank).status == 200
    (charge,) = till.charges_of(second.session["id"])
    assert (charge["payment_method"], charge["paid"]) == (card["id"], True)
    details = session_of(till, second)["customer_details"]
    assert (details["name"], details["address"]["country"]) == ("Asha Rao", "IN")
    assert len(cards_of(till, jenny)) == 1


@pytest.mark.parametrize("ticked", ["", "no"])
def test_a_card_without_consent_is_not_kept(app: Flask, till: Till, jenny: str, ticked: str) -> None:
    buyer = Buyer(app, till.open_session(customer=jenny, **SAVING))
    assert buyer.pay(savePaymentMethod=ticked).status == 200
    assert cards_of(till, jenny) == []
    (charge,) = till.charges_of(buyer.session["id"])
    with app.app_context():
        method = db.session.get(PaymentMethod, charge["payment_method"])
        assert method is not None
        assert (method.sealed_number, method.allow_redisplay) == (None, "unspecified")


def test_consent_is_of_the_try_that_pays(app: Flask, till: Till, jenny: str) -> None:
    buyer = Buyer(app, till.open_session(customer=jenny, **SAVING))
    seen = buyer.pay(cardNumber=INSUFFICIENT_FUNDS, savePaymentMethod="yes")
    assert (seen.status, seen.values["savePaymentMethod"]) == (402, "yes")
    assert buyer.submit().status == 200
    assert cards_of(till, jenny) == []


def test_a_tick_where_nothing_was_offered_keeps_nothing(app: Flask, till: Till, jenny: str) -> None:
    assert Buyer(app, till.open_session(customer=jenny)).pay(savePaymentMethod="yes").status == 200
    assert cards_of(till, jenny) == []


def test_a_guest_who_wants_to_be_known_gets_a_customer_with_the_card(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session(customer_creation="always", **SAVING))
    assert buyer.pay(savePaymentMethod="yes").status == 200
    (card,) = cards_of(till, session_of(till, buyer)["customer"])
    assert card["allow_redisplay"] == "always"


def test_a_card_kept_at_the_merchants_wish_is_shown_only_where_it_asks(
    app: Flask, till: Till, jenny: str
) -> None:
    later = {"payment_intent_data": {"setup_future_usage": "off_session"}}
    assert Buyer(app, till.open_session(customer=jenny, **later)).pay().status == 200
    (card,) = cards_of(till, jenny)
    assert card["allow_redisplay"] == "limited"
    assert card["id"] not in Buyer(app, till.open_session(customer=jenny)).open().html
    asked = {"saved_payment_method_options": {"allow_redisplay_filters": ["always", "limited"]}}
    session = till.open_session(customer=jenny, **asked)
    assert session["saved_payment_method_options"]["allow_redisplay_filters"] == ["always", "limited"]
    assert Buyer(app, session).open().values["paymentMethod"] == card["id"]


def test_a_card_kept_by_a_setup_session_is_shown(app: Flask, till: Till, jenny: str) -> None:
    assert Buyer(app, till.open_session(mode="setup", line_items=None, customer=jenny)).pay().status == 200
    (card,) = cards_of(till, jenny)
    assert card["allow_redisplay"] == "always"
    assert Buyer(app, till.open_session(customer=jenny)).open().values["paymentMethod"] == card["id"]


def test_a_page_that_saves_a_card_lists_none_and_takes_none_by_its_id(
    app: Flask, till: Till, jenny: str
) -> None:
    """`saved_payment_method_options` are for the modes payment and subscription, in Stripe's reference."""
    kept = keep(till, jenny)
    setup = {"mode": "setup", "customer": jenny, "success_url": "https://shop.example/done"}
    buyer = Buyer(app, till.post("/v1/checkout/sessions", setup))
    seen = buyer.open()
    assert (kept in seen.html, "ending in" in seen.text, seen.takes_a_card) == (False, False, True)
    assert buyer.submit(paymentMethod=kept).status == 422
    assert session_of(till, buyer)["status"] == "open"
    refused = till.client.post(
        "/v1/checkout/sessions", headers=till.headers, data=dict(flat(setup | REMOVING))
    )
    assert refused.status_code == 400
    assert refused.get_json()["error"]["param"] == "saved_payment_method_options"


def test_another_card_can_be_typed_beside_the_saved_ones(app: Flask, till: Till, jenny: str) -> None:
    kept = keep(till, jenny)
    buyer = Buyer(app, till.open_session(customer=jenny))
    assert buyer.pay(paymentMethod="card").status == 200
    (charge,) = till.charges_of(buyer.session["id"])
    assert charge["payment_method"] != kept


def test_an_expired_card_is_not_offered(app: Flask, till: Till, jenny: str) -> None:
    kept = keep(till, jenny)
    with app.app_context():
        card = db.session.get(PaymentMethod, kept)
        assert card is not None
        card.card = card.card | {"exp_year": 2020}
        db.session.commit()
    buyer = Buyer(app, till.open_session(customer=jenny))
    assert kept not in buyer.open().html
    assert buyer.submit(paymentMethod=kept).status == 422
    assert untouched(till, buyer)


def test_a_saved_card_that_is_declined_stays_chosen(app: Flask, till: Till, jenny: str) -> None:
    kept = keep(till, jenny, "chargeCustomerFail")
    buyer = Buyer(app, till.open_session(customer=jenny))
    seen = buyer.pay(paymentMethod=kept)
    assert (seen.status, seen.values["paymentMethod"]) == (402, kept)
    assert "No money has been taken." in seen.text
    assert buyer.submit(paymentMethod="card").status == 200


@pytest.mark.parametrize("whose", ["another customer's", "another merchant's", "nobody's", "made up"])
def test_a_strange_card_posted_by_hand_is_refused(app: Flask, till: Till, jenny: str, whose: str) -> None:
    if whose == "another customer's":
        strange = keep(till, till.post("/v1/customers", {"email": "asha@example.com"})["id"])
    elif whose == "another merchant's":
        other = Till(app, create_merchant(app, "Other")[1])
        strange = keep(other, other.post("/v1/customers", {"email": "jenny@example.com"})["id"])
    elif whose == "nobody's":
        card = {"number": "4242424242424242", "exp_month": 4, "exp_year": 2040}
        strange = till.post("/v1/payment_methods", {"type": "card", "card": card})["id"]
    else:
        strange = "pm_card_visa"
    keep(till, jenny)
    buyer = Buyer(app, till.open_session(customer=jenny, **REMOVING))
    seen = buyer.pay(paymentMethod=strange)
    assert (seen.status, "can no longer be used here" in seen.text) == (422, True)
    assert untouched(till, buyer)
    seen = change(buyer, removeSavedCard=strange)
    assert (seen.status, "not among your saved cards" in seen.text) == (422, True)
    if whose.startswith("another"):
        assert strange not in Buyer(app, till.open_session(customer=jenny)).open().html


def test_a_card_removed_in_one_window_pays_in_no_other(app: Flask, till: Till, jenny: str) -> None:
    kept = keep(till, jenny)
    one, other = (Buyer(app, till.open_session(customer=jenny, **REMOVING)) for _ in range(2))
    assert one.open().values["paymentMethod"] == kept
    assert other.open().values["paymentMethod"] == kept
    seen = change(one, removeSavedCard=kept)
    assert (seen.status, kept in seen.html) == (200, False)
    assert cards_of(till, jenny) == []
    seen = other.submit(paymentMethod=kept)
    assert (seen.status, "can no longer be used here" in seen.text) == (422, True)
    assert untouched(till, other)
    assert change(other, removeSavedCard=kept).status == 422


def test_a_card_detached_between_the_check_and_the_payment_is_not_charged(
    app: Flask, till: Till, jenny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep(till, jenny)
    buyer = Buyer(app, till.open_session(customer=jenny))
    buyer.open()
    paid = pages.paid

    def too_late(session_id: str, form: Any) -> Any:
        path = f"/v1/payment_methods/{kept}/detach"
        with ThreadPoolExecutor(1) as another:  # with a database session of its own
            response = another.submit(app.test_client().post, path, headers=till.headers).result()
        assert response.status_code == 200
        return paid(session_id, form)

    monkeypatch.setattr(pages, "paid", too_late)
    seen = buyer.submit(paymentMethod=kept)
    assert seen.status == 409
    assert "No money has been taken." in seen.text
    assert untouched(till, buyer)


def test_a_card_is_removed_only_where_the_merchant_allows_it(app: Flask, till: Till, jenny: str) -> None:
    kept = keep(till, jenny)
    buyer = Buyer(app, till.open_session(customer=jenny))
    assert "removeSavedCard" not in buyer.open().html
    assert change(buyer, removeSavedCard=kept).status == 422
    assert len(cards_of(till, jenny)) == 1


def test_a_deleted_customers_cards_are_not_offered(app: Flask, till: Till, jenny: str) -> None:
    kept = keep(till, jenny)
    buyer = Buyer(app, till.open_session(customer=jenny))
    app.test_client().delete(f"/v1/customers/{jenny}", headers=till.headers)
    assert kept not in buyer.open().html
    assert buyer.submit(paymentMethod=kept).status == 422
