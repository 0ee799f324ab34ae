"""A verification whose answer is lost, or that Florin dies in: kept once at most, the truth in the end."""

from typing import Any

import pytest
import stripe
import time_machine

from payments import bank
from payments.charging.attempts import Attempt
from tests.payments.challenged import settled_by_notice
from tests.payments.conftest import CRASH_SECONDS, UNKNOWN_SECONDS, Shop, sweep
from tests.support.cardholder import Cardholder
from tests.support.unreliable import (
    PowerCut,
    Unreliable,
    dies_before_the_question,
    dies_before_the_record,
    lost_answer,
    lost_question,
    says,
)

CHALLENGED = "pm_card_authenticationRequired"


def set_up(shop: Shop, token: str = "pm_card_visa", **more: Any) -> stripe.SetupIntent:
    given: Any = {"payment_method": token, "confirm": True} | more
    return shop.sdk.v1.setup_intents.create(given)


def only_setup(shop: Shop) -> stripe.SetupIntent:
    (intent,) = shop.sdk.v1.setup_intents.list().data
    return intent


def only_attempt(shop: Shop) -> Attempt:
    (attempt,) = shop.attempts()
    return attempt


@pytest.mark.parametrize("lost", [lost_answer, lost_question])
def test_an_unknown_answer_is_looked_up_and_never_guessed(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, lost: Any
) -> None:
    customer = shop.sdk.v1.customers.create({}).id
    line.expect(lost)
    intent = set_up(shop, customer=customer)
    assert intent.status == "processing"
    for verb in ("confirm", "cancel"):
        with pytest.raises(stripe.RateLimitError):
            getattr(shop.sdk.v1.setup_intents, verb)(intent.id)
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) == 1
    ended = only_setup(shop)
    kept = [row.id for row in shop.sdk.v1.customers.payment_methods.list(customer).data]
    if lost is lost_answer:
        assert (ended.status, kept) == ("succeeded", [ended.payment_method])
    else:
        assert (ended.status, kept) == ("requires_payment_method", [])
        assert ended.last_setup_error is not None
        assert ended.last_setup_error.code == "processing_error"
        question = line.asked[0]
        assert isinstance(question, bank.Authorize)
        assert isinstance(line.inner.authorize(question), bank.Declined)  # buried: it can never be kept
    assert sum(isinstance(question, bank.Authorize) for question in line.asked) == 1
    shop.check_books()


@pytest.mark.parametrize("death", [dies_before_the_question, dies_before_the_record])
def test_a_death_in_between_ends_in_what_the_bank_knows(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, death: Any
) -> None:
    line.expect(death)
    with pytest.raises(PowerCut):
        set_up(shop)
    assert only_setup(shop).status == "processing"
    later.shift(CRASH_SECONDS // 2)
    assert sweep(shop.house) == 0  # a slow request could still be waiting for its answer
    later.shift(CRASH_SECONDS)
    assert sweep(shop.house) == 1
    known = {dies_before_the_record: "succeeded"}
    assert only_setup(shop).status == known.get(death, "requires_payment_method")
    shop.check_books()


def test_an_answer_that_the_sweep_has_recorded_first_is_told_as_recorded(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    def slow(ask: Any) -> Any:
        answer = ask()
        later.shift(CRASH_SECONDS)
        assert sweep(shop.house) == 1
        return answer

    line.expect(slow)
    assert set_up(shop).status == "succeeded"
    line.expect(slow)
    with pytest.raises(stripe.CardError) as refused:
        set_up(shop, "pm_card_chargeDeclined")
    assert refused.value.code == "card_declined"
    assert shop.event_types().count("setup_intent.succeeded") == 1
    assert shop.event_types().count("setup_intent.setup_failed") == 1
    shop.check_books()


def test_a_bank_that_is_not_reached_is_a_refusal_that_another_try_may_follow(
    shop: Shop, line: Unreliable
) -> None:
    line.expect(says(bank.Unavailable("refused: nobody there")))
    intent = shop.sdk.v1.setup_intents.create({"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.CardError) as refused:
        shop.sdk.v1.setup_intents.confirm(intent.id)
    assert refused.value.code == "processing_error"
    shop.sdk.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert only_setup(shop).status == "succeeded"
    tries = shop.sdk.v1.setup_attempts.list({"setup_intent": intent.id}).data
    assert [row.status for row in tries] == ["succeeded", "failed"]


def test_an_answer_about_something_else_ends_nothing(shop: Shop, line: Unreliable) -> None:
    line.expect(says(bank.Authorized(500, "usd", 500, None, None, bank.CardFacts())))
    assert set_up(shop).status == "processing"
    assert only_attempt(shop).status == "unknown"


def test_a_challenge_whose_customer_never_returns_is_settled_by_the_banks_notice(shop: Shop) -> None:
    intent = set_up(shop, CHALLENGED)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    Cardholder(str(intent.next_action.redirect_to_url.url)).enters_the_code()
    assert settled_by_notice(shop, only_attempt(shop).id) == "succeeded"
    assert only_setup(shop).status == "succeeded"
    shop.check_books()


def test_a_challenge_that_cannot_be_taken_back_stays_as_open_as_it_was(shop: Shop, line: Unreliable) -> None:
    intent = set_up(shop, CHALLENGED)
    line.expect(lost_question)
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.setup_intents.cancel(intent.id)
    assert only_setup(shop).status == "requires_action"
    line.expect(says(bank.Refused("already_captured")))
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.setup_intents.cancel(intent.id)
    assert shop.sdk.v1.setup_intents.cancel(intent.id).status == "canceled"
    shop.check_books()
