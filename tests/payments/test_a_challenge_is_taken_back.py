"""Whatever leads a payment elsewhere takes its challenge back first; the bank has the last word."""

import pytest
import stripe
import time_machine

from payments.bank import Authorize, Unknown, Void
from tests.payments.challenged import (
    CHALLENGED,
    SHOP,
    challenged,
    come_back,
    told,
)
from tests.payments.conftest import Shop, sweep
from tests.support.cardholder import Cardholder
from tests.support.unreliable import Unreliable, lost_answer, says

pytestmark = pytest.mark.slow


def test_canceling_takes_the_challenge_back_first(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    holder.open()
    canceled = shop.sdk.v1.payment_intents.cancel(intent.id)
    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert any(isinstance(question, Void) for question in line.asked)
    holder.send(code="424242")
    assert holder.state == "withdrawn"
    assert told(come_back(shop, holder.back).headers["Location"])["redirect_status"] == "failed"
    assert shop.sdk.v1.charges.list().data == []
    shop.check_books()


def test_what_was_confirmed_meanwhile_is_paid_and_can_no_longer_be_canceled(shop: Shop) -> None:
    intent, holder = challenged(shop)
    holder.enters_the_code()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.payment_intents.cancel(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert shop.intent(intent.id).status == "succeeded"
    assert shop.event_types()[-1] == "payment_intent.succeeded"
    shop.check_books()


def test_a_cancellation_without_an_answer_leaves_everything_as_it_was(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    line.expect(says(Unknown("timeout")))
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.cancel(intent.id)
    assert shop.intent(intent.id).status == "requires_action"
    come_back(shop, holder.enters_the_code())
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


def test_a_void_whose_answer_was_lost_ends_unpaid(
    shop: Shop, line: Unreliable, soon: time_machine.Traveller
) -> None:
    intent, _ = challenged(shop)
    line.expect(lost_answer)
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.cancel(intent.id)
    soon.shift(31)
    assert sweep(shop.house) == 1
    assert shop.intent(intent.id).status == "requires_payment_method"
    assert shop.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"


def test_another_card_takes_the_challenge_back_first(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    holder.open()
    paid = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    kinds = [type(question) for question in line.asked]
    assert kinds == [Authorize, Void, Authorize]
    holder.send(code="424242")
    assert holder.state == "withdrawn"
    assert shop.event_types().count("payment_intent.succeeded") == 1
    shop.check_books()


def test_a_challenge_may_follow_a_challenge(shop: Shop) -> None:
    intent, first = challenged(shop)
    again = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": CHALLENGED, "return_url": SHOP})
    assert again.next_action is not None
    assert again.next_action.redirect_to_url is not None
    second = Cardholder(str(again.next_action.redirect_to_url.url))
    assert second.url != first.url
    come_back(shop, second.enters_the_code())
    first.open()
    assert first.state == "withdrawn"
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


def test_another_method_may_be_chosen_instead_of_a_challenge(shop: Shop) -> None:
    intent, holder = challenged(shop)
    chosen = shop.sdk.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert (chosen.status, chosen.next_action) == ("requires_confirmation", None)
    holder.open()
    assert holder.state == "withdrawn"
    assert shop.sdk.v1.payment_intents.confirm(intent.id).status == "succeeded"
    shop.check_books()


def test_what_the_customer_was_shown_does_not_change_under_their_hands(shop: Shop) -> None:
    intent, holder = challenged(shop)
    for change in ({"amount": 100}, {"currency": "eur"}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.sdk.v1.payment_intents.update(intent.id, change)  # type: ignore[arg-type]
        assert refused.value.code == "payment_intent_unexpected_state"
    noted = shop.sdk.v1.payment_intents.update(intent.id, {"metadata": {"order": "6735"}})
    assert (noted.status, noted.metadata["order"]) == ("requires_action", "6735")
    come_back(shop, holder.enters_the_code())
    assert shop.intent(intent.id).metadata["order"] == "6735"
    shop.check_books()
