"""3-D Secure through the API: the customer goes to the issuer, and however that ends, Florin learns of it."""

import pytest
import stripe
import time_machine
from sqlalchemy import func, select

from kit.database import db
from payments import notices
from payments.bank import Unknown
from payments.charging.attempts import ENDS, Attempt, State
from tests.payments.challenged import (
    CHALLENGED,
    SHOP,
    advance_the_banks_clock,
    challenged,
    come_back,
    settled_by_notice,
    told,
)
from tests.payments.conftest import Shop, sweep
from tests.support.cardholder import Cardholder
from tests.support.unreliable import Unreliable, lost_answer, says, through

pytestmark = pytest.mark.slow


def test_a_customer_who_confirms_has_paid(shop: Shop) -> None:
    intent, holder = challenged(shop)
    response = come_back(shop, holder.enters_the_code())
    assert response.status_code == 303
    assert told(response.headers["Location"]) == {
        "order": "6735",
        "payment_intent": intent.id,
        "payment_intent_client_secret": str(intent.client_secret),
        "redirect_status": "succeeded",
    }
    paid = shop.sdk.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 2000, None)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert paid.latest_charge.payment_method_details is not None
    assert paid.latest_charge.payment_method_details.card is not None
    secure = paid.latest_charge.payment_method_details.card.three_d_secure
    assert secure is not None
    assert (secure.result, secure.authentication_flow, secure.version) == (
        "authenticated",
        "challenge",
        "2.2.0",
    )
    assert secure.electronic_commerce_indicator == "05"
    assert shop.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    shop.check_books()


def test_money_that_is_taken_later_is_held_once_the_customer_has_confirmed(shop: Shop) -> None:
    intent, holder = challenged(shop, capture_method="manual")
    come_back(shop, holder.enters_the_code())
    assert shop.intent(intent.id).status == "requires_capture"
    assert shop.sdk.v1.payment_intents.capture(intent.id).status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize("way", ["wrong", "cancel"])
def test_a_customer_who_does_not_confirm_has_not_paid(shop: Shop, way: str) -> None:
    intent, holder = challenged(shop)
    if way == "wrong":
        holder.open()
        for _ in range(3):
            holder.send(code="000000")
        address = holder.back
    else:
        address = holder.cancels()
    response = come_back(shop, address)
    assert told(response.headers["Location"])["redirect_status"] == "failed"
    failed = shop.intent(intent.id)
    assert (failed.status, failed.latest_charge, failed.next_action) == (
        "requires_payment_method",
        None,
        None,
    )
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert failed.last_payment_error.payment_method is not None
    assert shop.event_types()[-1] == "payment_intent.payment_failed"
    assert shop.sdk.v1.charges.list().data == []
    again = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert again.status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize(
    ("token", "decline_code"),
    [
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
    ],
)
def test_some_cards_are_confirmed_and_declined(shop: Shop, token: str, decline_code: str) -> None:
    intent, holder = challenged(shop, token)
    response = come_back(shop, holder.enters_the_code())
    assert told(response.headers["Location"])["redirect_status"] == "failed"
    error = shop.intent(intent.id).last_payment_error
    assert error is not None
    assert (error.code, error.decline_code) == ("card_declined", decline_code)
    (charge,) = shop.sdk.v1.charges.list().data
    assert (charge.status, charge.failure_code) == ("failed", "card_declined")
    shop.check_books()


def test_a_lookup_that_fails_is_a_decline_at_once(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method="pm_card_threeDSecureRequiredProcessingError", return_url=SHOP)
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == ("card_declined", "processing_error")


def test_the_bank_brings_the_end_where_the_customer_does_not(shop: Shop) -> None:
    intent, holder = challenged(shop)
    holder.enters_the_code()
    (attempt,) = shop.attempts()
    with shop.house.app_context():
        notices.HANDLERS["authorization.updated"]("cuckoo_bank", attempt.id)  # no payment of that bank's
        notices.HANDLERS["authorization.updated"](attempt.acquirer, "att_nobodys")
    assert shop.intent(intent.id).status == "requires_action"
    assert settled_by_notice(shop, attempt.id) == "succeeded"
    assert settled_by_notice(shop, attempt.id) == "succeeded"
    assert come_back(shop, holder.back).status_code == 303
    assert shop.event_types().count("payment_intent.succeeded") == 1
    shop.check_books()


def test_a_challenge_that_the_bank_calls_dead_ends_by_the_sweep(
    shop: Shop, soon: time_machine.Traveller
) -> None:
    intent, holder = challenged(shop)
    holder.open()
    sweep(shop.house)
    assert shop.intent(intent.id).status == "requires_action"
    advance_the_banks_clock(shop, 601)
    sweep(shop.house)  # not due so soon
    assert shop.intent(intent.id).status == "requires_action"
    soon.shift(31)
    before = open_questions(shop)
    assert sweep(shop.house) == before - open_questions(shop)
    error = shop.intent(intent.id).last_payment_error
    assert error is not None
    assert error.code == "payment_intent_authentication_failure"
    assert told(come_back(shop, _ended(holder)).headers["Location"])["redirect_status"] == "failed"
    shop.check_books()


def open_questions(shop: Shop) -> int:
    """How many the house has, of which this test's is one: the bank's clock ends other tests' as well."""
    with shop.house.app_context():
        query = select(func.count()).where(Attempt.status.not_in(ENDS))
        return int(db.session.scalar(query) or 0)


def _ended(holder: Cardholder) -> str:
    holder.open()
    assert holder.state == "timed_out"
    return holder.back


def test_an_open_challenge_is_looked_at_ever_more_rarely(
    shop: Shop, line: Unreliable, soon: time_machine.Traveller
) -> None:
    challenged(shop)
    (attempt,) = shop.attempts()
    looks = []
    for _ in range(60):
        soon.shift(30)
        sweep(shop.house)
        looks.append(line.asked.count(attempt.id))
    assert looks[0] == 1
    assert 5 <= looks[-1] <= 20
    assert shop.attempts()[0].status == State.CHALLENGED


def test_an_answer_that_is_lost_on_the_way_back_is_found_later(
    shop: Shop, line: Unreliable, soon: time_machine.Traveller
) -> None:
    intent, holder = challenged(shop)
    line.expect(says(Unknown("timeout")))
    response = shop.house.test_client().get(holder.enters_the_code())
    assert told(response.headers["Location"])["redirect_status"] == "pending"
    soon.shift(31)
    sweep(shop.house)
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


def test_a_fast_customer_and_a_slow_record_end_well(
    shop: Shop, line: Unreliable, soon: time_machine.Traveller
) -> None:
    line.expect(lost_answer)  # the bank has opened a challenge that nobody heard of
    intent = shop.pay(payment_method=CHALLENGED, return_url=SHOP)
    assert intent.status == "processing"
    soon.shift(3)
    sweep(shop.house)
    found = shop.intent(intent.id)
    assert found.status == "requires_action"
    assert found.next_action is not None
    assert found.next_action.redirect_to_url is not None
    line.expect(through)
    come_back(shop, Cardholder(str(found.next_action.redirect_to_url.url)).enters_the_code())
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()
