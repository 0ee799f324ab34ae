"""A discount on the page goes by the coupon's name, by the id that its merchant chose, or by a plain word."""

from typing import Any

import pytest
from flask import Flask

from tests.support.buyer import Buyer, Till


@pytest.mark.parametrize(
    ("coupon", "language", "words"),
    [
        ({"percent_off": 10, "name": "Autumn"}, "en-IN", "Autumn (10% off)"),
        ({"percent_off": 10, "id": "SUMMER_25"}, "en-IN", "SUMMER_25 (10% off)"),
        ({"percent_off": 10}, "en-IN", "Discount (10% off)"),
        ({"amount_off": 500, "currency": "inr"}, "en-IN", "Discount -₹5.00"),
        ({"percent_off": 10}, "de", "Rabatt"),
    ],
)
def test_a_coupon_is_named_and_never_by_an_id_that_says_nothing(
    app: Flask, till: Till, coupon: dict[str, Any], language: str, words: str
) -> None:
    made = till.post("/v1/coupons", coupon)
    session = till.open_session(discounts=[{"coupon": made["id"]}])
    seen = Buyer(app, session, languages=language).open()
    assert words in seen.text
    assert (made["id"] in seen.text) is ("id" in coupon)
