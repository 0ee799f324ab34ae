"""Every card of Stripe's testing page, typed on the hosted page, ends as Stripe says it does."""

import csv
from pathlib import Path

import pytest
from flask import Flask

from payments.charging.card_brands import brand_of
from tests.support.buyer import Buyer, Till
from tests.support.cardholder import Cardholder

pytestmark = pytest.mark.slow

TABLE = Path(__file__).parent.parent / "bank" / "test_cards.csv"
CARDS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
# Of 3-D Secure: these pass without a challenge, this one is declined without, these are declined after it.
PASSES_WITHOUT_CHALLENGE = {"4000000000003055", "4000000000003097", "4000000032200000"}
DECLINED_WITHOUT_CHALLENGE = "4000008400001280"
DECLINED_AFTER_CHALLENGE = {
    "4000008260003178": "insufficient_funds",
    "4000008400001629": "generic_decline",
}
GENERAL = "Your card was declined."
SAID = {
    "insufficient_funds": "Your card has insufficient funds.",
    "card_velocity_exceeded": "Your card has reached its limit for now.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card.",
}


def refusal(card: dict[str, str]) -> tuple[str, str] | None:
    """The error and decline code that a card must end with, None where it pays."""
    match card["behaviour"]:
        case "declined" | "declined_after_attach":
            return card["error_code"], card["decline_code"]
        case "three_d_secure" if card["number"] == DECLINED_WITHOUT_CHALLENGE:
            return "card_declined", "processing_error"
        case "three_d_secure" if card["number"] in DECLINED_AFTER_CHALLENGE:
            return "card_declined", DECLINED_AFTER_CHALLENGE[card["number"]]
        case _:
            return ("card_declined", "fraudulent") if card["token_suffix"] == "radarBlock" else None


def is_challenged(card: dict[str, str]) -> bool:
    without = PASSES_WITHOUT_CHALLENGE | {DECLINED_WITHOUT_CHALLENGE}
    return card["behaviour"] == "three_d_secure" and card["number"] not in without


def typed(card: dict[str, str]) -> dict[str, str]:
    brand = brand_of(card["number"])
    return {"cardNumber": card["number"], "cardCvc": "1234" if brand and brand.cvc_length == 4 else "123"}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card["number"])
def test_a_test_card_does_what_stripe_says(app: Flask, till: Till, card: dict[str, str]) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    seen = buyer.pay(**typed(card))
    if is_challenged(card):
        assert till.charges_of(session["id"]) == []
        buyer.client.get(Cardholder(seen.links["challenge"]).answers_rightly())
        seen = buyer.open("?waiting=")
    charges = till.charges_of(session["id"])
    refused = refusal(card)
    if card["behaviour"] == "invalid_number":
        assert seen.status == 422
        assert "Your card number is invalid." in seen.text
        assert charges == []
    elif refused is None:
        assert seen.refresh, seen.text
        assert [(charge["status"], charge["amount"]) for charge in charges] == [("succeeded", 49900)]
    else:
        code, decline_code = refused
        assert seen.status == (200 if is_challenged(card) else 402)
        assert SAID.get(decline_code, GENERAL) in seen.text
        assert "No money has been taken." in seen.text
        assert [charge["failure_code"] for charge in charges] == [code]
        intent = till.get(f"/v1/payment_intents/{charges[0]['payment_intent']}")
        assert intent["last_payment_error"]["decline_code"] == decline_code
        assert till.get(f"/v1/checkout/sessions/{session['id']}")["status"] == "open"
