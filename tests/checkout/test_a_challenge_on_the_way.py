"""The hosted page and the issuer's page: going there, coming back, or staying away."""

import pytest
from flask import Flask

from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.cardholder import Cardholder

pytestmark = pytest.mark.slow

MUST_CONFIRM = "4000002760003184"
GOOD = "4242424242424242"


def sent_to_the_bank(app: Flask, till: Till) -> tuple[Buyer, Cardholder, Seen]:
    """A buyer whose card asks for a confirmation."""
    buyer = Buyer(app, till.open_session(cancel_url="https://shop.example/basket"))
    seen = buyer.pay(cardNumber=MUST_CONFIRM)
    assert seen.status == 200
    assert "Your bank asks you to confirm" in seen.text
    assert seen.refresh == seen.links["challenge"]
    return buyer, Cardholder(seen.links["challenge"]), seen


def come_back(buyer: Buyer, address: str) -> Seen:
    """Follow the way back to the session's own page."""
    response = buyer.client.get(address, headers=buyer.headers)
    assert response.status_code == 303, response.text
    assert response.headers["Location"] == f"{buyer.path}?waiting="
    return buyer.open("?waiting=")


def test_a_buyer_who_confirms_is_taken_to_the_shop(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    assert till.get(f"/v1/checkout/sessions/{buyer.session['id']}")["status"] == "open"
    seen = come_back(buyer, holder.enters_the_code())
    assert "Payment received" in seen.text
    assert seen.refresh is not None
    assert seen.refresh.startswith("https://shop.example")
    (charge,) = till.charges_of(buyer.session["id"])
    assert (charge["status"], charge["amount"]) == ("succeeded", 49900)
    again = buyer.client.get(holder.back)
    assert again.headers["Location"] == f"{buyer.path}?waiting="
    assert len(till.charges_of(buyer.session["id"])) == 1


def test_the_banks_page_speaks_the_language_of_ours(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session(locale="pt-BR"), languages="de-DE")
    page = Cardholder(buyer.pay(cardNumber=MUST_CONFIRM).links["challenge"]).open()
    assert '<html lang="pt-BR"' in page
    assert "Confirme seu pagamento" in page
    assert "499,00" in page


@pytest.mark.parametrize("way", ["cancels", "fails"])
def test_a_buyer_who_does_not_confirm_may_try_again(app: Flask, till: Till, way: str) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    if way == "cancels":
        address = holder.cancels()
    else:
        holder.open()
        for _ in range(3):
            holder.send(code="1")
        address = holder.back
    seen = come_back(buyer, address)
    assert "This payment was not confirmed with your bank." in seen.text
    assert "No money has been taken." in seen.text
    assert seen.takes_a_card
    assert "challenge" not in seen.links
    assert "Payment received" in buyer.submit(cardNumber=GOOD).text
    (charge,) = till.charges_of(buyer.session["id"])
    assert charge["status"] == "succeeded"


def test_an_abandoned_challenge_can_be_gone_on_with(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    holder.open()
    seen = buyer.open()
    assert "Your bank still waits for your confirmation" in seen.text
    assert seen.links["challenge"] == holder.url
    assert seen.refresh is None
    assert "Payment received" in come_back(buyer, holder.enters_the_code()).text


def test_another_card_takes_the_place_of_an_abandoned_challenge(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    holder.open()
    assert buyer.open().takes_a_card
    assert "Payment received" in buyer.submit(cardNumber=GOOD).text
    holder.send(code="424242")
    assert holder.state == "withdrawn"
    assert "Payment received" in come_back(buyer, holder.back).text
    (charge,) = till.charges_of(buyer.session["id"])
    assert charge["status"] == "succeeded"


def test_a_card_typed_after_the_challenge_was_passed_pays_nothing_twice(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    buyer.open()
    holder.enters_the_code()  # and closes that window
    seen = buyer.submit(cardNumber=GOOD)
    assert "This has already been paid" in seen.text
    (charge,) = till.charges_of(buyer.session["id"])
    assert charge["status"] == "succeeded"
    assert till.get(f"/v1/checkout/sessions/{buyer.session['id']}")["payment_status"] == "paid"


def test_a_second_card_may_ask_for_a_challenge_too(app: Flask, till: Till) -> None:
    buyer, first, _ = sent_to_the_bank(app, till)
    buyer.open()
    second = Cardholder(buyer.submit(cardNumber=MUST_CONFIRM).links["challenge"])
    assert second.url != first.url
    assert "Payment received" in come_back(buyer, second.enters_the_code()).text
    first.open()
    assert first.state == "withdrawn"


def test_a_session_with_an_open_challenge_may_be_expired(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    holder.open()
    expired = till.post(f"/v1/checkout/sessions/{buyer.session['id']}/expire")
    assert expired["status"] == "expired"
    holder.send(code="424242")
    assert holder.state == "withdrawn"
    response = buyer.client.get(holder.back)
    assert response.status_code == 303
    assert "expired" in look(buyer.client.get(response.headers["Location"])).text
    assert till.charges_of(buyer.session["id"]) == []


def test_a_session_that_was_confirmed_meanwhile_is_paid_and_does_not_expire(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    holder.enters_the_code()
    path = f"/v1/checkout/sessions/{buyer.session['id']}"
    refused = till.client.post(f"{path}/expire", headers=till.headers)
    assert refused.status_code == 400
    assert till.get(path)["status"] == "complete"
    assert len(till.charges_of(buyer.session["id"])) == 1


def test_the_merchant_sees_where_its_customer_is(app: Flask, till: Till) -> None:
    buyer, holder, _ = sent_to_the_bank(app, till)
    session = till.get(f"/v1/checkout/sessions/{buyer.session['id']}")
    intent = till.get(f"/v1/payment_intents/{session['payment_intent']}")
    assert intent["status"] == "requires_action"
    assert intent["next_action"]["redirect_to_url"]["url"] == holder.url
    flat = till.get(f"/payment/status/{buyer.session['id']}")
    assert (flat["status"], flat["redirect_url"]) == ("requires_action", holder.url)


def test_the_plain_endpoint_sends_its_caller_to_the_bank_too(app: Flask, till: Till) -> None:
    begun = till.client.post(
        "/payment/initiate", json={"amount": 2000, "currency": "usd"}, headers=till.headers
    )
    named = {"transaction_id": begun.get_json()["transaction_id"]}
    asked = {
        **named, "payment_method": "pm_card_authenticationRequired", "return_url": "https://shop.example/back",
    }  # fmt: skip
    told = till.client.post("/payment/confirm", json=asked, headers=till.headers).get_json()
    assert told["status"] == "requires_action"
    response = app.test_client().get(Cardholder(told["redirect_url"]).enters_the_code())
    assert response.headers["Location"].startswith("https://shop.example/back?payment_intent=pi_")
    assert till.get(f"/payment/status/{named['transaction_id']}")["status"] == "paid"


def test_a_merchant_may_have_every_buyer_of_a_session_confirm(app: Flask, till: Till) -> None:
    wish = {"card": {"request_three_d_secure": "any"}}
    session = till.open_session(payment_method_options=wish)
    assert session["payment_method_options"] == wish
    buyer = Buyer(app, session)
    seen = buyer.pay(cardNumber="4000000000003055")
    assert "Payment received" in come_back(buyer, Cardholder(seen.links["challenge"]).enters_the_code()).text
