"""Prices whose amount the customer chooses: the field, limits, what is paid, two windows, links."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from checkout import pages
from payments.hosted.pay import pay
from tests.checkout.test_orders_of_another_size import meanwhile
from tests.support.buyer import Buyer, Seen, Till, flat, look
from tests.support.hosted_page import INSUFFICIENT_FUNDS

Json = dict[str, Any]
GIFT: Json = {"currency": "eur", "product_data": {"name": "A gift"}}


def a_price(till: Till, **limits: Any) -> str:
    limits = {"minimum": 500, "maximum": 10000, "preset": 2000} | limits
    chosen = {name: value for name, value in limits.items() if value is not None}
    made = till.post("/v1/prices", GIFT | {"custom_unit_amount": {"enabled": "true", **chosen}})
    return str(made["id"])


def opened(till: Till, price: str | None = None, *others: Json, **given: Any) -> Json:
    lines = [{"price": price or a_price(till), "quantity": 1}, *others]
    return till.open_session(line_items=lines, **given)


def send(buyer: Buyer, typed: str, **more: str) -> Seen:
    """Press Update."""
    data = {"csrf_token": buyer.token, "email": "", "customUnitAmount": typed, **more}
    return look(buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers))


def session_of(till: Till, session: Json) -> Json:
    return till.get(f"/v1/checkout/sessions/{session['id']}?expand[]=line_items")


def refused(till: Till, path: str, given: Json) -> Json:
    answer = till.client.post(path, data=dict(flat(given)), headers=till.headers)
    assert answer.status_code == 400, answer.get_data(as_text=True)
    error: Json = answer.get_json()["error"]
    return error


def test_the_page_begins_with_the_preset_and_says_the_limits(app: Flask, till: Till) -> None:
    session = opened(till)
    assert session["amount_total"] == 2000
    seen = Buyer(app, session).open()
    assert (seen.values["customUnitAmount"], seen.values["expectedAmount"]) == ("20.00", "2000")
    assert "From €5.00 to €100.00" in seen.text
    assert "Pay €20.00" in seen.text


def test_without_a_preset_the_page_begins_with_the_least(app: Flask, till: Till) -> None:
    least = opened(till, a_price(till, preset=None, maximum=None))
    seen = Buyer(app, least).open()
    assert (least["amount_total"], seen.values["customUnitAmount"]) == (500, "5.00")
    assert "At least €5.00" in seen.text
    currencys = opened(till, a_price(till, preset=None, minimum=None, maximum=None))
    assert currencys["amount_total"] == 50
    assert "At least €0.50" in Buyer(app, currencys).open().text


def test_a_chosen_amount_is_shown_and_paid(app: Flask, till: Till) -> None:
    session = opened(till)
    buyer = Buyer(app, session)
    buyer.open()
    seen = send(buyer, "37.50")
    assert (seen.status, "Pay €37.50" in seen.text) == (200, True)
    assert (seen.values["customUnitAmount"], seen.values["expectedAmount"]) == ("37.50", "3750")
    assert buyer.submit(customUnitAmount="37.50", expectedAmount="3750").status == 200
    paid = session_of(till, session)
    assert (paid["amount_subtotal"], paid["amount_total"], paid["payment_status"]) == (3750, 3750, "paid")
    (line,) = paid["line_items"]["data"]
    assert (line["amount_subtotal"], line["amount_total"], line["quantity"]) == (3750, 3750, 1)
    assert line["price"]["unit_amount"] is None
    assert line["price"]["custom_unit_amount"] == {"maximum": 10000, "minimum": 500, "preset": 2000}
    assert [charge["amount"] for charge in till.charges_of(session["id"])] == [3750]


def test_an_amount_that_is_typed_and_not_applied_is_shown_before_it_is_paid(app: Flask, till: Till) -> None:
    session = opened(till)
    buyer = Buyer(app, session)
    buyer.open()
    seen = buyer.submit(customUnitAmount="50", expectedAmount="2000")
    assert (seen.status, "The total of this order has changed." in seen.text) == (409, True)
    assert (seen.values["expectedAmount"], seen.values["email"]) == ("5000", "asha@example.com")
    assert session_of(till, session)["payment_intent"] is None
    assert buyer.submit(customUnitAmount="50.00", expectedAmount="5000").status == 200
    assert till.charges_of(session["id"])[0]["amount"] == 5000


@pytest.mark.parametrize(
    "typed",
    ["", "4.99", "100.01", "0", "-20", "\u221220", "20.005", "1e3", "abc", "NaN", "9" * 30, "9" * 500,
     ".50", "20 30", "20.00.00", "' OR 1=1", "\u00bd", "20%", "2\u200b0",
     "Rs..20", "20.kr", ".20 kr."],
)  # fmt: skip
def test_what_can_not_be_chosen_changes_nothing_and_is_said(app: Flask, till: Till, typed: str) -> None:
    session = opened(till)
    buyer = Buyer(app, session)
    buyer.open()
    for seen in (send(buyer, typed), buyer.submit(customUnitAmount=typed, expectedAmount="2000")):
        assert (seen.status, "This amount can't be chosen." in seen.text) == (422, True)
    assert (session_of(till, session)["amount_total"], session_of(till, session)["status"]) == (2000, "open")


def test_the_amount_that_was_seen_is_the_one_that_is_paid(app: Flask, till: Till) -> None:
    session = opened(till)
    mine, other = Buyer(app, session), Buyer(app, session)
    mine.open()
    other.open()
    assert send(other, "90").status == 200
    seen = mine.submit(expectedAmount="2000")  # a page that sends no amount, as a suite's may not
    assert (seen.status, "The total of this order has changed." in seen.text) == (409, True)
    assert session_of(till, session)["payment_intent"] is None
    assert mine.submit(customUnitAmount="20.00", expectedAmount="2000").status == 200  # what was seen here
    assert [charge["amount"] for charge in till.charges_of(session["id"])] == [2000]


def test_an_amount_chosen_while_another_window_pays_is_not_taken(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(till)
    mine, other = Buyer(app, session), Buyer(app, session)
    mine.open()
    other.open()
    chosen: list[Seen] = []

    def paid_meanwhile(*given: Any, **named: Any) -> Any:
        if not chosen:
            chosen.append(meanwhile(send, other, "90"))
        return pay(*given, **named)

    monkeypatch.setattr(pages, "pay", paid_meanwhile)
    seen = mine.submit(customUnitAmount="20.00", expectedAmount="2000")
    assert (chosen[0].status, seen.status) == (200, 409)
    assert session_of(till, session)["payment_status"] == "unpaid"
    assert till.charges_of(session["id"]) == []


def test_an_amount_stays_while_its_payment_is_under_way(app: Flask, till: Till) -> None:
    session = opened(till)
    buyer, other = Buyer(app, session), Buyer(app, session)
    other.open()
    assert buyer.pay(cardNumber="4000002760003184").status == 200  # goes to the issuer's page
    assert send(other, "90").status == 422
    assert session_of(till, session)["amount_total"] == 2000


def test_after_a_decline_another_amount_can_be_chosen_and_paid(app: Flask, till: Till) -> None:
    session = opened(till)
    buyer = Buyer(app, session)
    assert buyer.pay(cardNumber=INSUFFICIENT_FUNDS).status == 402
    assert send(buyer, "10").status == 200
    assert buyer.submit(customUnitAmount="10.00", expectedAmount="1000").status == 200
    assert [charge["amount"] for charge in till.charges_of(session["id"]) if charge["paid"]] == [1000]


def test_taxes_delivery_and_other_lines_follow_the_amount(app: Flask, till: Till) -> None:
    rate = till.post("/v1/tax_rates", {"display_name": "VAT", "percentage": "20", "inclusive": "false"})
    way = {"display_name": "Post", "fixed_amount": {"amount": 490, "currency": "eur"}}
    data = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Vase"}}
    lines = [{"price": a_price(till), "quantity": 1, "tax_rates": [rate["id"]]}]
    lines.append({"price_data": data, "quantity": 2})
    session = till.open_session(line_items=lines, shipping_options=[{"shipping_rate_data": way}])
    assert session["amount_total"] == 2400 + 2000 + 490
    buyer = Buyer(app, session)
    buyer.open()
    assert send(buyer, "30").status == 200
    now = session_of(till, session)
    assert (now["amount_subtotal"], now["amount_total"]) == (5000, 3600 + 2000 + 490)
    assert now["total_details"]["amount_tax"] == 600


def test_the_session_takes_the_limits_of_its_currency(app: Flask, till: Till) -> None:
    other = {"custom_unit_amount": {"enabled": "true", "minimum": 700, "preset": 900}}
    price = till.post(
        "/v1/prices",
        GIFT | {"custom_unit_amount": {"enabled": "true"}, "currency_options": {"usd": other}},
    )
    session = opened(till, price["id"], currency="usd")
    assert (session["currency"], session["amount_total"]) == ("usd", 900)
    seen = Buyer(app, session).open()
    assert "At least US$7.00" in seen.text or "At least $7.00" in seen.text


def test_a_link_opens_sessions_whose_amount_is_chosen(app: Flask, till: Till) -> None:
    lines = [{"price": a_price(till), "quantity": 1}]
    link = till.post("/v1/payment_links", {"line_items": lines})
    answer = till.client.get(urlsplit(link["url"]).path)
    session = till.get(f"/v1/checkout/sessions/{answer.headers['Location'].rpartition('/')[2]}")
    buyer = Buyer(app, session)
    buyer.open()
    assert send(buyer, "12.34").status == 200
    assert buyer.submit(customUnitAmount="12.34", expectedAmount="1234").status == 200
    assert session_of(till, session)["amount_total"] == 1234
    items = till.get(f"/v1/payment_links/{link['id']}/line_items")["data"]
    assert (items[0]["amount_total"], items[0]["price"]["custom_unit_amount"]["preset"]) == (2000, 2000)
    for change, param in (
        ({"allow_promotion_codes": "true"}, "allow_promotion_codes"),
        ({"line_items": [{"id": items[0]["id"], "quantity": 2}]}, "line_items[0][quantity]"),
    ):
        assert refused(till, f"/v1/payment_links/{link['id']}", change)["param"] == param


def test_an_expired_session_opens_again_with_its_amount_to_choose(app: Flask, till: Till) -> None:
    price = a_price(till)
    session = opened(till, price, after_expiration={"recovery": {"enabled": "true"}})
    buyer = Buyer(app, session)
    buyer.open()
    assert send(buyer, "90").status == 200
    till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    till.post(f"/v1/prices/{price}", {"active": "false"})
    assert till.client.get(f"/c/recover/{session['id']}").status_code == 303
    again = till.get("/v1/checkout/sessions?status=open")["data"][0]
    assert (again["recovered_from"], again["amount_total"]) == (session["id"], 2000)
    assert Buyer(app, again).open().values["customUnitAmount"] == "20.00"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"line": {"quantity": 2}}, "line_items[0][quantity]"),
        ({"line": {"adjustable_quantity": {"enabled": "true"}}}, "line_items[0][adjustable_quantity]"),
        ({"allow_promotion_codes": "true"}, "allow_promotion_codes"),
        (
            {"after_expiration": {"recovery": {"enabled": "true", "allow_promotion_codes": "true"}}},
            "after_expiration[recovery][allow_promotion_codes]",
        ),
    ],
)
def test_what_can_not_stand_beside_a_chosen_amount_is_refused(till: Till, given: Json, param: str) -> None:
    line = {"price": a_price(till), "quantity": 1} | given.get("line", {})
    asked = {"mode": "payment", "success_url": "https://shop.example", "line_items": [line]}
    asked |= {name: value for name, value in given.items() if name != "line"}
    assert refused(till, "/v1/checkout/sessions", asked)["param"] == param


def test_there_is_one_chosen_amount_in_an_order_and_none_on_offer_or_discounted(till: Till) -> None:
    line = {"price": a_price(till), "quantity": 1}
    asked: Json = {"mode": "payment", "success_url": "https://shop.example", "line_items": [line]}
    two = refused(till, "/v1/checkout/sessions", asked | {"line_items": [line, line]})
    assert two["param"] == "line_items[1]"
    offered = refused(till, "/v1/checkout/sessions", asked | {"optional_items": [line]})
    assert offered["param"] == "optional_items[0][price]"
    coupon = till.post("/v1/coupons", {"percent_off": "50"})["id"]
    off = refused(till, "/v1/checkout/sessions", asked | {"discounts": [{"coupon": coupon}]})
    assert off["param"] == "discounts"


def test_only_a_line_with_such_a_price_takes_an_amount(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    seen = buyer.open()
    assert "customUnitAmount" not in seen.values
    assert send(buyer, "1").status in (200, 303)  # of a field that the page does not have, nothing is taken
    alone = {"csrf_token": buyer.token, "customUnitAmount": "1"}
    assert look(buyer.client.post(f"{buyer.path}/order", data=alone, headers=buyer.headers)).status == 422
    assert session_of(till, session)["amount_total"] == 49900
