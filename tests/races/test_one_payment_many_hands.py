"""Many hands on one payment: exactly one confirms, captures, cancels or refunds it, and the books agree."""

import secrets
from typing import Any

import pytest
import stripe

from tests.races.conftest import CALLERS, LOST, Shop, at_once, patiently


def test_of_many_full_refunds_one_is_made(shop: Shop) -> None:
    intent = shop.pay()
    outcomes = at_once(lambda _: shop.sdk.v1.refunds.create({"payment_intent": intent.id}))
    (refund,) = outcomes.won
    assert (refund.amount, refund.status) == (2000, "succeeded")
    assert outcomes.codes() <= {"charge_already_refunded", "lock_timeout"}
    charge = shop.sdk.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (2000, True)
    shop.check_books()


def test_partial_refunds_never_exceed_the_charge(shop: Shop) -> None:
    intent = shop.pay()
    outcomes = at_once(
        lambda _: patiently(lambda: shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 300}))
    )
    assert len(outcomes.won) == 2000 // 300
    assert outcomes.codes() == {"amount_too_large"}
    assert shop.sdk.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 1800
    assert shop.sdk.v1.refunds.create({"payment_intent": intent.id}).amount == 200
    shop.check_books()


def test_of_many_confirmations_one_pays(shop: Shop) -> None:
    intent = shop.sdk.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
    cards = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex")
    outcomes = at_once(
        lambda number: shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": cards[number % 3]})
    )
    (paid,) = outcomes.won
    assert paid.status == "succeeded"
    assert outcomes.codes() <= {"payment_intent_unexpected_state", "lock_timeout"}
    (charge,) = shop.charges(intent.id)
    assert charge.id == paid.latest_charge
    shop.check_books()


@pytest.mark.parametrize("amounts", [[2000], [700, 2000, 1]], ids=["whole", "partial"])
def test_of_many_captures_one_takes_the_money(shop: Shop, amounts: list[int]) -> None:
    intent = shop.pay(capture_method="manual")
    outcomes = at_once(
        lambda number: shop.sdk.v1.payment_intents.capture(
            intent.id, {"amount_to_capture": amounts[number % len(amounts)]}
        )
    )
    (captured,) = outcomes.won
    assert captured.status == "succeeded"
    assert captured.amount_received in amounts
    assert outcomes.codes() <= {"payment_intent_unexpected_state", "lock_timeout"}
    (charge,) = shop.charges(intent.id)
    assert charge.amount_captured == captured.amount_received
    shop.check_books()


def test_between_capture_and_cancellation_one_wins(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual")
    intents = shop.sdk.v1.payment_intents
    outcomes = at_once(lambda number: intents.capture(intent.id) if number % 2 else intents.cancel(intent.id))
    (winner,) = outcomes.won
    assert shop.sdk.v1.payment_intents.retrieve(intent.id).status == winner.status
    assert winner.status in ("succeeded", "canceled")
    assert winner.amount_received == (2000 if winner.status == "succeeded" else 0)
    shop.check_books()


def test_of_many_cancellations_one_releases_the_hold(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual")
    outcomes = at_once(lambda _: shop.sdk.v1.payment_intents.cancel(intent.id))
    assert [winner.status for winner in outcomes.won] == ["canceled"]
    shop.check_books()


def test_what_is_charged_is_what_the_intent_says(shop: Shop) -> None:
    intent = shop.sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    intents = shop.sdk.v1.payment_intents
    at_once(
        lambda number: (
            intents.update(intent.id, {"amount": 2000 + number}) if number % 2 else intents.confirm(intent.id)
        )
    )
    paid = intents.retrieve(intent.id)
    (charge,) = shop.charges(intent.id)
    assert paid.status == "succeeded"
    assert paid.amount == paid.amount_received == charge.amount == charge.amount_captured
    shop.check_books()


def test_one_idempotency_key_is_one_payment(shop: Shop) -> None:
    key = secrets.token_hex(16)
    given: Any = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}

    def pay(_: int) -> str:
        while True:
            try:
                return shop.sdk.v1.payment_intents.create(given, {"idempotency_key": key}).id
            except stripe.StripeError as error:
                if error.http_status != 409:
                    raise

    outcomes = at_once(pay)
    assert len(outcomes.won) == CALLERS
    assert len(set(outcomes.won)) == 1
    assert [intent.id for intent in shop.sdk.v1.payment_intents.list().data] == outcomes.won[:1]
    assert len(shop.charges(outcomes.won[0])) == 1
    shop.check_books()


def test_one_idempotency_key_is_one_refund(shop: Shop) -> None:
    intent, key = shop.pay(), secrets.token_hex(16)
    outcomes = at_once(
        lambda _: shop.sdk.v1.refunds.create(
            {"payment_intent": intent.id, "amount": 100}, {"idempotency_key": key}
        )
    )
    assert len({refund.id for refund in outcomes.won}) == 1
    assert {error.http_status for error in outcomes.lost} <= LOST
    assert shop.sdk.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 100
    shop.check_books()


def test_one_saved_card_pays_many_orders_at_once(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create().id
    method = shop.sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    outcomes = at_once(
        lambda number: shop.pay(customer=customer, payment_method=method, amount=1000 + number)
    )
    assert outcomes.lost == []
    assert {intent.status for intent in outcomes.won} == {"succeeded"}
    shop.check_books()


def test_refunds_of_many_charges_do_not_disturb_each_other(shop: Shop) -> None:
    intents = [shop.pay(amount=500 + number) for number in range(8)]
    outcomes = at_once(
        lambda number: shop.sdk.v1.refunds.create({"payment_intent": intents[number % 8].id}),
    )
    assert sorted(refund.amount for refund in outcomes.won) == [500 + number for number in range(8)]
    shop.check_books()
