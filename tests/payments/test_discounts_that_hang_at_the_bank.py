"""A discount's last use while nobody knows the bank's answer: nobody else gets it, and it counts once."""

from typing import Any

import pytest
import time_machine

from tests.payments.conftest import CRASH_SECONDS, UNKNOWN_SECONDS, Shop, sweep
from tests.support.buyer import Buyer, Till
from tests.support.unreliable import PowerCut, Unreliable, dies_before_the_record, lost_answer, lost_question


@pytest.fixture
def till(shop: Shop) -> Till:
    return Till(shop.house, shop.secret_key)


@pytest.fixture
def coupon(till: Till) -> dict[str, Any]:
    """A coupon of which there is one."""
    return till.post("/v1/coupons", {"percent_off": 10, "max_redemptions": 1})


def buyers(shop: Shop, till: Till, coupon: dict[str, Any]) -> list[Buyer]:
    """Two customers with the same coupon."""
    given = [{"coupon": coupon["id"]}]
    return [Buyer(shop.house, till.open_session(discounts=given)) for _ in range(2)]


def used(till: Till, coupon: dict[str, Any]) -> int:
    times: int = till.get(f"/v1/coupons/{coupon['id']}")["times_redeemed"]
    return times


def test_an_unknown_answer_keeps_the_place_until_the_truth_is_known(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, till: Till, coupon: dict[str, Any]
) -> None:
    first, second = buyers(shop, till, coupon)
    line.expect(lost_answer)
    assert not first.pay().takes_a_card
    assert second.pay().status == 409
    assert used(till, coupon) == 0
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    assert used(till, coupon) == 1
    paid = till.get(f"/v1/checkout/sessions/{first.session['id']}")
    assert (paid["payment_status"], paid["amount_total"]) == ("paid", 44910)
    assert till.get(f"/v1/checkout/sessions/{second.session['id']}")["amount_total"] == 49900
    shop.check_books()


def test_a_payment_that_never_was_gives_the_place_back(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, till: Till, coupon: dict[str, Any]
) -> None:
    first, second = buyers(shop, till, coupon)
    line.expect(lost_question)
    first.pay()
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    assert used(till, coupon) == 0
    assert second.pay().status == 200
    assert used(till, coupon) == 1
    shop.check_books()


def test_a_crash_before_the_record_counts_the_use_once(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, till: Till, coupon: dict[str, Any]
) -> None:
    first, _ = buyers(shop, till, coupon)
    line.expect(dies_before_the_record)
    with pytest.raises(PowerCut):
        first.pay()
    later.shift(CRASH_SECONDS)
    sweep(shop.house)
    assert used(till, coupon) == 1
    assert till.get(f"/v1/checkout/sessions/{first.session['id']}")["payment_status"] == "paid"
    shop.check_books()
