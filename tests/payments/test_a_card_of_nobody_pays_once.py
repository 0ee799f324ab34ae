"""A payment method that belongs to no customer serves one payment, also where two are confirmed at once."""

from typing import Any

import pytest
import stripe
import time_machine

from tests.payments.conftest import UNKNOWN_SECONDS, Shop, sweep
from tests.support.unreliable import Unreliable, lost_answer


@pytest.fixture
def method_id(shop: Shop) -> str:
    card: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return shop.sdk.v1.payment_methods.create({"type": "card", "card": card}).id


def test_a_second_payment_meanwhile_is_refused(shop: Shop, line: Unreliable, method_id: str) -> None:
    refusals: list[str | None] = []

    def meanwhile(ask: Any) -> Any:
        with pytest.raises(stripe.RateLimitError) as refused:
            shop.pay(payment_method=method_id)
        refusals.append(refused.value.error.code if refused.value.error else None)
        return ask()

    line.expect(meanwhile)
    assert shop.pay(payment_method=method_id).status == "succeeded"
    assert refusals == ["lock_timeout"]
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.pay(payment_method=method_id)
    shop.check_books()


def test_after_a_decline_it_serves_another_payment(shop: Shop) -> None:
    card: Any = {"number": "4000000000000002", "exp_month": 12, "exp_year": 2034}
    declined = shop.sdk.v1.payment_methods.create({"type": "card", "card": card}).id
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            shop.pay(payment_method=declined)


def test_it_is_free_again_once_an_unknown_answer_turns_out_to_be_a_decline(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    card: Any = {"number": "4000000000000002", "exp_month": 12, "exp_year": 2034}
    declined = shop.sdk.v1.payment_methods.create({"type": "card", "card": card}).id
    line.expect(lost_answer)
    shop.pay(payment_method=declined)
    with pytest.raises(stripe.RateLimitError):
        shop.pay(payment_method=declined)
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    with pytest.raises(stripe.CardError):
        shop.pay(payment_method=declined)


def test_a_customers_card_pays_for_many_at_once(shop: Shop, line: Unreliable) -> None:
    customer = shop.sdk.v1.customers.create().id
    method_id = shop.sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    line.plan.clear()

    def meanwhile(ask: Any) -> Any:
        assert shop.pay(customer=customer, payment_method=method_id).status == "succeeded"
        return ask()

    line.expect(meanwhile)
    assert shop.pay(customer=customer, payment_method=method_id).status == "succeeded"
