"""Promotion codes, delivery and free orders on the hosted page, without any script."""

from typing import Any

import pytest
from flask import Flask

from tests.support.buyer import Buyer, Seen, Till, look

ADDRESS = {
    "shippingName": "Asha Rao",
    "shippingCountry": "IN",
    "shippingAddressLine1": "12 MG Road",
    "shippingPostalCode": "560001",
    "shippingLocality": "Bengaluru",
    "shippingAdministrativeArea": "KA",
}
WAYS: list[dict[str, Any]] = [
    {"shipping_rate_data": {"display_name": name, "fixed_amount": {"amount": cost, "currency": "inr"}}}
    for name, cost in (("Ground", 4900), ("Courier", 9900))
]
DECLINED = "4000000000000002"


def code(till: Till, *, percent: int = 10, name: str = "FALL", **given: Any) -> dict[str, Any]:
    """A promotion code in force."""
    coupon = till.post("/v1/coupons", {"percent_off": percent, "name": "Autumn"})
    promotion = {"type": "coupon", "coupon": coupon["id"]}
    return till.post("/v1/promotion_codes", {"promotion": promotion, "code": name, **given})


def change(buyer: Buyer, **typed: str) -> Seen:
    """Send the small form of the page and follow where it leads."""
    data = {"csrf_token": buyer.token, **typed}
    return look(
        buyer.client.post(f"{buyer.path}/order", data=data, headers=buyer.headers, follow_redirects=True)
    )


def session_of(till: Till, buyer: Buyer) -> dict[str, Any]:
    return till.get(f"/v1/checkout/sessions/{buyer.session['id']}")


def test_a_code_is_entered_paid_with_and_counted(app: Flask, till: Till) -> None:
    made = code(till, max_redemptions=1)
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True))
    assert "promotionCode" in buyer.open().values
    seen = change(buyer, promotionCode=" fall ")
    assert (seen.status, "FALL (10% off)" in seen.text) == (200, True)
    assert "₹449.10" in seen.text
    assert "-₹49.90" in seen.text
    counted = till.get(f"/v1/promotion_codes/{made['id']}")
    assert (counted["times_redeemed"], counted["active"]) == (0, True)
    seen = buyer.pay()
    assert (seen.status, "Payment received" in seen.text) == (200, True)
    session = session_of(till, buyer)
    assert (session["amount_total"], session["payment_status"]) == (44910, "paid")
    assert session["discounts"] == [{"coupon": None, "promotion_code": made["id"]}]
    assert till.get(f"/v1/payment_intents/{session['payment_intent']}")["amount_received"] == 44910
    counted = till.get(f"/v1/promotion_codes/{made['id']}")
    assert (counted["times_redeemed"], counted["active"]) == (1, False)


def test_a_code_is_taken_off_again(app: Flask, till: Till) -> None:
    code(till)
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True))
    buyer.open()
    change(buyer, promotionCode="FALL")
    seen = change(buyer, removePromotionCode="yes")
    assert "₹499.00" in seen.text
    assert "FALL" not in seen.text
    assert session_of(till, buyer)["amount_total"] == 49900


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "This code is invalid."),
        ("WINTER", "This code is invalid."),
        ("F\u00c4LL", "This code is invalid."),
        ("'; DROP TABLE coupons; --", "This code is invalid."),
        ("C" * 600, "This code is invalid."),
        ("LARGE", "below the least amount"),
        ("OTHER", "another customer"),
    ],
)
def test_a_code_that_will_not_do_says_why(app: Flask, till: Till, typed: str, words: str) -> None:
    jenny = till.post("/v1/customers", {"name": "Jenny"})
    code(till, name="LARGE", restrictions={"minimum_amount": 90000, "minimum_amount_currency": "inr"})
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True, customer=jenny["id"]))
    asha = till.post("/v1/customers", {"name": "Asha"})
    code(till, name="OTHER", customer=asha["id"])
    buyer.open()
    seen = change(buyer, promotionCode=typed)
    assert seen.status == 422
    assert (words if typed != "OTHER" else "This code is invalid.") in seen.text
    (field,) = (given for _, given in seen.tags if given.get("id") == "promotionCode")
    assert "autofocus" in field, "on a phone the complaint stands below what is seen of the page"
    assert session_of(till, buyer)["amount_total"] == 49900


def test_a_code_is_for_a_first_purchase_only(app: Flask, till: Till) -> None:
    jenny = till.post("/v1/customers", {"email": "jenny@example.com"})
    code(till, restrictions={"first_time_transaction": True})
    first, second = (
        Buyer(app, till.open_session(allow_promotion_codes=True, customer=jenny["id"])) for _ in range(2)
    )
    first.open()
    assert change(first, promotionCode="FALL").status == 200
    assert first.pay().status == 200
    second.open()
    seen = change(second, promotionCode="FALL")
    assert (seen.status, "first purchase" in seen.text) == (422, True)


def test_an_order_takes_codes_only_where_the_shop_says_so(app: Flask, till: Till) -> None:
    code(till)
    buyer = Buyer(app, till.open_session())
    assert "promotionCode" not in buyer.open().values
    assert change(buyer, promotionCode="FALL").status == 422
    assert session_of(till, buyer)["amount_total"] == 49900


def test_a_change_without_the_pages_token_is_none(app: Flask, till: Till) -> None:
    code(till)
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True))
    buyer.open()
    buyer.token = "made up"
    assert change(buyer, promotionCode="FALL").status == 400
    assert session_of(till, buyer)["amount_total"] == 49900


def test_nobody_pays_more_than_their_page_has_shown(app: Flask, till: Till) -> None:
    code(till)
    session = till.open_session(allow_promotion_codes=True)
    first, second = Buyer(app, session), Buyer(app, session)
    first.open()
    change(first, promotionCode="FALL")
    shown = first.open().values["expectedAmount"]
    second.open()
    change(second, removePromotionCode="yes")
    seen = first.submit(expectedAmount=shown)
    assert (seen.status, "The total of this order has changed." in seen.text) == (409, True)
    assert session_of(till, first)["payment_intent"] is None
    assert first.submit(expectedAmount=seen.values["expectedAmount"]).status == 200
    assert session_of(till, first)["amount_total"] == 49900


def test_a_code_after_a_decline_changes_what_is_paid(app: Flask, till: Till) -> None:
    made = code(till, max_redemptions=1)
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True))
    assert buyer.pay(cardNumber=DECLINED).status == 402
    change(buyer, promotionCode="FALL")
    assert buyer.pay(cardNumber=DECLINED).status == 402
    assert till.get(f"/v1/promotion_codes/{made['id']}")["times_redeemed"] == 0
    assert buyer.pay().status == 200
    charges = till.charges_of(buyer.session["id"])
    assert [(charge["amount"], charge["status"]) for charge in charges[::-1]] == [
        (49900, "failed"),
        (44910, "failed"),
        (44910, "succeeded"),
    ]
    assert till.get(f"/v1/promotion_codes/{made['id']}")["times_redeemed"] == 1


def test_a_discount_that_is_used_up_meanwhile_is_told_before_anything_is_paid(app: Flask, till: Till) -> None:
    code(till, max_redemptions=1)
    fast, slow = (Buyer(app, till.open_session(allow_promotion_codes=True)) for _ in range(2))
    for buyer in (fast, slow):
        buyer.open()
        change(buyer, promotionCode="FALL")
    assert fast.pay().status == 200
    slow_page = slow.open()
    seen = slow.submit(expectedAmount=slow_page.values["expectedAmount"])
    assert (seen.status, "The total of this order has changed." in seen.text) == (409, True)
    assert session_of(till, slow)["amount_total"] == 49900
    assert till.charges_of(slow.session["id"]) == []
    assert slow.pay().status == 200


def test_a_declined_payment_frees_the_last_use_for_somebody_else(app: Flask, till: Till) -> None:
    made = code(till, max_redemptions=1)
    first, second = (Buyer(app, till.open_session(allow_promotion_codes=True)) for _ in range(2))
    for buyer in (first, second):
        buyer.open()
        change(buyer, promotionCode="FALL")
    assert first.pay(cardNumber=DECLINED).status == 402
    assert second.pay().status == 200
    assert session_of(till, second)["amount_total"] == 44910
    assert till.get(f"/v1/promotion_codes/{made['id']}")["times_redeemed"] == 1


def test_an_expired_order_frees_no_use_that_was_paid(app: Flask, till: Till) -> None:
    made = code(till, max_redemptions=1)
    paid, left = (Buyer(app, till.open_session(allow_promotion_codes=True)) for _ in range(2))
    for buyer in (paid, left):
        buyer.open()
        change(buyer, promotionCode="FALL")
    assert paid.pay().status == 200
    till.post(f"/v1/checkout/sessions/{left.session['id']}/expire")
    counted = till.get(f"/v1/promotion_codes/{made['id']}")
    assert (counted["times_redeemed"], counted["active"]) == (1, False)


def test_a_free_order_needs_no_card_and_no_bank(app: Flask, till: Till) -> None:
    coupon = till.post("/v1/coupons", {"percent_off": 100})
    buyer = Buyer(app, till.open_session(discounts=[{"coupon": coupon["id"]}]))
    page = buyer.open()
    assert not page.takes_a_card
    assert "no card is needed" in page.text
    seen = buyer.send({"csrf_token": buyer.token, "email": "asha@example.com"})
    assert (seen.status, "Your order is placed" in seen.text) == (200, True)
    session = session_of(till, buyer)
    assert (session["status"], session["payment_status"]) == ("complete", "no_payment_required")
    assert (session["amount_total"], session["payment_intent"]) == (0, None)
    assert till.get(f"/v1/customers/{session['customer']}")["email"] == "asha@example.com"
    assert till.get(f"/v1/coupons/{coupon['id']}")["times_redeemed"] == 1
    assert till.get(f"/payment/status/{session['id']}")["status"] == "paid"
    events = till.get("/v1/events?type=checkout.session.completed")["data"]
    assert [event["data"]["object"]["payment_status"] for event in events] == ["no_payment_required"]
    again = buyer.send({"csrf_token": buyer.token, "email": "asha@example.com"})
    assert again.status == 200
    assert till.get(f"/v1/coupons/{coupon['id']}")["times_redeemed"] == 1


def test_a_code_may_make_an_order_free_after_a_decline(app: Flask, till: Till) -> None:
    code(till, percent=100)
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True))
    assert buyer.pay(cardNumber=DECLINED).status == 402
    intent = session_of(till, buyer)["payment_intent"]
    assert not change(buyer, promotionCode="FALL").takes_a_card
    assert buyer.send({"csrf_token": buyer.token, "email": "asha@example.com"}).status == 200
    assert session_of(till, buyer)["payment_status"] == "no_payment_required"
    assert till.get(f"/v1/payment_intents/{intent}")["status"] == "canceled"


def test_another_delivery_is_another_total(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session(shipping_options=WAYS))
    page = buyer.open()
    assert "Delivery: Ground" in page.text
    courier = session_of(till, buyer)["shipping_options"][1]["shipping_rate"]
    seen = change(buyer, shippingRate=courier)
    assert (seen.status, "₹598.00" in seen.text) == (200, True)
    assert change(buyer, shippingRate="shr_absent").status == 422
    assert buyer.pay().status == 200
    session = session_of(till, buyer)
    assert (session["amount_total"], session["shipping_cost"]["shipping_rate"]) == (59800, courier)
    assert session["total_details"]["amount_shipping"] == 9900


def test_an_address_is_asked_kept_and_told(app: Flask, till: Till) -> None:
    countries = {"allowed_countries": ["IN", "DE"]}
    buyer = Buyer(app, till.open_session(shipping_address_collection=countries))
    assert buyer.open().values["shippingName"] == ""
    assert buyer.submit().status == 422
    assert buyer.submit(**ADDRESS | {"shippingCountry": "US"}).status == 422
    wrong = buyer.submit(**ADDRESS | {"shippingName": "4242 4242 4242 4242"})
    assert (wrong.status, wrong.values["shippingLocality"]) == (422, "Bengaluru")
    assert buyer.submit(**ADDRESS).status == 200
    session = session_of(till, buyer)
    details = session["collected_information"]["shipping_details"]
    assert (details["name"], details["address"]["city"]) == ("Asha Rao", "Bengaluru")
    intent = till.get(f"/v1/payment_intents/{session['payment_intent']}")
    assert intent["shipping"]["address"]["line1"] == "12 MG Road"
    assert session["shipping_address_collection"] == countries


def test_a_recovered_order_costs_what_it_did(app: Flask, till: Till) -> None:
    rate = till.post("/v1/tax_rates", {"display_name": "GST", "percentage": 18, "inclusive": False})
    coupon = till.post("/v1/coupons", {"percent_off": 10})
    item = {
        "quantity": 1,
        "tax_rates": [rate["id"]],
        "price_data": {"currency": "inr", "unit_amount": 10000, "product_data": {"name": "Rose"}},
    }
    opened = till.open_session(
        line_items=[item],
        discounts=[{"coupon": coupon["id"]}],
        shipping_options=WAYS,
        after_expiration={"recovery": {"enabled": True}},
    )
    assert opened["amount_total"] == 9000 + 1620 + 4900
    till.post(f"/v1/tax_rates/{rate['id']}", {"active": False})
    till.post(f"/v1/checkout/sessions/{opened['id']}/expire")
    client = app.test_client()
    client.get(f"/c/recover/{opened['id']}")
    (again,) = [found for found in till.get("/v1/checkout/sessions")["data"] if found["recovered_from"]]
    assert again["amount_total"] == opened["amount_total"]
    assert again["total_details"] == opened["total_details"]
