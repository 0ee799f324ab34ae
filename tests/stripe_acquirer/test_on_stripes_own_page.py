"""`redirect`: the customer pays on Stripe's page; its session is written down before anybody is sent."""

from typing import Any

import pytest
import requests
import stripe

from payments.acquirers import stripe_records
from payments.acquirers.stripe_psp import StripeAcquirer
from payments.bank import acquirers
from tests.stripe_acquirer.conftest import PEER_KEY, Peer, Shop, sweep
from tests.stripe_acquirer.test_crashes_and_races import dies
from tests.stripe_acquirer.test_webhooks_of_stripe import drain, event, post
from tests.support.stripe_proxy import Proxy, lost_answer, lost_question
from tests.support.unreliable import PowerCut

pytestmark = pytest.mark.slow

CREATE = "POST /v1/checkout/sessions"
RETRIEVE = "GET /v1/checkout/sessions/:id"
EXPIRE = "POST /v1/checkout/sessions/:id/expire"


@pytest.fixture
def away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, whose customers pay on Stripe's page."""
    adapter = shop.acquirer()
    sends_away = StripeAcquirer(adapter.name, adapter.requests, adapter.line, mode="redirect")
    monkeypatch.setitem(acquirers, "stripe", sends_away)
    return shop


def begun(shop: Shop, **overrides: Any) -> stripe.PaymentIntent:
    """A payment whose customer is to go to Stripe's page."""
    intent = shop.pay(return_url="https://shop.example/back", **overrides)
    assert intent.status == "requires_action"
    return intent


def sessions(peer: Peer, shop: Shop) -> list[stripe.checkout.Session]:
    """Every session that Stripe has of the newest reference."""
    newest = peer.sdk.v1.checkout.sessions.list({"limit": 100}).data
    return [session for session in newest if session.client_reference_id == shop.reference()]


def pays_there(peer: Peer, session_id: str, token: str = "pm_card_visa") -> int:
    """The customer pays on Stripe's page; return how that was answered."""
    paid = requests.post(
        f"{peer.url}/payment/confirm",
        auth=(PEER_KEY, ""),
        json={
            "transaction_id": session_id,
            "payment_method": token,
            "billing_details": {"email": "asha@example.com"},
        },
        timeout=20,
    )
    return paid.status_code


def hear(shop: Shop, event_type: str, session: stripe.checkout.Session) -> None:
    assert post(shop, event(event_type, session.to_dict())) == 200
    drain(shop)


def test_the_session_is_registered_under_our_reference_and_paid_when_stripe_says_so(
    away: Shop, line: Proxy, peer: Peer
) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.url == session.url
    assert (session.amount_total, session.currency) == (2000, "usd")
    assert line.whats() == [CREATE]
    assert line.sent[0].headers["idempotency-key"] == away.reference()
    assert b"4242" not in line.sent[0].body
    hear(away, "checkout.session.completed", session)  # says who? nobody has paid
    assert away.intent(intent.id).status == "requires_action"
    assert pays_there(peer, session.id) == 200
    told = event("checkout.session.completed", session.to_dict())
    assert [post(away, told), post(away, told)] == [200, 200]
    drain(away)
    paid = away.intent(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    assert away.event_types().count("payment_intent.succeeded") == 1
    charge = away.sdk.v1.charges.retrieve(str(paid.latest_charge))
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert (charge.payment_method_details.card.brand, charge.payment_method_details.card.last4) == (
        "visa",
        "4242",
    )


@pytest.mark.parametrize("breaks", [lost_answer, lost_question])
def test_a_session_whose_making_was_not_answered_is_asked_for_again_and_is_the_same(
    away: Shop, line: Proxy, peer: Peer, breaks: Any
) -> None:
    line.expect(CREATE, breaks)
    begun(away)
    assert line.whats() == [CREATE, CREATE]
    assert len(sessions(peer, away)) == 1


def test_a_crash_before_the_session_is_written_down_sends_nobody_there(
    away: Shop, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(stripe_records, "bind", dies)
        with pytest.raises(PowerCut):
            away.pay(return_url="https://shop.example/back")
    assert sweep(away.house) == 1
    assert away.only_intent().status == "requires_payment_method"
    (session,) = sessions(peer, away)
    hear(away, "checkout.session.expired", session)
    assert away.only_intent().status == "requires_payment_method"


def test_the_sweep_finds_a_payment_that_no_webhook_told(away: Shop, peer: Peer) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    assert pays_there(peer, session.id) == 200
    assert sweep(away.house) == 1
    assert away.intent(intent.id).status == "succeeded"


def test_a_canceled_payment_can_no_longer_be_made_at_stripe(away: Shop, line: Proxy, peer: Peer) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    assert away.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert EXPIRE in line.whats()
    assert pays_there(peer, session.id) == 400
    for late in ("checkout.session.completed", "checkout.session.expired"):
        hear(away, late, session)
    assert away.intent(intent.id).status == "canceled"
    assert peer.sdk.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_who_has_paid_at_stripe_cannot_be_canceled_any_more(away: Shop, peer: Peer) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    assert pays_there(peer, session.id) == 200
    with pytest.raises(stripe.InvalidRequestError) as refused:
        away.sdk.v1.payment_intents.cancel(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    paid = away.intent(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)


def test_a_decline_on_stripes_page_leaves_the_customer_there_to_try_another_card(
    away: Shop, peer: Peer
) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    assert pays_there(peer, session.id, "pm_card_visa_chargeDeclined") == 402
    sweep(away.house)
    assert away.intent(intent.id).status == "requires_action"
    assert pays_there(peer, session.id) == 200
    hear(away, "checkout.session.completed", session)
    assert away.intent(intent.id).status == "succeeded"


def test_a_session_that_expires_at_stripe_ends_the_try(away: Shop, peer: Peer) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    peer.sdk.v1.checkout.sessions.expire(session.id)
    hear(away, "checkout.session.expired", session)
    ended = away.intent(intent.id)
    assert ended.status == "requires_payment_method"
    assert ended.last_payment_error is not None
    assert ended.last_payment_error.code == "payment_intent_authentication_failure"


@pytest.mark.parametrize("breaks", [lost_answer, lost_question])
def test_while_stripe_does_not_answer_the_cancellation_nothing_is_decided(
    away: Shop, line: Proxy, peer: Peer, breaks: Any
) -> None:
    intent = begun(away)
    (session,) = sessions(peer, away)
    line.expect(EXPIRE, breaks)
    with pytest.raises(stripe.APIError):
        away.sdk.v1.payment_intents.cancel(intent.id)
    assert away.intent(intent.id).status == "requires_action"
    assert away.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert peer.sdk.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_payment_of_stripes_page_is_captured_and_refunded(away: Shop, peer: Peer) -> None:
    intent = begun(away, capture_method="manual")
    (session,) = sessions(peer, away)
    assert pays_there(peer, session.id) == 200
    hear(away, "checkout.session.completed", session)
    assert away.intent(intent.id).status == "requires_capture"
    captured = away.sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    assert (captured.status, captured.amount_received) == ("succeeded", 1500)
    refund = away.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 600})
    assert refund.status == "succeeded"
    there = str(peer.sdk.v1.checkout.sessions.retrieve(session.id).payment_intent)
    assert peer.sdk.v1.payment_intents.retrieve(there).amount_received == 1500


def test_without_a_customer_there_is_nobody_to_send(away: Shop, line: Proxy) -> None:
    with pytest.raises(stripe.CardError) as refused:
        away.pay(off_session=True)
    assert refused.value.code == "card_declined"
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "authentication_required"
    assert line.sent == []
