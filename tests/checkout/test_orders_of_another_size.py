"""Quantities that the customer chooses, and items that are on offer: totals, limits, taxes, two windows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from checkout import order_form, pages
from payments.hosted.pay import pay
from payments.hosted.reprice import change_quantity
from tests.checkout.test_orders_that_change import code
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.hosted_page import INSUFFICIENT_FUNDS

Json = dict[str, Any]


def adjustable(quantity: int = 2, amount: int = 10000, **limits: Any) -> Json:
    data = {"currency": "inr", "unit_amount": amount, "product_data": {"name": "Postcards"}}
    return {"price_data": data, "quantity": quantity, "adjustable_quantity": {"enabled": True, **limits}}


def lines_of(till: Till, session: Json) -> list[Json]:
    found: list[Json] = till.get(f"/v1/checkout/sessions/{session['id']}/line_items")["data"]
    return found


def session_of(till: Till, buyer: Buyer) -> Json:
    return till.get(f"/v1/checkout/sessions/{buyer.session['id']}")


def send(buyer: Buyer, line: str, quantity: Any = None, **more: str) -> Seen:
    data = {"csrf_token": buyer.token, "line": line, **more}
    if quantity is not None:
        data["quantity"] = str(quantity)
    path = f"{buyer.path}/order"
    return look(buyer.client.post(path, data=data, headers=buyer.headers, follow_redirects=True))


def meanwhile(step: Callable[..., Seen], *given: Any) -> Seen:
    """Take a step in a thread of its own, with a database session of its own, while another waits."""
    with ThreadPoolExecutor(1) as another:
        return another.submit(step, *given).result()


def test_a_quantity_is_changed_and_paid(app: Flask, till: Till) -> None:
    session = till.open_session(line_items=[adjustable(2, minimum=1, maximum=5)])
    (line,) = lines_of(till, session)
    assert line["adjustable_quantity"] == {"enabled": True, "minimum": 1, "maximum": 5}
    buyer = Buyer(app, session)
    assert buyer.open().values["expectedAmount"] == "20000"
    seen = send(buyer, line["id"], 3)
    assert (seen.status, "₹300.00" in seen.text, seen.values["expectedAmount"]) == (200, True, "30000")
    assert buyer.pay(expectedAmount="30000").status == 200
    paid = session_of(till, buyer)
    assert (paid["amount_subtotal"], paid["amount_total"], paid["payment_status"]) == (30000, 30000, "paid")
    (line,) = lines_of(till, session)
    assert (line["quantity"], line["amount_subtotal"], line["amount_total"]) == (3, 30000, 30000)
    assert till.charges_of(session["id"])[0]["amount"] == 30000


@pytest.mark.parametrize("quantity", [0, 6, -1, "", "x", "1.5", "\u0663", "9" * 30, "1e3", "' OR 1=1"])
def test_a_quantity_beyond_the_limits_changes_nothing(app: Flask, till: Till, quantity: Any) -> None:
    session = till.open_session(line_items=[adjustable(2, minimum=1, maximum=5)])
    buyer = Buyer(app, session)
    buyer.open()
    seen = send(buyer, lines_of(till, session)[0]["id"], quantity)
    assert (seen.status, "This quantity can't be chosen." in seen.text) == (422, True)
    assert session_of(till, buyer)["amount_total"] == 20000


def test_a_line_of_a_set_quantity_and_a_strange_line_stay_as_they_are(app: Flask, till: Till) -> None:
    session, other = till.open_session(), till.open_session(line_items=[adjustable()])
    buyer = Buyer(app, session)
    buyer.open()
    assert send(buyer, lines_of(till, session)[0]["id"], 2).status == 422
    assert send(buyer, lines_of(till, other)[0]["id"], 5).status == 422
    assert send(buyer, "li_none", 5).status == 422
    assert session_of(till, buyer)["amount_total"] == 49900
    assert till.get(f"/v1/checkout/sessions/{other['id']}")["amount_total"] == 20000


def test_the_last_item_can_not_be_left_out(app: Flask, till: Till) -> None:
    session = till.open_session(line_items=[adjustable(), adjustable(1, 500)])
    first, second = lines_of(till, session)
    buyer = Buyer(app, session)
    buyer.open()
    seen = send(buyer, second["id"], 0)
    assert (seen.status, "₹200.00" in seen.text) == (200, True)
    assert [line["id"] for line in lines_of(till, session)] == [first["id"]]
    seen = send(buyer, first["id"], 0)
    assert (seen.status, "An order needs at least one item." in seen.text) == (422, True)
    assert send(buyer, second["id"], 2).status == 200
    assert session_of(till, buyer)["amount_total"] == 21000


def test_an_order_that_would_be_too_small_or_too_large_is_refused(app: Flask, till: Till) -> None:
    session = till.open_session(line_items=[adjustable(1, 50000000), adjustable(1, 10)])
    dear, cheap = lines_of(till, session)
    buyer = Buyer(app, session)
    buyer.open()
    assert send(buyer, dear["id"], 2).status == 422  # a million rupees is more than a card payment may be
    assert send(buyer, dear["id"], 0).status == 422  # and ten paise are less
    assert send(buyer, cheap["id"], 0).status == 200
    assert session_of(till, buyer)["amount_total"] == 50000000


def test_taxes_discounts_and_delivery_are_worked_out_anew(app: Flask, till: Till) -> None:
    code(till, percent=25)
    rate = till.post("/v1/tax_rates", {"display_name": "GST", "percentage": "18", "inclusive": False})
    way = {"display_name": "Post", "fixed_amount": {"amount": 4900, "currency": "inr"}}
    line = adjustable(1, 9999) | {"tax_rates": [rate["id"]]}
    session = till.open_session(
        line_items=[line], allow_promotion_codes=True, shipping_options=[{"shipping_rate_data": way}]
    )
    buyer = Buyer(app, session)
    buyer.open()
    data = {"csrf_token": buyer.token, "promotionCode": "FALL"}
    buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers)
    assert send(buyer, lines_of(till, session)[0]["id"], 3).status == 200
    seen = session_of(till, buyer)
    # 29997 less a quarter (7499.25, rounded to 7499) is 22498; 18 per cent of it are 4049.64.
    sums = {"amount_discount": 7499, "amount_shipping": 4900, "amount_tax": 4050}
    assert {name: seen["total_details"][name] for name in sums} == sums
    assert (seen["amount_subtotal"], seen["amount_total"]) == (29997, 22498 + 4050 + 4900)


def test_a_code_for_larger_orders_keeps_the_order_large(app: Flask, till: Till) -> None:
    code(till, restrictions={"minimum_amount": 15000, "minimum_amount_currency": "inr"})
    session = till.open_session(line_items=[adjustable(2)], allow_promotion_codes=True)
    buyer = Buyer(app, session)
    buyer.open()
    data = {"csrf_token": buyer.token, "promotionCode": "FALL"}
    buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers)
    seen = send(buyer, lines_of(till, session)[0]["id"], 1)
    assert (seen.status, "below the least amount" in seen.text) == (422, True)
    assert session_of(till, buyer)["amount_total"] == 18000


def test_what_one_window_changes_is_not_charged_in_another(app: Flask, till: Till) -> None:
    session = till.open_session(line_items=[adjustable(2)])
    (line,) = lines_of(till, session)
    one, other = Buyer(app, session), Buyer(app, session)
    shown = other.open().values["expectedAmount"]
    one.open()
    assert send(one, line["id"], 9).status == 200
    seen = other.submit(expectedAmount=shown)
    assert (seen.status, "The total of this order has changed." in seen.text) == (409, True)
    assert till.charges_of(session["id"]) == []
    assert seen.values["expectedAmount"] == "90000"
    assert send(other, line["id"], 1).status == 200
    assert one.submit(expectedAmount="90000").status == 409
    assert one.submit(expectedAmount="10000").status == 200


def test_a_declined_order_can_still_change_and_the_next_try_takes_the_new_total(
    app: Flask, till: Till
) -> None:
    session = till.open_session(line_items=[adjustable(2)])
    (line,) = lines_of(till, session)
    buyer = Buyer(app, session)
    assert buyer.pay(cardNumber=INSUFFICIENT_FUNDS).status == 402
    assert send(buyer, line["id"], 3).status == 200
    assert buyer.submit(expectedAmount="30000").status == 200
    assert sorted(charge["amount"] for charge in till.charges_of(session["id"])) == [20000, 30000]
    seen = send(buyer, line["id"], 1)
    assert "already been paid" in seen.text
    assert session_of(till, buyer)["amount_total"] == 30000


def test_two_windows_at_the_same_moment_end_in_one_order(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = till.open_session(line_items=[adjustable(2)])
    line = lines_of(till, session)[0]["id"]
    one, other = Buyer(app, session), Buyer(app, session)
    one.open()
    other.open()
    carried_out, rivals = change_quantity, iter([9])

    def beaten(*given: Any) -> None:
        carried_out(*given)
        for quantity in rivals:  # before what was collected is committed
            assert meanwhile(send, other, line, quantity).status == 200

    monkeypatch.setattr(order_form, "change_quantity", beaten)
    assert send(one, line, 3).status == 200
    seen = session_of(till, one)
    assert (seen["amount_subtotal"], seen["amount_total"]) == (30000, 30000)
    assert [item["quantity"] for item in lines_of(till, session)] == [3]


def test_an_order_that_changes_while_it_is_paid_is_not_charged(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = till.open_session(line_items=[adjustable(2)])
    line = lines_of(till, session)[0]["id"]
    one, other = Buyer(app, session), Buyer(app, session)
    shown = one.open().values["expectedAmount"]
    other.open()
    carried_out, rivals = pay, iter([9])

    def beaten(*given: Any, **more: Any) -> Any:
        for quantity in rivals:  # after the order was read, before it is claimed
            assert meanwhile(send, other, line, quantity).status == 200
        return carried_out(*given, **more)

    monkeypatch.setattr(pages, "pay", beaten)
    seen = one.submit(expectedAmount=shown)
    assert (seen.status, "The total of this order has changed." in seen.text) == (409, True)
    assert till.charges_of(session["id"]) == []
    assert seen.values["expectedAmount"] == "90000"


def refused(till: Till, asked: Json) -> str:
    with pytest.raises(AssertionError) as said:
        till.open_session(**asked)
    return str(said.value)


@pytest.mark.parametrize(
    ("line", "param"),
    [
        (adjustable(2, minimum=3), "line_items[0][quantity]"),
        (adjustable(6, maximum=5), "line_items[0][quantity]"),
        (adjustable(100), "line_items[0][quantity]"),
        (adjustable(2, minimum=9, maximum=5), "line_items[0][adjustable_quantity][minimum]"),
        (adjustable(2, minimum=-1), "line_items[0][adjustable_quantity][minimum]"),
        (adjustable(2, maximum=1000000), "line_items[0][adjustable_quantity][maximum]"),
    ],
)
def test_limits_of_quantities_are_refused_by_name(till: Till, line: Json, param: str) -> None:
    assert f'"param": "{param}"' in refused(till, {"line_items": [line]})
