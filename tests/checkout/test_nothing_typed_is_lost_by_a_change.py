"""Whatever is changed of an order, what was typed beside it stays, but for the security code.

No script is needed: the buttons of the order belong to the payment form. What was typed there and is not
applied is applied before anything is paid: Enter in a promotion code never pays the sum without it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.checkout.test_orders_of_another_size import adjustable, lines_of
from tests.checkout.test_orders_that_change import ADDRESS, WAYS, code
from tests.checkout.test_saved_cards import REMOVING, keep
from tests.support.asked import ANSWERS
from tests.support.asked import EVERYTHING as ASKED
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.cardholder import Cardholder
from tests.support.hosted_page import INSUFFICIENT_FUNDS, TYPED

MUST_CONFIRM = "4000002760003184"
TEA = {"currency": "inr", "unit_amount": 9900, "product_data": {"name": "Tea"}}

Json = dict[str, Any]
Press = Callable[[Buyer, Json], dict[str, str]]  # what a button sends beside all that is typed


def opened(app: Flask, till: Till, **more: Any) -> Buyer:
    """A buyer at an order that can be changed in every way."""
    code(till)
    price = till.post("/v1/prices", TEA)["id"]
    session = till.open_session(
        **{
            "line_items": [adjustable(2), adjustable(1, 5000)],
            "optional_items": [{"price": price, "quantity": 2}],
            "allow_promotion_codes": True,
            "shipping_address_collection": {"allowed_countries": ["IN"]},
            "shipping_options": WAYS,
            **more,
        }
    )
    buyer = Buyer(app, session)
    buyer.open()
    return buyer


def press(buyer: Buyer, **sent: str) -> Seen:
    """Press a button of the order, with all that is typed into the page."""
    data = {"csrf_token": buyer.token, **TYPED, **ADDRESS, **sent}
    return look(buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers))


def kept(seen: Seen, **more: str) -> bool:
    typed = {**TYPED, **ADDRESS, **more, "cardCvc": ""}
    return {name: seen.values.get(name) for name in typed} == typed


def line(till: Till, buyer: Buyer, place: int) -> Json:
    return lines_of(till, buyer.session)[place]


def total(till: Till, buyer: Buyer) -> int:
    found: int = till.get(f"/v1/checkout/sessions/{buyer.session['id']}")["amount_total"]
    return found


def offer(seen: Seen) -> str:
    """The item that the page offers."""
    return next(given["value"] for tag, given in seen.tags if given.get("name") == "addItem")


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"promotionCode": "FALL", "applyPromotionCode": "yes"}, 200, "FALL (10% off)"),
        ({"promotionCode": "WINTER", "applyPromotionCode": "yes"}, 422, "This code is invalid."),
        ({"promotionCode": "", "applyPromotionCode": "yes"}, 422, "This code is invalid."),
        ({"shippingRate": "made-up"}, 422, "Choose one of the ways of delivery."),
        ({"removeSavedCard": "pm_nobodys"}, 422, "Cards can't be removed on this page."),
    ],
)
def test_what_was_typed_stays(app: Flask, till: Till, sent: dict[str, str], status: int, words: str) -> None:
    seen = press(opened(app, till), **sent)
    assert (seen.status, words in seen.text, kept(seen)) == (status, True, True)
    assert "problem" not in {given.get("id") for _, given in seen.tags}


def test_quantities_offers_and_the_delivery_change_and_what_was_typed_stays(app: Flask, till: Till) -> None:
    buyer = opened(app, till)
    first, second = line(till, buyer, 0), line(till, buyer, 1)
    before = total(till, buyer)
    seen = press(buyer, **{f"quantity-{first['id']}": "3", f"quantity-{second['id']}": "2"})
    assert (seen.status, kept(seen), total(till, buyer)) == (200, True, before + 15000)
    seen = press(buyer, addItem=offer(seen))
    assert (kept(seen), total(till, buyer)) == (True, before + 15000 + 19800)
    added = next(given["value"] for tag, given in seen.tags if given.get("name") == "removeItem")
    seen = press(buyer, removeItem=added)
    assert (kept(seen), total(till, buyer)) == (True, before + 15000)
    ways = [given["value"] for tag, given in seen.tags if given.get("name") == "shippingRate"]
    seen = press(buyer, shippingRate=ways[1])
    assert (kept(seen), total(till, buyer)) == (True, before + 15000 + 5000)
    assert seen.values["expectedAmount"] == str(before + 20000)
    assert seen.values["shippingRate"] == ways[1]


def test_a_code_that_was_typed_and_not_applied_stays_typed(app: Flask, till: Till) -> None:
    buyer = opened(app, till)
    first = line(till, buyer, 0)
    seen = press(buyer, promotionCode="FALL", **{f"quantity-{first['id']}": "3"})
    assert (seen.status, seen.values["promotionCode"], kept(seen)) == (200, "FALL", True)
    seen = press(buyer, promotionCode="FALL", applyPromotionCode="yes")
    assert "FALL (10% off)" in seen.text
    seen = press(buyer, removePromotionCode="yes")
    assert ("FALL" in seen.text, kept(seen)) == (False, True)


def test_a_wrong_quantity_is_shown_as_it_was_typed(app: Flask, till: Till) -> None:
    buyer = opened(app, till)
    name = f"quantity-{line(till, buyer, 0)['id']}"
    for typed in ("1000", "some", ""):
        seen = press(buyer, **{name: typed})
        assert (seen.status, seen.values[name], kept(seen)) == (422, typed, True)
        assert "This quantity can't be chosen." in seen.text


def test_removing_a_saved_card_keeps_the_rest_and_leaves_a_way_to_pay(app: Flask, till: Till) -> None:
    jenny = till.post("/v1/customers", {"email": TYPED["email"]})["id"]
    saved = keep(till, jenny)
    buyer = opened(app, till, customer=jenny, **REMOVING)
    seen = press(buyer, removeSavedCard=saved, paymentMethod=saved)
    assert (seen.status, saved in seen.html) == (200, False)
    assert kept(seen, cardNumber="")  # not shown again where another way to pay was chosen
    assert seen.values["paymentMethod"] == "card"


def test_a_code_that_was_not_applied_is_applied_before_anything_is_paid(app: Flask, till: Till) -> None:
    """As Enter in its field does, where no script runs."""
    buyer = opened(app, till)
    before = total(till, buyer)
    seen = buyer.submit(**ADDRESS, promotionCode="FALL")
    assert (seen.status, kept(seen)) == (409, True)
    assert "The total of this order has changed." in seen.text
    assert till.charges_of(buyer.session["id"]) == []
    now = total(till, buyer)
    assert now < before
    assert buyer.submit(**ADDRESS, expectedAmount=seen.values["expectedAmount"]).status == 200
    (charge,) = till.charges_of(buyer.session["id"])
    assert charge["amount"] == now


def test_a_wrong_code_is_told_and_nothing_is_paid(app: Flask, till: Till) -> None:
    buyer = opened(app, till)
    seen = buyer.submit(**ADDRESS, promotionCode="WINTER")
    assert (seen.status, seen.values["promotionCode"], kept(seen)) == (422, "WINTER", True)
    assert till.charges_of(buyer.session["id"]) == []


def test_a_quantity_or_a_delivery_that_was_not_applied_is_shown_before_it_is_paid(
    app: Flask, till: Till
) -> None:
    buyer = opened(app, till)
    name = f"quantity-{line(till, buyer, 0)['id']}"
    ways = [given["value"] for _, given in buyer.open().tags if given.get("name") == "shippingRate"]
    assert buyer.submit(**ADDRESS, **{name: "3"}).status == 409
    assert buyer.submit(**ADDRESS, **{name: "3"}, shippingRate=ways[1]).status == 409
    assert till.charges_of(buyer.session["id"]) == []
    assert buyer.submit(**ADDRESS, **{name: "3"}, shippingRate=ways[1]).status == 200


def test_every_button_of_the_order_sends_the_payment_form_and_enter_presses_none_of_them(
    app: Flask, till: Till
) -> None:
    jenny = till.post("/v1/customers", {"email": TYPED["email"]})["id"]
    keep(till, jenny)
    seen = opened(app, till, customer=jenny, **REMOVING).open()
    forms = [given["action"] for tag, given in seen.tags if tag == "form"]
    assert [action for action in forms if action.endswith("/order")] == []
    small = [given for tag, given in seen.tags if given.get("formaction", "").endswith("/order")]
    assert len(small) == 6  # two quantities, an offer, the code, the delivery, the saved card
    assert all("formnovalidate" in given for given in small)
    first = next(given for tag, given in seen.tags if tag == "button")
    assert first == {"form": "payment-form", "hidden": ""}


def test_a_form_without_our_token_changes_nothing_and_shows_no_card(app: Flask, till: Till) -> None:
    buyer = opened(app, till)
    before = total(till, buyer)
    data = {**TYPED, **ADDRESS, "promotionCode": "FALL", "applyPromotionCode": "yes"}
    seen = look(buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers))
    assert (seen.status, seen.values["cardNumber"], total(till, buyer)) == (400, "", before)
    assert seen.values["email"] == TYPED["email"]


def refused_at_the_bank(buyer: Buyer, **typed: str) -> Seen:
    """Type, go to the bank's page, cancel there, and come back by an address."""
    holder = Cardholder(buyer.submit(cardNumber=MUST_CONFIRM, **typed).links["challenge"])
    buyer.client.get(holder.cancels())
    return buyer.open("?waiting=")


def test_after_a_failed_confirmation_all_that_was_asked_comes_back_but_the_card(
    app: Flask, till: Till
) -> None:
    saving = {"saved_payment_method_options": {"payment_method_save": "enabled"}}
    session = till.open_session(**{**ASKED, **saving, "customer_creation": "always"})
    buyer = Buyer(app, session)
    fields = buyer.open().values
    sent = {**TYPED, **ANSWERS, "savePaymentMethod": "yes"}
    seen = refused_at_the_bank(buyer, **{name: text for name, text in sent.items() if name != "cardNumber"})
    assert "No money has been taken." in seen.text
    assert seen.values["phoneNumber"] == "+4930901820"  # as it is kept
    came_back = {name: text for name, text in sent.items() if name in {*fields, "savePaymentMethod"}}
    del came_back["phoneNumber"]
    lost = {name for name, text in came_back.items() if seen.values.get(name) != text}
    assert lost == {"cardNumber", "cardExpiry", "cardCvc"}
    ticks = {name for name in ANSWERS if name.endswith("Checkbox")}
    assert {seen.values.get(name) for name in ticks} <= {"yes"}
    assert {seen.values[name] for name in ("cardNumber", "cardExpiry", "cardCvc")} == {""}
    stranger = Buyer(app, session).open("?waiting=")
    assert "No money has been taken." in stranger.text
    given = {text for name, text in ANSWERS.items() if text and name not in ("taxIdType", *ticks)}
    assert not {TYPED["email"], "+4930901820", *(given - {"DE", "IN", "L"})} & set(stranger.values.values())


def test_an_address_that_was_mistyped_is_corrected_with_the_next_try(app: Flask, till: Till) -> None:
    """Also where a customer has been made of the first try's words."""
    buyer = Buyer(app, till.open_session(customer_creation="always"))
    assert buyer.pay(cardNumber=INSUFFICIENT_FUNDS, email="asha@exmaple.com").status == 402
    made = till.get(f"/v1/checkout/sessions/{buyer.session['id']}")["customer"]
    assert buyer.submit().status == 200
    session = till.get(f"/v1/checkout/sessions/{buyer.session['id']}")
    assert (session["customer"], session["customer_details"]["email"]) == (made, TYPED["email"])
    assert till.get(f"/v1/customers/{made}")["email"] == TYPED["email"]


def test_a_page_that_is_loaded_again_after_a_decline_has_what_was_typed_but_the_card(
    app: Flask, till: Till
) -> None:
    buyer = Buyer(app, till.open_session())
    assert buyer.pay(cardNumber=INSUFFICIENT_FUNDS).status == 402
    seen = buyer.open()
    assert (seen.values["email"], seen.values["billingName"]) == (TYPED["email"], TYPED["billingName"])
    assert seen.values["cardNumber"] == ""


def test_what_somebody_else_typed_there_later_is_not_shown_to_who_typed_first(app: Flask, till: Till) -> None:
    """The address has been passed on: each sees what they typed themselves, and nobody the other's."""
    session = till.open_session()
    first, second = Buyer(app, session), Buyer(app, session)
    assert first.pay(cardNumber=INSUFFICIENT_FUNDS).status == 402
    theirs = {"email": "second@example.com", "billingName": "Second Person"}
    assert second.pay(cardNumber=INSUFFICIENT_FUNDS, **theirs).status == 402
    for query in ("", "?waiting="):
        seen = first.open(query)
        assert not {*theirs.values()} & {*seen.values.values()}
        assert second.open(query).values["email"] == theirs["email"]
