"""Charges without a payment intent, as Stripe's older API makes them: taken, captured, given back."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import update

from kit.database import db
from payments.bank import Answer
from payments.charging.attempts import Attempt
from tests.payments.conftest import UNKNOWN_SECONDS, Shop, sweep
from tests.support.unreliable import (
    PowerCut,
    Unreliable,
    dies_before_the_record,
    lost_answer,
    lost_question,
)

CARD: Any = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123", "name": "Jo"}


def charge(shop: Shop, options: Any = None, **given: Any) -> stripe.Charge:
    asked: Any = {"amount": 2000, "currency": "usd", "source": "tok_visa", **given}
    present = {name: value for name, value in asked.items() if value is not None}
    return shop.sdk.v1.charges.create(present, options)  # type: ignore[arg-type]


def charges(shop: Shop) -> list[stripe.Charge]:
    return shop.sdk.v1.charges.list().data


def test_a_tokens_card_is_charged_and_no_intent_is_seen(shop: Shop, line: Unreliable) -> None:
    token = shop.sdk.v1.tokens.create({"card": CARD})
    made = charge(shop, source=token.id, description="Roses", metadata={"order": "7"}, transfer_group="g1")
    assert (made.status, made.paid, made.captured, made.amount_captured) == ("succeeded", True, True, 2000)
    assert (made.payment_intent, made.description, made.transfer_group) == (None, "Roses", "g1")
    assert made.metadata.to_dict() == {"order": "7"}
    assert token.card is not None
    assert isinstance(made.source, stripe.Card)
    assert (made.source.id, made.source.last4, made.source.name) == (token.card.id, "4242", "Jo")
    assert made.payment_method == token.card.id
    assert shop.event_types() == ["charge.succeeded"]
    assert charges(shop)[0].id == shop.sdk.v1.charges.retrieve(made.id).id == made.id
    assert not shop.sdk.v1.payment_intents.list().data
    with pytest.raises(stripe.InvalidRequestError) as again:
        charge(shop, source=token.id)
    assert again.value.code == "token_already_used"
    assert len(line.asked) == 1
    shop.check_books()


def test_a_customers_card_is_charged(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create({"source": "tok_mastercard"})
    other = shop.sdk.v1.customers.payment_sources.create(customer.id, {"source": "tok_amex"})
    usual = charge(shop, source=None, customer=customer.id)
    assert (usual.customer, usual.payment_method) == (customer.id, customer.default_source)
    named = charge(shop, source=other.id, customer=customer.id)
    assert named.payment_method == other.id
    assert [row.id for row in shop.sdk.v1.charges.list({"customer": customer.id}).data] == [
        named.id,
        usual.id,
    ]
    shop.check_books()


def test_a_refused_card_leaves_a_failed_charge(shop: Shop) -> None:
    for token, code in (
        ("tok_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("tok_threeDSecure2Required", "authentication_required"),
    ):
        with pytest.raises(stripe.CardError) as refused:
            charge(shop, source=token)
        assert refused.value.error is not None
        assert (refused.value.http_status, refused.value.error.decline_code) == (402, code)
        assert refused.value.error.payment_intent is None
        failed = charges(shop)[0]
        assert (failed.id, failed.status, failed.paid) == (refused.value.error.charge, "failed", False)
    assert shop.event_types() == ["charge.failed", "charge.failed"]
    shop.check_books()


def test_what_is_held_is_captured_once_in_part_or_whole(shop: Shop, line: Unreliable) -> None:
    held = charge(shop, capture=False)
    assert (held.captured, held.amount_captured, held.balance_transaction) == (False, 0, None)
    with pytest.raises(stripe.InvalidRequestError) as much:
        shop.sdk.v1.charges.capture(held.id, {"amount": 2001})
    assert much.value.param == "amount"
    before = len(line.asked)

    def meanwhile(ask: Any) -> Any:
        with pytest.raises(stripe.RateLimitError):
            shop.sdk.v1.charges.capture(held.id)
        return ask()

    line.expect(meanwhile)
    taken = shop.sdk.v1.charges.capture(held.id, {"amount": 1500})
    assert (taken.captured, taken.amount_captured) == (True, 1500)
    with pytest.raises(stripe.InvalidRequestError) as twice:
        shop.sdk.v1.charges.capture(held.id)
    assert twice.value.code == "charge_already_captured"
    assert len(line.asked) == before + 1
    assert shop.event_types() == ["charge.succeeded", "charge.captured"]
    shop.check_books()


def test_a_charge_of_an_intent_is_captured_by_its_intent(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match=held.id):
        shop.sdk.v1.charges.capture(str(held.latest_charge))


def test_a_charge_is_given_back_and_one_that_was_only_held_is_let_go(shop: Shop) -> None:
    paid = charge(shop)
    part = shop.sdk.v1.refunds.create({"charge": paid.id, "amount": 500})
    rest = shop.sdk.v1.refunds.create({"charge": paid.id})
    assert (part.payment_intent, part.status, rest.amount) == (None, "succeeded", 1500)
    assert shop.sdk.v1.charges.retrieve(paid.id).refunded
    held = charge(shop, capture=False)
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.refunds.create({"charge": held.id, "amount": 500})
    released = shop.sdk.v1.refunds.create({"charge": held.id, "reason": "requested_by_customer"})
    assert (released.amount, released.status, released.balance_transaction) == (2000, "succeeded", None)
    gone = shop.sdk.v1.charges.retrieve(held.id)
    assert (gone.captured, gone.refunded, gone.amount_refunded) == (False, True, 2000)
    assert not [name for name in shop.event_types() if name.startswith("payment_intent.")]
    for refused in (
        lambda: shop.sdk.v1.charges.capture(held.id),
        lambda: shop.sdk.v1.refunds.create({"charge": held.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            refused()
    shop.check_books()


def test_a_charge_is_changed_and_tells_of_it(shop: Shop) -> None:
    made = charge(shop, description="Roses")
    customer = shop.sdk.v1.customers.create({}).id
    change: Any = {"description": "Tulips", "customer": customer, "fraud_details": {"user_report": "safe"}}
    changed = shop.sdk.v1.charges.update(made.id, change)
    assert (changed.description, changed.customer) == ("Tulips", customer)
    assert changed.fraud_details is not None
    assert changed.fraud_details.user_report == "safe"
    (event,) = shop.sdk.v1.events.list({"type": "charge.updated"}).data
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes["description"] == "Roses"
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.charges.update(made.id, {"customer": shop.sdk.v1.customers.create({}).id})


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_charge_whose_answer_is_lost_comes_to_its_true_end(
    house: Flask, shop: Shop, line: Unreliable, later: time_machine.Traveller, status: str
) -> None:
    line.expect(lost_answer if status == "succeeded" else lost_question)
    key: Any = {"idempotency_key": f"once-{status}"}
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            charge(shop, key)
    later.shift(UNKNOWN_SECONDS)
    sweep(house)
    assert [row.status for row in charges(shop)] == [status]
    assert shop.event_types() == [f"charge.{status}"]
    shop.check_books()


def test_a_charge_of_which_nothing_is_known_is_not_called_missing(
    house: Flask, shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    """Whoever reads that there is no such charge takes it once more."""

    def is_looked_at_meanwhile(ask: Callable[[], Answer]) -> Answer:
        with house.app_context():
            ours = update(Attempt).where(Attempt.account_id == shop.account_id)
            db.session.execute(ours.values(version=Attempt.version + 1))
        return lost_answer(ask)

    line.expect(is_looked_at_meanwhile)
    with pytest.raises(stripe.APIError, match="has not answered yet"):
        charge(shop)
    later.shift(UNKNOWN_SECONDS)
    sweep(house)
    assert [row.status for row in charges(shop)] == ["succeeded"]
    shop.check_books()


def test_a_crash_before_the_record_loses_no_charge(
    house: Flask, shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(dies_before_the_record)
    with pytest.raises(PowerCut):
        charge(shop, capture=False)
    later.shift(60)
    sweep(house)
    (held,) = charges(shop)
    line.expect(dies_before_the_record)
    with pytest.raises(PowerCut):
        shop.sdk.v1.charges.capture(held.id)
    later.shift(60)
    sweep(house)
    assert charges(shop)[0].amount_captured == 2000
    shop.check_books()


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"source": None}, "source", "parameter_missing"),
        ({"amount": None}, "amount", "parameter_missing"),
        ({"amount": 0}, "amount", "parameter_invalid_integer"),
        ({"currency": "xxx"}, "currency", None),
        ({"source": "tok_none"}, "source", "resource_missing"),
        ({"customer": "cus_none"}, "customer", "resource_missing"),
        ({"receipt_email": "nobody"}, "receipt_email", "email_invalid"),
    ],
)
def test_what_is_wrong_is_told_before_the_bank_is_asked(
    shop: Shop, line: Unreliable, given: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        charge(shop, **given)
    assert refused.value.param == param
    assert code is None or refused.value.code == code
    assert not line.asked


def test_a_customers_card_has_to_be_theirs(shop: Shop, line: Unreliable) -> None:
    bare = shop.sdk.v1.customers.create({}).id
    with pytest.raises(stripe.CardError, match="no active card"):
        charge(shop, source=None, customer=bare)
    with pytest.raises(stripe.InvalidRequestError, match="linked source"):
        charge(shop, customer=bare)
    assert not line.asked
