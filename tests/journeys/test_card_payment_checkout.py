"""One card payment as a merchant lives it: session, page, signed webhook, status, refund; real sockets."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stripe
from flask import Flask

from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree
from tests.support.factories import create_merchant
from tests.support.hosted_page import INSUFFICIENT_FUNDS, session_params
from tests.support.tab import Tab
from tests.webhooks.conftest import Received, Sink

pytestmark = pytest.mark.slow

AT_ONCE_SECONDS = 1.0


@dataclass
class Shop:
    """A merchant with the SDK, and a server that its webhooks reach."""

    app: Flask
    bank: Bank
    account_id: str
    sdk: stripe.StripeClient
    server: Sink
    secret: str

    def open_session(self, **overrides: Any) -> stripe.checkout.Session:
        given: Any = session_params("https://shop.example", **overrides)
        return self.sdk.v1.checkout.sessions.create(given)

    def webhook(self, event_type: str, *, since: float, seconds: float = 20.0) -> stripe.Event:
        """Wait for the first event of a type; it is verified, and `since` a moment no longer than so ago."""
        deadline = since + seconds
        while True:
            for received in self.server.received:
                event = received.verified(self.secret)
                if event.type == event_type:
                    return event
            left = deadline - time.monotonic()
            assert left > 0, [received.verified(self.secret).type for received in self.server.received]
            with self.server.changed:
                self.server.changed.wait(left)

    def received(self, event_type: str) -> list[Received]:
        return [one for one in self.server.received if one.verified(self.secret).type == event_type]

    def check_books(self) -> None:
        assert_the_books_agree(self.app, self.bank, self.account_id)


@pytest.fixture
def shop(app: Flask, bank: Bank, gateway: str) -> Iterator[Shop]:
    merchant, secret_key = create_merchant(app)
    sdk = stripe.StripeClient(secret_key, base_addresses={"api": gateway})
    server = Sink()
    endpoint = sdk.v1.webhook_endpoints.create({"url": f"{server.url}/hook", "enabled_events": ["*"]})
    assert endpoint.secret is not None
    yield Shop(app, bank, merchant.id, sdk, server, endpoint.secret)
    sdk.v1.webhook_endpoints.delete(endpoint.id)
    server.close()


def test_a_purchase_from_the_session_to_the_refund(shop: Shop) -> None:
    session = shop.open_session(client_reference_id="order-6735", metadata={"cart": "17"})
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.url is not None
    assert f"/c/pay/{session.id}" in session.url

    # The customer pays on the page.
    tab = Tab(session.url)
    answer = tab.pay()
    paid_at = time.monotonic()
    assert answer.status_code == 200
    assert f"https://shop.example/thanks?session_id={session.id}" in answer.text.replace("&amp;", "&")
    tab.close()

    # The merchant hears of it at once, signed.
    event = shop.webhook("checkout.session.completed", since=paid_at, seconds=AT_ONCE_SECONDS)
    told = event.data.object
    assert isinstance(told, stripe.checkout.Session)
    assert (told.id, told.client_reference_id, told.payment_status) == (session.id, "order-6735", "paid")
    assert told.metadata is not None
    assert told.metadata["cart"] == "17"
    assert told.customer_details is not None
    assert told.customer_details.email == "asha@example.com"

    # What is read back is what was told.
    session = shop.sdk.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    intent = session.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", 49900, "inr")
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.paid, charge.captured, charge.amount) == (True, True, 49900)
    assert session.line_items is not None
    assert [item.amount_total for item in session.line_items.data] == [29900, 20000]

    # The merchant gives a part back, and then the rest.
    refund = shop.sdk.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 9900, "reason": "requested_by_customer"}
    )
    assert refund.status == "succeeded"
    event = shop.webhook("charge.refunded", since=time.monotonic())
    refunded = event.data.object
    assert isinstance(refunded, stripe.Charge)
    assert (refunded.id, refunded.amount_refunded, refunded.refunded) == (charge.id, 9900, False)
    rest = shop.sdk.v1.refunds.create({"charge": charge.id})
    assert rest.amount == 40000
    charge = shop.sdk.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 49900)
    assert charge.refunds is not None
    assert [one.amount for one in charge.refunds.data] == [40000, 9900]
    shop.check_books()


def test_every_step_is_told_once_and_in_the_order_in_which_it_happened(shop: Shop) -> None:
    session = shop.open_session()
    tab = Tab(str(session.url))
    tab.pay()
    tab.close()
    shop.webhook("checkout.session.completed", since=time.monotonic())
    listed = [event.type for event in shop.sdk.v1.events.list({"limit": 100}).data][::-1]
    assert listed == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    shop.server.wait_for(len(listed))
    told = [received.verified(shop.secret) for received in shop.server.received]
    assert sorted(event.type for event in told) == sorted(listed)
    assert len({event.id for event in told}) == len(told)
    for event in told:
        assert event.api_version == stripe.api_version
        assert shop.sdk.v1.events.retrieve(event.id).data.object["id"] == event.data.object["id"]


def test_a_forged_or_altered_webhook_is_told_from_a_true_one(shop: Shop) -> None:
    shop.sdk.v1.customers.create({"email": "jenny@example.com"})
    shop.webhook("customer.created", since=time.monotonic())
    (received,) = shop.received("customer.created")
    signature = received.headers["Stripe-Signature"]
    for body, header, secret in (
        (received.body.replace(b"jenny", b"jonny"), signature, shop.secret),
        (received.body, signature, "whsec_" + "x" * 32),
        (received.body, signature.replace("v1=", "v1=0"), shop.secret),
    ):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, header, secret)


def test_a_declined_customer_tries_again_and_pays_once(shop: Shop) -> None:
    session = shop.open_session()
    tab = Tab(str(session.url))
    refused = tab.pay(cardNumber=INSUFFICIENT_FUNDS)
    assert refused.status_code == 402
    assert "Your card has insufficient funds." in refused.text
    event = shop.webhook("payment_intent.payment_failed", since=time.monotonic())
    failed = event.data.object
    assert isinstance(failed, stripe.PaymentIntent)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.decline_code == "insufficient_funds"
    assert shop.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert tab.pay().status_code == 200
    tab.close()
    session = shop.sdk.v1.checkout.sessions.retrieve(session.id)
    assert session.payment_intent == failed.id
    charges = shop.sdk.v1.charges.list({"payment_intent": failed.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    shop.check_books()


def test_an_order_paid_by_a_hold_is_captured_later(shop: Shop) -> None:
    session = shop.open_session(payment_intent_data={"capture_method": "manual", "description": "Pre-order"})
    tab = Tab(str(session.url))
    tab.pay()
    tab.close()
    told = shop.webhook("checkout.session.completed", since=time.monotonic()).data.object
    assert isinstance(told, stripe.checkout.Session)
    assert told.payment_status == "unpaid"
    captured = shop.sdk.v1.payment_intents.capture(str(told.payment_intent), {"amount_to_capture": 29900})
    assert (captured.status, captured.amount_received) == ("succeeded", 29900)
    assert captured.description == "Pre-order"
    shop.webhook("charge.captured", since=time.monotonic())
    shop.check_books()


def test_an_expired_session_takes_no_money(shop: Shop) -> None:
    session = shop.open_session()
    tab = Tab(str(session.url))
    assert shop.sdk.v1.checkout.sessions.expire(session.id).status == "expired"
    shop.webhook("checkout.session.expired", since=time.monotonic())
    answer = tab.pay()
    tab.close()
    assert answer.status_code == 410
    assert shop.sdk.v1.payment_intents.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.checkout.sessions.expire(session.id)


def test_the_sessions_intent_belongs_to_its_page_until_it_is_paid(shop: Shop) -> None:
    session = shop.open_session()
    tab = Tab(str(session.url))
    tab.pay(cardNumber=INSUFFICIENT_FUNDS)
    intent_id = str(shop.sdk.v1.checkout.sessions.retrieve(session.id).payment_intent)
    intents = shop.sdk.v1.payment_intents
    verbs: list[Callable[[], object]] = [
        lambda: intents.update(intent_id, {"amount": 100}),
        lambda: intents.update(intent_id, {"currency": "usd"}),
        lambda: intents.update(intent_id, {"payment_method": "pm_card_visa"}),
        lambda: intents.confirm(intent_id, {"payment_method": "pm_card_visa"}),
        lambda: intents.cancel(intent_id),
    ]
    for verb in verbs:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            verb()
        assert refused.value.code == "payment_intent_unexpected_state"
    intents.update(intent_id, {"metadata": {"seen": "yes"}})
    assert tab.pay().status_code == 200
    tab.close()
    assert intents.retrieve(intent_id).amount_received == 49900
    shop.check_books()
