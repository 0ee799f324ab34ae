"""Items that the customer may add to an order: once, within limits, through links, and again after expiry."""

from typing import Any

import pytest
from flask import Flask

from kit.database import db
from payments.catalog.prices import Price
from tests.checkout.test_orders_of_another_size import Json, adjustable, lines_of, refused, send, session_of
from tests.support.buyer import Buyer, Seen, Till


def offer_of(seen: Seen) -> str:
    """The id of the last line that the page offers."""
    return [tag["value"] for name, tag in seen.tags if name == "button" and tag.get("name") == "addItem"][-1]


def price(till: Till, name: str, amount: int, **more: Any) -> str:
    given = {"currency": "inr", "unit_amount": amount, "product_data": {"name": name}, **more}
    return str(till.post("/v1/prices", given)["id"])


def test_an_item_on_offer_is_added_changed_and_taken_out(app: Flask, till: Till) -> None:
    ribbon = price(till, "Ribbon", 1500)
    offer: Json = {"price": ribbon, "quantity": 2, "adjustable_quantity": {"enabled": True, "maximum": 4}}
    session = till.open_session(optional_items=[offer])
    assert session["optional_items"] == [
        {"price": ribbon, "quantity": 2, "adjustable_quantity": {"enabled": True, "minimum": 0, "maximum": 4}}
    ]
    assert (session["amount_total"], len(lines_of(till, session))) == (49900, 2)
    buyer = Buyer(app, session)
    seen = buyer.open()
    assert ("Add to your order" in seen.text, "Ribbon" in seen.text) == (True, True)
    line = offer_of(seen)
    assert send(buyer, line, 2).status == 200
    assert [item["quantity"] for item in lines_of(till, session)] == [1, 4, 2]
    assert session_of(till, buyer)["amount_total"] == 52900
    assert send(buyer, line, 5).status == 422
    assert send(buyer, line, removeItem="yes").status == 200
    assert session_of(till, buyer)["amount_total"] == 49900
    assert send(buyer, line, 4).status == 200
    assert buyer.pay(expectedAmount="55900").status == 200
    assert till.charges_of(session["id"])[0]["amount"] == 55900


def test_an_item_of_a_set_quantity_is_added_as_a_whole(app: Flask, till: Till) -> None:
    session = till.open_session(optional_items=[{"price": price(till, "Vases", 1000), "quantity": 3}])
    assert session["optional_items"][0]["adjustable_quantity"] is None
    buyer = Buyer(app, session)
    line = offer_of(buyer.open())
    assert send(buyer, line, 2).status == 422
    assert send(buyer, line, 3).status == 200
    assert session_of(till, buyer)["amount_total"] == 52900
    assert "₹30.00" in buyer.open().text


def test_items_on_offer_have_their_limits(till: Till) -> None:
    ribbon = {"price": price(till, "Ribbon", 1500), "quantity": 1}
    assert '"param": "optional_items"' in refused(till, {"optional_items": [ribbon] * 11})
    none = {"optional_items": [ribbon | {"quantity": 0}]}
    assert '"param": "optional_items[0][quantity]"' in refused(till, none)
    foreign = {"price": price(till, "Ribbon", 100, currency="eur"), "quantity": 1}
    assert '"param": "optional_items[0]"' in refused(till, {"optional_items": [foreign]})
    absent = {"optional_items": [{"price": "price_none", "quantity": 1}]}
    assert '"param": "optional_items[0][price]"' in refused(till, absent)


def test_a_link_offers_the_same_choices(app: Flask, till: Till) -> None:
    ribbon = {"price": price(till, "Ribbon", 1500), "quantity": 1}
    link = till.post("/v1/payment_links", {"line_items": [adjustable(2)], "optional_items": [ribbon]})
    assert link["optional_items"] == [ribbon | {"adjustable_quantity": None}]
    (line,) = till.get(f"/v1/payment_links/{link['id']}/line_items")["data"]
    assert line["adjustable_quantity"] == {"enabled": True, "minimum": 0, "maximum": 99}
    location = app.test_client().get(f"/b/{link['url'].rpartition('/')[2]}").headers["Location"]
    session = till.get(f"/v1/checkout/sessions/{location.rpartition('/')[2]}")
    buyer = Buyer(app, session)
    assert send(buyer, offer_of(buyer.open()), 1).status == 200
    assert send(buyer, lines_of(till, session)[0]["id"], 1).status == 200
    assert buyer.pay(expectedAmount="11500").status == 200
    change = {
        "line_items": [{"id": line["id"], "adjustable_quantity": {"enabled": False}}],
        "optional_items": "",
    }
    changed = till.post(f"/v1/payment_links/{link['id']}", change)
    assert changed["optional_items"] is None


@pytest.mark.parametrize("gone", ["one of two", "all"])
def test_an_item_whose_price_is_gone_is_no_longer_offered_and_the_order_opens_again(
    app: Flask, till: Till, gone: str
) -> None:
    ribbon, vases = price(till, "Ribbon", 1500), price(till, "Vases", 1000)
    session = till.open_session(
        line_items=[adjustable(2)],
        optional_items=[{"price": ribbon, "quantity": 1}, {"price": vases, "quantity": 1}],
        after_expiration={"recovery": {"enabled": True}},
    )
    buyer = Buyer(app, session)
    assert send(buyer, offer_of(buyer.open()), 1).status == 200
    expired = till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    with app.app_context():
        for price_id in (ribbon, vases) if gone == "all" else (ribbon,):
            row = db.session.get(Price, price_id)
            assert row is not None
            row.deleted = True
        db.session.commit()
    path = expired["after_expiration"]["recovery"]["url"].partition("/c/")[2]
    location = app.test_client().get(f"/c/{path}").headers["Location"]
    again = till.get(f"/v1/checkout/sessions/{location.rpartition('/')[2]}")
    assert (again["id"] != session["id"], again["status"], again["amount_total"]) == (True, "open", 20000)
    left = [item["price"] for item in again["optional_items"] or ()]
    assert left == ([] if gone == "all" else [vases])
    assert Buyer(app, again).pay(expectedAmount="20000").status == 200


def test_an_expired_order_offers_the_same_choices_again(app: Flask, till: Till) -> None:
    ribbon = {"price": price(till, "Ribbon", 1500), "quantity": 1}
    session = till.open_session(
        line_items=[adjustable(2)], optional_items=[ribbon], after_expiration={"recovery": {"enabled": True}}
    )
    buyer = Buyer(app, session)
    assert send(buyer, offer_of(buyer.open()), 1).status == 200
    expired = till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    path = expired["after_expiration"]["recovery"]["url"].partition("/c/")[2]
    location = app.test_client().get(f"/c/{path}").headers["Location"]
    again = till.get(f"/v1/checkout/sessions/{location.rpartition('/')[2]}")
    assert (again["amount_total"], again["optional_items"]) == (20000, session["optional_items"])
    (line,) = lines_of(till, again)
    assert line["adjustable_quantity"] == {"enabled": True, "minimum": 0, "maximum": 99}
