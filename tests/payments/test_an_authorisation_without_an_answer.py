"""An authorisation whose answer is lost, garbage or wrong: nobody guesses, and the sweep finds the truth."""

from dataclasses import replace
from typing import Any

import pytest
import stripe
import time_machine

from payments.bank import Authorize, Authorized, CardFacts, ChallengeRequired, Declined, Done, Unknown, Void
from tests.payments.conftest import AGAIN_SECONDS, UNKNOWN_SECONDS, Shop, sweep
from tests.support.unreliable import Unreliable, lost_answer, lost_question, says, through

APPROVED = Authorized(2000, "usd", 2000, "A1B2C3", "123456789012345", CardFacts())


def test_a_payment_whose_approval_was_lost_stays_processing_until_it_is_looked_up(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer)
    intent = shop.pay()
    assert (intent.status, intent.latest_charge, intent.amount_received) == ("processing", None, 0)
    assert sweep(shop.house) == 0  # too early: nothing is looked up at once
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) == 1
    intent = shop.intent(intent.id)
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    assert sweep(shop.house) == 0
    assert sum(isinstance(question, Authorize) for question in line.asked) == 1
    events = shop.event_types()
    assert [events.count(name) for name in ("payment_intent.succeeded", "charge.succeeded")] == [1, 1]
    shop.check_books()


def test_a_lost_decline_comes_to_light_with_its_codes(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer)
    intent = shop.pay(payment_method="pm_card_visa_chargeDeclinedLostCard")
    assert intent.status == "processing"
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    intent = shop.intent(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "card_declined"
    assert intent.last_payment_error.decline_code == "lost_card"
    assert shop.event_types().count("payment_intent.payment_failed") == 1
    shop.check_books()


def test_a_question_that_the_bank_never_saw_is_buried_before_the_payment_fails(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_question)
    intent = shop.pay()
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) == 1
    lost, *asked = line.asked
    assert isinstance(lost, Authorize)
    assert asked == [lost.reference, Void(lost.reference)]
    intent = shop.intent(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "processing_error"
    # The packet that was lost turns up after all: the bank refuses it.
    assert isinstance(line.inner.authorize(lost), Declined)
    shop.check_books()
    paid = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"
    shop.check_books()


def test_a_payment_does_not_fail_before_the_bank_has_confirmed_its_burial(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_question)
    intent = shop.pay()
    later.shift(UNKNOWN_SECONDS)
    for unclear in (lost_question, lost_answer, says(Done())):
        if unclear is not lost_question:
            assert shop.intent(intent.id).status == "processing"
        line.expect(through, unclear)
        sweep(shop.house)
        later.shift(AGAIN_SECONDS)
    assert shop.intent(intent.id).status == "requires_payment_method"


def test_an_approval_that_races_the_burial_stands(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_question)
    intent = shop.pay()
    later.shift(UNKNOWN_SECONDS)
    (lost,) = line.asked
    assert isinstance(lost, Authorize)

    def arrives_between(ask: Any) -> Any:
        answer = ask()
        line.inner.authorize(lost)  # the bank takes the money after it was looked up, before the void
        return answer

    line.expect(arrives_between)
    assert sweep(shop.house) == 0
    assert shop.intent(intent.id).status == "processing"
    later.shift(AGAIN_SECONDS)
    assert sweep(shop.house) == 1
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize("waiting", ["unreachable", "silent"])
def test_while_the_bank_is_away_nothing_is_decided(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, waiting: str
) -> None:
    line.expect(lost_answer)
    intent = shop.pay()
    for _ in range(3):
        later.shift(60)
        line.expect(says(Unknown(waiting)))
        assert sweep(shop.house) == 0
    assert shop.intent(intent.id).status == "processing"
    later.shift(60)
    sweep(shop.house)
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(APPROVED, amount_minor=1999, captured_minor=1999),
        replace(APPROVED, amount_minor=200000, captured_minor=200000),
        replace(APPROVED, currency="eur"),
        replace(APPROVED, captured_minor=0),
        replace(APPROVED, captured_minor=1),
        Done(),
    ],
    ids=["less", "more", "another currency", "nothing taken", "a cent taken", "no authorisation"],
)
def test_an_approval_that_does_not_tally_is_never_booked(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, wrong: Any
) -> None:
    line.expect(says(wrong))
    intent = shop.pay()
    assert (intent.status, intent.latest_charge) == ("processing", None)
    later.shift(UNKNOWN_SECONDS)
    line.expect(says(wrong))
    assert sweep(shop.house) == 0
    assert shop.intent(intent.id).status == "processing"
    later.shift(AGAIN_SECONDS)
    assert sweep(shop.house) == 1  # at last the bank tells what it really knows: nothing
    assert shop.intent(intent.id).status == "requires_payment_method"
    shop.check_books()


def test_a_manual_payment_that_the_bank_says_it_captured_is_not_taken_for_a_hold(
    shop: Shop, line: Unreliable
) -> None:
    line.expect(says(APPROVED))
    intent = shop.pay(capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("processing", 0)


def test_one_answer_that_makes_no_sense_keeps_no_other_payment_waiting(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer, lost_answer, lost_answer)
    first, second, third = shop.pay(), shop.pay(), shop.pay()
    later.shift(UNKNOWN_SECONDS)

    def breaks(_: Any) -> Any:
        raise ValueError("a defect in an adapter")

    line.expect(says(replace(APPROVED, amount_minor=1)), breaks)
    assert sweep(shop.house) == 1
    states = [shop.intent(intent.id).status for intent in (first, second, third)]
    assert states == ["processing", "processing", "succeeded"]
    later.shift(AGAIN_SECONDS)
    sweep(shop.house)
    shop.check_books()


def test_a_challenge_leaves_the_payment_to_its_customer(shop: Shop, line: Unreliable) -> None:
    line.expect(says(ChallengeRequired("https://bank.example/challenge")))
    intent = shop.pay(return_url="https://shop.example/back")
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.to_dict() == {
        "type": "redirect_to_url",
        "redirect_to_url": {
            "return_url": "https://shop.example/back", "url": "https://bank.example/challenge",
        },
    }  # fmt: skip
    assert shop.event_types() == ["payment_intent.created", "payment_intent.requires_action"]


def test_an_open_question_locks_the_intent_against_every_verb(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer)
    intent_id = shop.pay().id
    intents = shop.sdk.v1.payment_intents
    for verb in (
        lambda: intents.confirm(intent_id, {"payment_method": "pm_card_visa"}),
        lambda: intents.confirm(intent_id),
        lambda: intents.cancel(intent_id),
        lambda: intents.capture(intent_id),
        lambda: intents.update(intent_id, {"amount": 100}),
        lambda: intents.update(intent_id, {"metadata": {"order": "6735"}}),
        lambda: shop.sdk.v1.refunds.create({"payment_intent": intent_id}),
    ):
        with pytest.raises(stripe.RateLimitError) as refused:
            verb()
        assert refused.value.error is not None
        assert refused.value.error.code == "lock_timeout"
        assert refused.value.headers is not None
        assert refused.value.headers["stripe-should-retry"] == "true"
    assert sum(isinstance(question, Authorize) for question in line.asked) == 1
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    assert shop.sdk.v1.refunds.create({"payment_intent": intent_id}).status == "succeeded"
    shop.check_books()
