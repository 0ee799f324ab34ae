"""One token, used by many callers at once: one of them has its card."""

from typing import Any

import pytest

from tests.races.conftest import Shop, at_once

pytestmark = pytest.mark.slow

CARD: Any = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}


def test_a_token_makes_one_payment_method(shop: Shop) -> None:
    token = shop.sdk.v1.tokens.create({"card": CARD}).id
    given: Any = {"type": "card", "card": {"token": token}}
    outcomes = at_once(lambda _: shop.sdk.v1.payment_methods.create(given))
    assert len(outcomes.won) == 1
    assert outcomes.codes() <= {"token_already_used", "lock_timeout"}
    assert shop.sdk.v1.tokens.retrieve(token).used


def test_a_token_becomes_one_customers_source(shop: Shop) -> None:
    token = shop.sdk.v1.tokens.create({"card": CARD}).id
    customers = [shop.sdk.v1.customers.create({}).id for _ in range(4)]
    outcomes = at_once(
        lambda number: shop.sdk.v1.customers.payment_sources.create(customers[number % 4], {"source": token})
    )
    assert len(outcomes.won) == 1
    assert outcomes.codes() <= {"token_already_used", "lock_timeout"}
    sources = [shop.sdk.v1.customers.payment_sources.list(name).data for name in customers]
    assert sum(map(len, sources)) == 1


def test_a_confirmation_token_pays_one_of_many_intents(shop: Shop) -> None:
    token = shop.sdk.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"}).id
    given: Any = {
        "amount": 2000,
        "currency": "eur",
        "allowed_payment_method_types": ["card"],
        "confirm": True,
    }
    outcomes = at_once(lambda _: shop.sdk.v1.payment_intents.create(given | {"confirmation_token": token}))
    assert len(outcomes.won) == 1
    assert outcomes.codes() <= {None, "lock_timeout"}
    assert len([charge for charge in shop.sdk.v1.charges.list().data if charge.paid]) == 1
    paid = shop.sdk.v1.confirmation_tokens.retrieve(token).payment_intent
    assert [intent.id for intent in shop.sdk.v1.payment_intents.list().data] == [paid]
