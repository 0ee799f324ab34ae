"""Stripe as an acquirer, by test tokens: the same intents, charges and refunds stand here and there."""

import logging

import pytest
import stripe

from tests.stripe_acquirer.conftest import PEER_KEY, Peer, Shop, at_stripe, reference_on
from tests.support.stripe_proxy import Proxy

pytestmark = pytest.mark.slow


def test_an_approved_payment_stands_in_both_houses(shop: Shop, peer: Peer) -> None:
    intent = shop.pay()
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    (there,) = at_stripe(peer, shop.reference())
    assert (there.status, there.amount_received, there.currency) == ("succeeded", 2000, "usd")
    charge = shop.sdk.v1.charges.retrieve(str(intent.latest_charge))
    assert charge.payment_method_details is not None
    card = charge.payment_method_details.card
    assert card is not None
    assert (card.network, card.last4, card.country) == ("visa", "4242", "US")
    assert isinstance(there.latest_charge, stripe.Charge)
    assert there.latest_charge.payment_method_details is not None
    assert there.latest_charge.payment_method_details.card is not None
    assert card.authorization_code == there.latest_charge.payment_method_details.card.authorization_code


def test_an_authorisation_is_captured_in_part_and_refunded_in_parts(shop: Shop, peer: Peer) -> None:
    intent = shop.pay(capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2000)
    assert at_stripe(peer, shop.reference())[0].status == "requires_capture"
    captured = shop.sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    assert (captured.status, captured.amount_received) == ("succeeded", 1500)
    refunds = [shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": n}) for n in (400, 1100)]
    assert [refund.status for refund in refunds] == ["succeeded", "succeeded"]
    (there,) = at_stripe(peer, shop.reference())
    assert isinstance(there.latest_charge, stripe.Charge)
    assert (there.amount_received, there.latest_charge.amount_refunded) == (1500, 1500)
    kept = peer.sdk.v1.refunds.list({"payment_intent": there.id}).data
    assert sorted(refund.amount for refund in kept) == [400, 1100]
    ours = {attempt.id for attempt in shop.attempts() if attempt.kind == "refund"}
    assert {reference_on(refund) for refund in kept} == ours


def test_an_authorisation_is_voided_when_its_intent_is_canceled(shop: Shop, peer: Peer) -> None:
    intent = shop.pay(capture_method="manual")
    assert shop.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"
    (there,) = at_stripe(peer, shop.reference())
    assert there.status == "canceled"


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("visa_chargeDeclined", "card_declined", "generic_decline"),
        ("visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
        ("chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("radarBlock", "card_declined", "fraudulent"),
    ],
)
def test_a_decline_keeps_the_codes_that_stripe_gave(
    shop: Shop, peer: Peer, token: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=f"pm_card_{token}")
    assert refused.value.code == code
    error = shop.only_intent().last_payment_error
    assert error is not None
    assert (error.code, error.decline_code) == (code, decline_code)
    (there,) = at_stripe(peer, shop.reference())
    assert there.status == "requires_payment_method"
    assert there.last_payment_error is not None
    assert error.network_decline_code == there.last_payment_error.network_decline_code
    assert error.advice_code == there.last_payment_error.advice_code
    assert shop.pay(payment_method="pm_card_visa").status == "succeeded"


def test_a_number_that_no_token_stands_for_is_declined_before_anything_leaves(
    shop: Shop, line: Proxy
) -> None:
    card = {"number": "4000582600000045", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=None, payment_method_data={"type": "card", "card": card})
    assert refused.value.code == "card_declined"
    error = shop.only_intent().last_payment_error
    assert error is not None
    assert error.decline_code == "test_mode_live_card"
    assert line.sent == []


def test_of_a_typed_card_nothing_leaves_but_its_token(
    shop: Shop, line: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    card = {"number": "5555555555554444", "exp_month": 11, "exp_year": 2037, "cvc": "987"}
    fields = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
    asked = {
        "amount": 2000,
        "currency": "usd",
        "confirm": "true",
        "payment_method_data[type]": "card",
        **fields,
    }
    with caplog.at_level(logging.DEBUG):
        # Not by the merchant's SDK, which logs in this very process what it is given.
        paid = shop.house.test_client().post(
            "/v1/payment_intents", data=asked, headers={"Authorization": f"Bearer {shop.secret_key}"}
        )
    assert paid.get_json()["status"] == "succeeded"
    assert b"pm_card_mastercard" in line.sent[0].body
    told = b"".join(sent.path.encode() + sent.body + repr(sent.headers).encode() for sent in line.sent)
    for secret in (b"5555555555554444", b"5555 5555 5555 4444", b"=987", b"2037"):
        assert secret not in told
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "werkzeug")
    assert "Request to Stripe api" in logged  # the SDK's own log is among them
    assert "5555555555554444" not in logged
    assert PEER_KEY not in logged


def test_the_sdk_tells_nothing_of_our_machine_and_keeps_its_module_as_it_was(shop: Shop, line: Proxy) -> None:
    before = stripe.default_http_client  # which a merchant's own SDK of another test may have set
    for _ in range(2):  # its telemetry rides on the request after
        shop.pay()
    assert line.sent
    for sent in line.sent:
        assert not any(name.startswith("x-stripe-client") for name in sent.headers)
    assert (stripe.api_key, stripe.api_base) == (None, "https://api.stripe.com")
    assert stripe.default_http_client is before


def test_what_is_asked_under_an_idempotency_key_is_our_reference(shop: Shop, line: Proxy) -> None:
    intent = shop.pay()
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    assert refund.status == "succeeded"
    authorized, refunded = shop.attempts()
    keys = [sent.headers["idempotency-key"] for sent in line.sent if sent.method == "POST"]
    assert keys == [f"{authorized.id}_create", authorized.id, refunded.id]
