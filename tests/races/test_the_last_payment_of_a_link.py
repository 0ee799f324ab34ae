"""Many customers on the pages of one payment link, at the same moment: no more pay than its limit says."""

from typing import Any

import requests
from requests import Response

from tests.races.conftest import Shop, at_once
from tests.support.tab import Tab

CUSTOMERS, LIMIT = 6, 2


def test_exactly_as_many_pay_as_the_limit_says(shop: Shop) -> None:
    rose: Any = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}
    link = shop.sdk.v1.payment_links.create(
        {
            "line_items": [{"price_data": rose, "quantity": 1}],
            "restrictions": {"completed_sessions": {"limit": LIMIT}},
        }
    )
    address = f"{shop.base_url}/b/{link.url.rpartition('/')[2]}"
    opened = [requests.get(address, timeout=30).url for _ in range(CUSTOMERS)]
    tabs = [Tab(url) for url in opened]

    def act(number: int) -> Response:
        return tabs[number].pay()

    answers = at_once(act, CUSTOMERS).won
    for answer, tab in zip(tuple(answers), tabs, strict=True):
        # Whoever was told to try again, since others held the last places, does.
        if answer.status_code == 409:
            answers.append(tab.pay())
        tab.close()
    paid = shop.sdk.v1.checkout.sessions.list({"payment_link": link.id, "status": "complete"}).data
    assert len(paid) == LIMIT
    assert sum("Payment received" in answer.text for answer in answers) == LIMIT
    assert {answer.status_code for answer in answers} <= {200, 409, 410}
    assert all(len(shop.charges(str(session.payment_intent))) == 1 for session in paid)
    shop.check_books()
