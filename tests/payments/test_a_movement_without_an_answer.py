"""A capture, refund or void whose answer is lost is asked again under its own reference, and moves once."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
import time_machine

from payments.bank import Capture, NotFound, Refund, Refused, Void
from tests.payments.conftest import CRASH_SECONDS, UNKNOWN_SECONDS, Shop, sweep
from tests.support.unreliable import (
    PowerCut,
    Unreliable,
    dies_before_the_question,
    dies_before_the_record,
    lost_answer,
    lost_question,
    says,
)

LOSSES = [lost_answer, lost_question, says(NotFound())]
DEATHS = [dies_before_the_question, dies_before_the_record]


def asked_of(line: Unreliable, kind: type) -> list[Any]:
    return [question for question in line.asked if isinstance(question, kind)]


@pytest.mark.parametrize("loss", LOSSES, ids=["answer", "question", "nonsense"])
def test_a_lost_capture_is_completed_by_the_sweep(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, loss: Any
) -> None:
    intent_id = shop.pay(capture_method="manual").id
    line.expect(loss)
    with pytest.raises(stripe.APIError) as told:
        shop.sdk.v1.payment_intents.capture(intent_id, {"amount_to_capture": 1500})
    assert told.value.http_status == 500
    intent = shop.intent(intent_id)
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("requires_capture", 0, 2000)
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) == 1
    intent = shop.intent(intent_id)
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 1500, 0)
    first, second = asked_of(line, Capture)
    assert first == second
    assert shop.event_types().count("charge.captured") == 1
    shop.check_books()


@pytest.mark.parametrize("loss", LOSSES, ids=["answer", "question", "nonsense"])
def test_a_lost_refund_is_pending_and_then_succeeds(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, loss: Any
) -> None:
    intent_id = shop.pay().id
    line.expect(loss)
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent_id, "amount": 1200})
    assert (refund.status, refund.balance_transaction) == ("pending", None)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.refunds.create({"payment_intent": intent_id, "amount": 801})  # it is as good as gone
    assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount")
    assert shop.sdk.v1.refunds.create({"payment_intent": intent_id, "amount": 300}).status == "succeeded"
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) == 1
    refund = shop.sdk.v1.refunds.retrieve(refund.id)
    assert refund.status == "succeeded"
    assert refund.balance_transaction
    first, _, second = asked_of(line, Refund)
    assert first == second
    shop.check_books()


@pytest.mark.parametrize("loss", LOSSES, ids=["answer", "question", "nonsense"])
def test_a_lost_cancellation_is_completed_by_the_sweep(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, loss: Any
) -> None:
    intent_id = shop.pay(capture_method="manual").id
    line.expect(loss)
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.cancel(intent_id, {"cancellation_reason": "requested_by_customer"})
    assert shop.intent(intent_id).status == "requires_capture"
    with pytest.raises(stripe.RateLimitError):
        shop.sdk.v1.payment_intents.capture(intent_id)
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) == 1
    intent = shop.intent(intent_id)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "requested_by_customer")
    assert len(set(asked_of(line, Void))) == 1
    shop.check_books()


def begin_capture(shop: Shop) -> Callable[[], object]:
    intent_id = shop.pay(capture_method="manual").id
    return lambda: shop.sdk.v1.payment_intents.capture(intent_id)


def begin_cancellation(shop: Shop) -> Callable[[], object]:
    intent_id = shop.pay(capture_method="manual").id
    return lambda: shop.sdk.v1.payment_intents.cancel(intent_id)


def begin_refund(shop: Shop) -> Callable[[], object]:
    intent_id = shop.pay().id
    return lambda: shop.sdk.v1.refunds.create({"payment_intent": intent_id})


@pytest.mark.parametrize("death", DEATHS, ids=["before the question", "before the record"])
@pytest.mark.parametrize(
    "case", [(begin_capture, "succeeded"), (begin_cancellation, "canceled"), (begin_refund, "succeeded")]
)
def test_what_a_dead_process_had_begun_is_brought_to_its_end(
    shop: Shop,
    line: Unreliable,
    later: time_machine.Traveller,
    case: tuple[Callable[[Shop], Callable[[], object]], str],
    death: Any,
) -> None:
    begin, end = case
    verb = begin(shop)
    line.expect(death)
    with pytest.raises(PowerCut):
        verb()
    assert sweep(shop.house) == 0
    later.shift(CRASH_SECONDS)
    assert sweep(shop.house) == 1
    assert shop.only_intent().status == end
    assert [attempt.status for attempt in shop.attempts()] == ["succeeded", "succeeded"]
    shop.check_books()


def test_a_refund_that_the_bank_refuses_gives_its_amount_free_again(shop: Shop, line: Unreliable) -> None:
    intent_id = shop.pay().id
    line.expect(says(Refused("account_closed")))
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent_id})
    assert (refund.status, refund.failure_reason) == ("failed", "declined")
    charge = shop.sdk.v1.charges.list({"payment_intent": intent_id}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert "refund.failed" in shop.event_types()
    assert "charge.refunded" not in shop.event_types()
    assert shop.sdk.v1.refunds.create({"payment_intent": intent_id}).status == "succeeded"


def test_a_capture_that_the_bank_refuses_leaves_the_hold_as_it_was(shop: Shop, line: Unreliable) -> None:
    intent_id = shop.pay(capture_method="manual").id
    line.expect(says(Refused("authorization_expired")))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.payment_intents.capture(intent_id)
    assert refused.value.code == "capture_charge_authorization_expired"
    assert shop.intent(intent_id).status == "requires_capture"
    assert shop.sdk.v1.payment_intents.cancel(intent_id).status == "canceled"
    assert [attempt.status for attempt in shop.attempts()] == ["succeeded", "failed", "succeeded"]


def test_a_cancellation_that_the_bank_refuses_is_none(shop: Shop, line: Unreliable) -> None:
    intent_id = shop.pay(capture_method="manual").id
    line.expect(says(Refused("already_captured")))
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.payment_intents.cancel(intent_id, {"cancellation_reason": "duplicate"})
    intent = shop.intent(intent_id)
    assert (intent.status, intent.cancellation_reason, intent.canceled_at) == ("requires_capture", None, None)
    assert shop.sdk.v1.payment_intents.capture(intent_id).status == "succeeded"
    shop_events = shop.event_types()
    assert "payment_intent.canceled" not in shop_events


@pytest.mark.parametrize("verb", ["capture", "cancel"])
def test_the_same_idempotency_key_never_asks_the_bank_a_second_time(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, verb: str
) -> None:
    intent_id = shop.pay(capture_method="manual").id
    line.expect(lost_answer)
    act = getattr(shop.sdk.v1.payment_intents, verb)
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            act(intent_id, {}, {"idempotency_key": f"{verb}-{intent_id}"})
    assert len(asked_of(line, Capture) + asked_of(line, Void)) == 1
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    shop.check_books()
