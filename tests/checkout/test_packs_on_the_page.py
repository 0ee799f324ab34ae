"""Prices of packs on the hosted page: what is said, and what a changed quantity comes to."""

from typing import Any

import pytest
from flask import Flask

from tests.checkout.test_orders_of_another_size import lines_of, send, session_of
from tests.support.buyer import Buyer, Till


def packs(till: Till, **given: Any) -> str:
    pack = {"divide_by": 10, "round": "up"}
    price = {"currency": "inr", "unit_amount": 30000, "product_data": {"name": "Eggs"}}
    return str(till.post("/v1/prices", price | {"transform_quantity": pack, **given})["id"])


@pytest.mark.parametrize(("quantity", "total"), [(1, 30000), (10, 30000), (12, 60000)])
def test_the_page_says_what_a_pack_costs_and_takes_it(
    app: Flask, till: Till, quantity: int, total: int
) -> None:
    session = till.open_session(line_items=[{"price": packs(till), "quantity": quantity}])
    buyer = Buyer(app, session)
    assert f"Qty {quantity} · ₹300.00 per 10" in buyer.open().text
    assert buyer.submit().status == 200
    assert [charge["amount"] for charge in till.charges_of(session["id"])] == [total]


def test_a_changed_quantity_is_counted_in_packs(app: Flask, till: Till) -> None:
    line = {"price": packs(till), "quantity": 10, "adjustable_quantity": {"enabled": "true", "maximum": 99}}
    session = till.open_session(line_items=[line])
    buyer = Buyer(app, session)
    buyer.open()
    seen = send(buyer, lines_of(till, session)[0]["id"], 21)
    assert (seen.status, "₹900.00" in seen.text) == (200, True)
    assert session_of(till, buyer)["amount_total"] == 90000


def test_packs_on_offer_say_what_they_cost(app: Flask, till: Till) -> None:
    session = till.open_session(optional_items=[{"price": packs(till), "quantity": 20}])
    assert "Qty 20 · ₹300.00 per 10" in Buyer(app, session).open().text
