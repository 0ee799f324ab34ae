"""Florin dies, or is overtaken, between claim and record: one approval at most, and the truth in the end."""

from typing import Any

import pytest
import stripe
import time_machine

from payments.bank import Authorize, Authorized, CardFacts
from tests.payments.conftest import CRASH_SECONDS, UNKNOWN_SECONDS, Shop, sweep
from tests.support.unreliable import (
    PowerCut,
    Unreliable,
    dies_before_the_question,
    dies_before_the_record,
    lost_answer,
    says,
)


def crash(shop: Shop, line: Unreliable, death: Any, **overrides: object) -> str:
    """Die in the middle of a payment; return its intent's id."""
    line.expect(death)
    with pytest.raises(PowerCut):
        shop.pay(**overrides)
    return shop.only_intent().id


def test_a_death_before_the_question_ends_in_a_failure_that_is_final(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    intent_id = crash(shop, line, dies_before_the_question)
    assert shop.intent(intent_id).status == "processing"
    later.shift(CRASH_SECONDS // 2)
    assert sweep(shop.house) == 0  # a slow request could still be waiting for its answer
    later.shift(CRASH_SECONDS)
    assert sweep(shop.house) == 1
    assert shop.intent(intent_id).status == "requires_payment_method"
    question = line.asked[0]
    assert isinstance(question, Authorize)
    assert not isinstance(line.inner.authorize(question), Authorized)
    shop.check_books()


@pytest.mark.parametrize("capture_method", ["automatic", "manual"])
def test_a_death_before_the_record_ends_in_the_payment_that_was_made(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, capture_method: str
) -> None:
    intent_id = crash(shop, line, dies_before_the_record, capture_method=capture_method)
    later.shift(CRASH_SECONDS)
    assert sweep(shop.house) == 1
    intent = shop.intent(intent_id)
    assert intent.status == ("succeeded" if capture_method == "automatic" else "requires_capture")
    shop.check_books()
    if capture_method == "manual":
        assert shop.sdk.v1.payment_intents.capture(intent_id).amount_received == 2000
        shop.check_books()


def test_a_repeat_with_the_same_key_after_a_crash_pays_nothing_twice(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    key: Any = {"idempotency_key": "order-6735"}
    given: Any = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    line.expect(dies_before_the_record)
    with pytest.raises(PowerCut):
        shop.sdk.v1.payment_intents.create(given, key)
    with pytest.raises(stripe.StripeError) as running:
        shop.sdk.v1.payment_intents.create(given, key)
    assert running.value.http_status == 409
    later.shift(180)
    with pytest.raises(stripe.APIError) as interrupted:
        shop.sdk.v1.payment_intents.create(given, key)
    assert interrupted.value.http_status == 500
    sweep(shop.house)
    assert shop.only_intent().status == "succeeded"
    assert sum(isinstance(question, Authorize) for question in line.asked) == 1
    shop.check_books()


def test_an_answer_that_comes_after_the_sweep_has_recorded_it_is_told_as_recorded(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    def slow(ask: Any) -> Any:
        answer = ask()
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return answer

    line.expect(slow)
    paid = shop.pay(expand=["latest_charge"])
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert shop.only_intent().status == "succeeded"
    assert shop.event_types().count("payment_intent.succeeded") == 1
    assert len(shop.sdk.v1.charges.list().data) == 1
    shop.check_books()


@pytest.mark.parametrize("verb", ["capture", "cancel"])
def test_a_movement_that_the_sweep_has_recorded_first_is_told_as_recorded(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, verb: str
) -> None:
    intent_id = shop.pay(capture_method="manual").id

    def slow(ask: Any) -> Any:
        answer = ask()
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return answer

    line.expect(slow)
    told = getattr(shop.sdk.v1.payment_intents, verb)(intent_id)
    assert told.status == {"capture": "succeeded", "cancel": "canceled"}[verb]
    assert shop.intent(intent_id).status == told.status
    shop.check_books()


def test_a_refund_that_the_sweep_has_recorded_first_is_told_as_recorded(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    intent_id = shop.pay().id

    def slow(ask: Any) -> Any:
        answer = ask()
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return answer

    line.expect(slow)
    key: Any = {"idempotency_key": "refund-6735"}
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent_id}, key)
    assert (refund.status, refund.amount) == ("succeeded", 2000)
    assert shop.sdk.v1.refunds.create({"payment_intent": intent_id}, key).id == refund.id
    shop.check_books()


def test_a_question_that_arrives_after_its_burial_is_declined_and_changes_nothing(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    def late(ask: Any) -> Any:
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return ask()

    line.expect(late)
    with pytest.raises(stripe.CardError) as declined:
        shop.pay()
    assert declined.value.code == "processing_error"
    intent = shop.only_intent()
    assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)
    assert len(shop.sdk.v1.charges.list().data) == 1
    shop.check_books()


def test_even_an_approval_that_comes_after_the_burial_is_not_recorded(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    def absurd(_: Any) -> Any:
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return Authorized(2000, "usd", 2000, "A1B2C3", "123456789012345", CardFacts())

    line.expect(absurd)
    with pytest.raises(stripe.CardError):
        shop.pay()
    assert shop.only_intent().status == "requires_payment_method"
    shop.check_books()


def test_two_sweeps_at_once_record_once(shop: Shop, line: Unreliable, later: time_machine.Traveller) -> None:
    line.expect(lost_answer)
    intent_id = shop.pay().id
    later.shift(UNKNOWN_SECONDS)

    def meanwhile(ask: Any) -> Any:
        answer = ask()
        assert sweep(shop.house) == 1
        return answer

    line.expect(meanwhile)
    assert sweep(shop.house) == 0
    assert shop.intent(intent_id).status == "succeeded"
    assert shop.event_types().count("payment_intent.succeeded") == 1
    shop.check_books()


def saved_card(shop: Shop) -> tuple[stripe.Customer, stripe.PaymentMethod]:
    """A customer's card of which the first payment will teach us something: whether the address is right."""
    customer = shop.sdk.v1.customers.create({"email": "jenny@example.com"})
    method = shop.sdk.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034},
            "billing_details": {"address": {"line1": "510 Townsend St", "postal_code": "94103"}},
        }
    )
    return customer, shop.sdk.v1.payment_methods.attach(method.id, {"customer": customer.id})


def test_a_card_updated_while_its_payment_is_asked_loses_neither(shop: Shop, line: Unreliable) -> None:
    customer, method = saved_card(shop)

    def meanwhile(ask: Any) -> Any:
        shop.sdk.v1.payment_methods.update(method.id, {"metadata": {"nickname": "blue card"}})
        return ask()

    line.expect(meanwhile)
    paid = shop.pay(customer=customer.id, payment_method=method.id)
    assert paid.status == "succeeded"
    metadata = shop.sdk.v1.payment_methods.retrieve(method.id).metadata
    assert metadata is not None
    assert metadata.to_dict() == {"nickname": "blue card"}
    shop.check_books()


def test_a_payment_with_a_card_that_another_payment_is_teaching_us_about_succeeds(
    shop: Shop, line: Unreliable
) -> None:
    customer, method = saved_card(shop)

    def meanwhile(ask: Any) -> Any:
        assert shop.pay(customer=customer.id, payment_method=method.id).status == "succeeded"
        return ask()

    line.expect(meanwhile)
    assert shop.pay(customer=customer.id, payment_method=method.id).status == "succeeded"
    shop.check_books()


def test_a_bank_that_says_nothing_twice_is_asked_only_by_look_up(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer)
    shop.pay()
    for _ in range(2):
        later.shift(UNKNOWN_SECONDS)
        line.expect(says(Authorized(1, "usd", 1, None, None, CardFacts())))
        sweep(shop.house)
    authorize, *lookups = line.asked
    assert isinstance(authorize, Authorize)
    assert set(lookups) == {authorize.reference}
