"""Many customers and the last uses of one coupon, at the same moment: no more pay its price than it has."""

from typing import Any

import requests
import stripe

from tests.races.conftest import Shop, at_once
from tests.support.hosted_page import session_params
from tests.support.tab import Tab

CUSTOMERS, USES = 6, 2


def open_session(shop: Shop, coupon: str) -> stripe.checkout.Session:
    given: Any = session_params("https://shop.example", discounts=[{"coupon": coupon}])
    return shop.sdk.v1.checkout.sessions.create(given)


def test_no_more_pay_a_coupons_price_than_it_has_uses(shop: Shop) -> None:
    coupon = shop.sdk.v1.coupons.create({"percent_off": 10, "max_redemptions": USES})
    sessions = [open_session(shop, coupon.id) for _ in range(CUSTOMERS)]
    tabs = [Tab(str(session.url)) for session in sessions]

    def act(number: int) -> requests.Response:
        return tabs[number].pay(expectedAmount="44910")

    answers = at_once(act, CUSTOMERS).won
    for tab in tabs:
        tab.close()
    ended = [shop.sdk.v1.checkout.sessions.retrieve(session.id) for session in sessions]
    paid = [session for session in ended if session.payment_status == "paid"]
    assert all(session.amount_total == 44910 for session in paid)
    assert 1 <= len(paid) <= USES
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum("Payment received" in answer.text for answer in answers) == len(paid)
    counted = shop.sdk.v1.coupons.retrieve(coupon.id)
    assert counted.times_redeemed == len(paid)
    for session in ended:
        charges = shop.charges(str(session.payment_intent)) if session.payment_intent else []
        assert [charge.amount for charge in charges] == ([44910] if session in paid else [])
    shop.check_books()
