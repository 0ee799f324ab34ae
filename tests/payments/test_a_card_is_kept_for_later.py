"""A setup intent keeps a card: its issuer is asked without money, its holder where the issuer wants that."""

from typing import Any

import pytest
import stripe

from tests.payments.challenged import SHOP, come_back, told
from tests.payments.conftest import Shop
from tests.support.cardholder import Cardholder


def set_up(shop: Shop, **more: Any) -> stripe.SetupIntent:
    given: Any = {"payment_method": "pm_card_visa", "confirm": True, "return_url": SHOP} | more
    return shop.sdk.v1.setup_intents.create(given)


def jenny(shop: Shop) -> str:
    return shop.sdk.v1.customers.create({"email": "jenny@example.com"}).id


def holder_of(intent: stripe.SetupIntent) -> Cardholder:
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == SHOP
    return Cardholder(str(intent.next_action.redirect_to_url.url))


def test_a_good_card_becomes_the_customers_without_money(shop: Shop) -> None:
    customer = jenny(shop)
    kept = set_up(shop, customer=customer, expand=["latest_attempt"], description="Membership")
    assert (kept.status, kept.usage, kept.description) == ("succeeded", "off_session", "Membership")
    assert isinstance(kept.latest_attempt, stripe.SetupAttempt)
    assert (kept.latest_attempt.status, kept.latest_attempt.setup_error) == ("succeeded", None)
    method = shop.sdk.v1.payment_methods.retrieve(str(kept.payment_method))
    assert method.customer == customer
    assert shop.event_types()[1:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    assert not shop.sdk.v1.charges.list().data
    paid = shop.pay(customer=customer, payment_method=method.id, off_session=True)
    assert paid.status == "succeeded"
    shop.check_books()


def test_a_card_without_a_customer_can_be_attached_afterwards(shop: Shop) -> None:
    kept = set_up(shop)
    assert kept.status == "succeeded"
    customer = jenny(shop)
    attached = shop.sdk.v1.payment_methods.attach(str(kept.payment_method), {"customer": customer})
    assert attached.customer == customer


def test_steps_may_be_taken_one_by_one(shop: Shop) -> None:
    api = shop.sdk.v1.setup_intents
    intent = api.create({"usage": "on_session"})
    assert (intent.status, intent.usage) == ("requires_payment_method", "on_session")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        api.confirm(intent.id)
    assert missing.value.code == "setup_intent_unexpected_state"
    customer = jenny(shop)
    changed = api.update(intent.id, {"customer": customer, "metadata": {"order": "6735"}})
    assert changed.customer == customer
    assert changed.metadata is not None
    assert changed.metadata["order"] == "6735"
    chosen = api.update(intent.id, {"payment_method": "pm_card_mastercard", "description": "Later"})
    assert chosen.status == "requires_confirmation"
    done = api.confirm(intent.id)
    assert (done.status, done.description) == ("succeeded", "Later")
    for verb in (api.confirm, api.cancel):
        with pytest.raises(stripe.InvalidRequestError) as late:
            verb(intent.id)
        assert late.value.code == "setup_intent_unexpected_state"
    assert [row.id for row in api.list({"customer": customer}).data] == [intent.id]
    assert not api.list({"payment_method": "pm_none"}).data


@pytest.mark.parametrize("when", ["before", "chosen", "challenged"])
def test_what_is_not_done_yet_can_be_canceled(shop: Shop, when: str) -> None:
    api = shop.sdk.v1.setup_intents
    if when == "challenged":
        intent = set_up(shop, payment_method="pm_card_authenticationRequired")
    else:
        intent = api.create({"payment_method": "pm_card_visa"} if when == "chosen" else {})
    canceled = api.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.next_action is None
    assert shop.event_types()[-1] == "setup_intent.canceled"
    if when == "challenged":
        (tried,) = shop.sdk.v1.setup_attempts.list({"setup_intent": intent.id}).data
        assert tried.status == "abandoned"


def test_a_refused_card_is_told_and_another_may_follow(shop: Shop) -> None:
    customer = jenny(shop)
    intent = shop.sdk.v1.setup_intents.create({"customer": customer})
    declining = "pm_card_visa_chargeDeclinedInsufficientFunds"
    with pytest.raises(stripe.CardError) as refused:
        shop.sdk.v1.setup_intents.confirm(intent.id, {"payment_method": declining})
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == ("card_declined", "insufficient_funds")
    assert refused.value.error.setup_intent is not None
    assert refused.value.error.setup_intent["id"] == intent.id
    failed = shop.sdk.v1.setup_intents.retrieve(intent.id)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert failed.last_setup_error is not None
    assert failed.last_setup_error.decline_code == "insufficient_funds"
    assert failed.last_setup_error.payment_method is not None
    assert failed.last_setup_error.payment_method.customer is None
    done = shop.sdk.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (done.status, done.last_setup_error) == ("succeeded", None)
    tries = shop.sdk.v1.setup_attempts.list({"setup_intent": intent.id}).data
    assert [row.status for row in tries] == ["succeeded", "failed"]
    assert tries[1].setup_error is not None
    assert shop.event_types()[-3:] == [
        "setup_intent.setup_failed",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]


def test_a_challenge_that_is_passed_keeps_the_card_for_payments_without_its_holder(shop: Shop) -> None:
    customer = jenny(shop)
    card = "pm_card_authenticationRequiredOnSetup"
    holder = holder_of(set_up(shop, customer=customer, payment_method=card))
    assert "nothing is paid now" in holder.open()
    back = come_back(shop, holder.enters_the_code())
    query = told(back.headers["Location"])
    assert query["redirect_status"] == "succeeded"
    kept = shop.sdk.v1.setup_intents.retrieve(query["setup_intent"], {"expand": ["latest_attempt"]})
    assert (kept.status, kept.next_action) == ("succeeded", None)
    assert kept.client_secret == query["setup_intent_client_secret"]
    assert isinstance(kept.latest_attempt, stripe.SetupAttempt)
    proven = kept.latest_attempt.payment_method_details.card
    assert proven is not None
    assert proven.three_d_secure is not None
    assert proven.three_d_secure.result == "authenticated"
    paid = shop.pay(customer=customer, payment_method=kept.payment_method, off_session=True)
    assert paid.status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize("answer", ["cancels", "refuses"])
def test_a_challenge_that_is_not_passed_keeps_nothing(shop: Shop, answer: str) -> None:
    customer = jenny(shop)
    intent = set_up(shop, customer=customer, payment_method="pm_card_authenticationRequired")
    holder = holder_of(intent)
    if answer == "cancels":
        back = come_back(shop, holder.cancels())
    else:
        holder.open()
        for _ in range(3):
            holder.send(code="000000")
        back = come_back(shop, holder.back)
    assert told(back.headers["Location"])["redirect_status"] == "failed"
    failed = shop.sdk.v1.setup_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_setup_error is not None
    assert failed.last_setup_error.code == "setup_intent_authentication_failure"
    assert not shop.sdk.v1.customers.payment_methods.list(customer).data
    assert shop.event_types()[-1] == "setup_intent.setup_failed"


def test_another_card_takes_the_challenge_back(shop: Shop) -> None:
    intent = set_up(shop, payment_method="pm_card_authenticationRequired")
    holder = holder_of(intent)
    done = shop.sdk.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    holder.open()
    assert holder.state == "withdrawn"


def test_the_merchant_may_ask_for_3d_secure_and_what_cannot_be_kept_is_refused(shop: Shop) -> None:
    wish: Any = {"card": {"request_three_d_secure": "any"}}
    optional = "pm_card_threeDSecureOptional"
    assert set_up(shop, payment_method=optional).status == "succeeded"
    holder_of(set_up(shop, payment_method=optional, payment_method_options=wish))
    for given, param in (
        ({"allowed_payment_method_types": ["sepa_debit"]}, "allowed_payment_method_types[0]"),
        ({"customer": "cus_none"}, "customer"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            set_up(shop, **given)
        assert refused.value.param == param


def test_a_method_of_another_customer_is_refused(shop: Shop) -> None:
    theirs = set_up(shop, customer=jenny(shop)).payment_method
    with pytest.raises(stripe.InvalidRequestError) as refused:
        set_up(shop, customer=jenny(shop), payment_method=theirs)
    assert refused.value.param == "payment_method"
    again = set_up(shop, customer=jenny(shop))
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.setup_intents.update(again.id, {"customer": jenny(shop)})
