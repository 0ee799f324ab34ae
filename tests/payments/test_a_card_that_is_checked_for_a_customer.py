"""A card is checked at the bank before it is a customer's: what happens meanwhile, and what is forgotten."""

from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask

import sweeps
from kit.database import db
from payments.charging.payment_methods import PaymentMethod
from payments.charging.tokens import LIFE_SECONDS, Token
from payments.customers.sources import LOST_SECONDS
from tests.payments.conftest import MORNING, Shop
from tests.support.unreliable import PowerCut, Unreliable, dies_before_the_record, lost_answer

CARD: Any = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}
REFUSED: Any = CARD | {"number": "4000000000000002"}


def a_token(shop: Shop, card: Any = CARD) -> str:
    return shop.sdk.v1.tokens.create({"card": card}).id


def sealed(house: Flask, noun: type[Token] | type[PaymentMethod], object_id: str) -> Any:
    with house.app_context():
        row: Any = db.session.get(noun, object_id)
        assert row is not None
        return row.sealed_number


def add(shop: Shop, customer: str, token: str) -> str:
    return shop.sdk.v1.customers.payment_sources.create(customer, {"source": token}).id


def sources_of(shop: Shop, customer: str) -> list[str]:
    return [row.id for row in shop.sdk.v1.customers.payment_sources.list(customer).data]


def test_two_cards_at_once_are_both_the_customers(shop: Shop, line: Unreliable) -> None:
    customer = shop.sdk.v1.customers.create({}).id
    late, token = a_token(shop), a_token(shop)
    first: list[str] = []

    def meanwhile(ask: Any) -> Any:
        first.append(add(shop, customer, token))
        return ask()

    line.expect(meanwhile)
    second = add(shop, customer, late)
    assert sorted(sources_of(shop, customer)) == sorted([*first, second])
    assert shop.sdk.v1.customers.retrieve(customer).default_source == first[0]
    assert len(line.asked) == 2


def test_a_new_card_takes_the_place_of_one_that_came_meanwhile(shop: Shop, line: Unreliable) -> None:
    customer = shop.sdk.v1.customers.create({"source": "tok_visa"}).id

    def meanwhile(ask: Any) -> Any:
        shop.sdk.v1.customers.update(customer, {"source": a_token(shop)})
        return ask()

    line.expect(meanwhile)
    updated = shop.sdk.v1.customers.update(customer, {"source": a_token(shop), "description": "Moved"})
    assert updated.description == "Moved"
    assert sources_of(shop, customer) == [updated.default_source]


def test_one_card_is_attached_to_one_of_two_customers(shop: Shop, line: Unreliable) -> None:
    method = shop.sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    first, second = (shop.sdk.v1.customers.create({}).id for _ in range(2))

    def meanwhile(ask: Any) -> Any:
        shop.sdk.v1.payment_methods.attach(method, {"customer": first})
        return ask()

    line.expect(meanwhile)
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        shop.sdk.v1.payment_methods.attach(method, {"customer": second})
    line.expect(meanwhile)
    assert shop.sdk.v1.payment_methods.attach(method, {"customer": first}).customer == first


def test_what_is_wrong_with_a_new_customer_is_told_before_the_bank_is_asked(
    shop: Shop, line: Unreliable
) -> None:
    token = a_token(shop)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.customers.create({"source": token, "email": "nobody"})
    assert refused.value.param == "email"
    customer = shop.sdk.v1.customers.create({}).id
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.customers.update(customer, {"source": token, "email": "nobody"})
    old: Any = {"stripe_version": "2024-06-20"}
    given: Any = {"source": token, "coupon": "NOSUCH"}
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        shop.sdk.v1.customers.create(given, old)
    assert unknown.value.param == "coupon"
    assert not line.asked
    assert shop.sdk.v1.customers.create({"source": token}).default_source


def test_a_card_that_is_refused_is_forgotten(house: Flask, shop: Shop, line: Unreliable) -> None:
    customer = shop.sdk.v1.customers.create({}).id
    for card, step in ((REFUSED, None), (CARD, lost_answer)):
        token = shop.sdk.v1.tokens.create({"card": card})
        assert token.card is not None
        if step is not None:
            line.expect(step)
        with pytest.raises((stripe.CardError, stripe.APIError)):
            add(shop, customer, token.id)
        assert sealed(house, Token, token.id) is None
        assert sealed(house, PaymentMethod, token.card.id) is None
        with pytest.raises(stripe.InvalidRequestError):
            shop.pay(payment_method=token.card.id)


def test_a_card_whose_request_died_is_forgotten_by_the_sweep(
    house: Flask, shop: Shop, line: Unreliable
) -> None:
    customer = shop.sdk.v1.customers.create({}).id
    token = shop.sdk.v1.tokens.create({"card": CARD})
    assert token.card is not None
    line.expect(dies_before_the_record)
    with pytest.raises(PowerCut):
        add(shop, customer, token.id)
    kept = add(shop, customer, a_token(shop))
    with house.app_context(), time_machine.travel(token.created + LOST_SECONDS + 60):
        assert sweeps.forget_card_numbers() >= 1
        assert sweeps.forget_card_numbers() == 0
    assert sealed(house, PaymentMethod, token.card.id) is None
    assert sealed(house, PaymentMethod, kept) is not None


def test_a_token_that_nobody_uses_is_forgotten_after_a_day(house: Flask, shop: Shop) -> None:
    with time_machine.travel(MORNING) as clock:
        token = a_token(shop)
        clock.shift(LIFE_SECONDS - 60)
        with house.app_context():
            sweeps.forget_card_numbers()
        assert sealed(house, Token, token) is not None
        clock.shift(120)
        customer = shop.sdk.v1.customers.create({}).id
        with pytest.raises(stripe.InvalidRequestError, match="expired"):
            add(shop, customer, token)
        with house.app_context():
            sweeps.forget_card_numbers()
        assert sealed(house, Token, token) is None
        assert not shop.sdk.v1.tokens.retrieve(token).used
