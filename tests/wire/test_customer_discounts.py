"""A customer's own discount: given, replaced and taken away, and counted once each."""

import threading
from typing import Any

import pytest
import stripe


@pytest.fixture
def coupon(sdk: stripe.StripeClient) -> stripe.Coupon:
    return sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 20, "max_redemptions": 2})


def types(sdk: stripe.StripeClient) -> list[str]:
    """The types of all events about discounts, oldest first."""
    return [str(event.type) for event in sdk.v1.events.list({"type": "customer.discount.*"}).data][::-1]


def test_a_coupon_is_given_replaced_and_taken_away(
    sdk: stripe.StripeClient, api: Any, coupon: stripe.Coupon
) -> None:
    wire = api("POST", "/v1/customers", data={"coupon": coupon.id}).json
    first = wire["discount"]
    assert (first["source"], first["customer"]) == ({"type": "coupon", "coupon": coupon.id}, wire["id"])
    assert sdk.v1.coupons.retrieve(coupon.id).times_redeemed == 1
    sdk.v1.coupons.create(
        {"id": "WINTER", "percent_off": 30, "duration": "repeating", "duration_in_months": 2}
    )
    second = api("POST", f"/v1/customers/{wire['id']}", data={"coupon": "WINTER"}).json["discount"]
    assert second["id"] != first["id"]
    assert second["end"] is not None
    gone = sdk.v1.customers.delete_discount(wire["id"])
    assert (gone.deleted, gone.id) == (True, second["id"])
    customer = sdk.v1.customers.retrieve(wire["id"])
    assert customer.discount is None
    assert types(sdk) == [f"customer.discount.{word}" for word in ("created", "updated", "deleted")]
    updated = sdk.v1.events.list({"type": "customer.discount.updated"}).data[0]
    assert updated.data.previous_attributes is not None
    assert updated.data.previous_attributes["id"] == first["id"]
    assert [sdk.v1.coupons.retrieve(name).times_redeemed for name in ("AUTUMN", "WINTER")] == [1, 1]


def test_an_empty_coupon_takes_the_discount_away(
    sdk: stripe.StripeClient, api: Any, coupon: stripe.Coupon
) -> None:
    customer = api("POST", "/v1/customers", data={"coupon": coupon.id}).json
    assert api("POST", f"/v1/customers/{customer['id']}", data={"coupon": ""}).json["discount"] is None
    assert api("POST", f"/v1/customers/{customer['id']}", data={"coupon": ""}).status_code == 200
    assert types(sdk) == ["customer.discount.created", "customer.discount.deleted"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.v1.customers.delete_discount(customer["id"])
    assert caught.value.code == "resource_missing"


def test_the_discount_names_its_coupon_and_shows_it_on_request(
    sdk: stripe.StripeClient, api: Any, coupon: stripe.Coupon
) -> None:
    customer = api("POST", "/v1/customers", data={"coupon": coupon.id}).json
    shown = sdk.v1.customers.retrieve(customer["id"], {"expand": ["discount.source.coupon"]})
    assert shown.discount is not None
    assert isinstance(shown.discount.source.coupon, stripe.Coupon)
    old = api("GET", f"/v1/customers/{customer['id']}", headers={"Stripe-Version": "2025-03-31.basil"}).json
    assert old["discount"]["coupon"]["percent_off"] == 20
    assert "source" not in old["discount"]


def test_the_pinned_version_knows_no_such_parameter(api: Any, coupon: stripe.Coupon) -> None:
    headers = {"Stripe-Version": stripe.api_version}
    refused = api("POST", "/v1/customers", data={"coupon": coupon.id}, headers=headers)
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "parameter_unknown")


def test_a_promotion_code_is_counted_with_its_coupon(
    sdk: stripe.StripeClient, api: Any, coupon: stripe.Coupon
) -> None:
    jenny = api("POST", "/v1/customers", data={"name": "Jenny"}).json
    code = sdk.v1.promotion_codes.create(
        {
            "promotion": {"type": "coupon", "coupon": coupon.id},
            "max_redemptions": 1,
            "restrictions": {"first_time_transaction": True},
        }
    )
    given = api("POST", f"/v1/customers/{jenny['id']}", data={"promotion_code": code.id}).json
    assert given["discount"]["promotion_code"] == code.id
    counted = sdk.v1.promotion_codes.retrieve(code.id)
    assert (counted.times_redeemed, counted.active) == (1, False)
    assert sdk.v1.coupons.retrieve(coupon.id).times_redeemed == 1
    refused = api("POST", "/v1/customers", data={"promotion_code": code.id})
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "coupon_expired")


def test_a_code_for_one_customer_is_for_no_other(
    sdk: stripe.StripeClient, api: Any, coupon: stripe.Coupon
) -> None:
    jenny = sdk.v1.customers.create({"name": "Jenny"})
    code = sdk.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "customer": jenny.id}
    )
    refused = api("POST", "/v1/customers", data={"promotion_code": code.id})
    assert (refused.status_code, refused.json["error"]["param"]) == (400, "promotion_code")
    assert api("POST", f"/v1/customers/{jenny.id}", data={"promotion_code": code.id}).status_code == 200


def test_no_more_get_a_coupon_than_there_are(
    sdk: stripe.StripeClient, api: Any, coupon: stripe.Coupon
) -> None:
    start = threading.Barrier(8)
    answers = []

    def ask() -> None:
        start.wait(30)
        answers.append(api("POST", "/v1/customers", data={"coupon": coupon.id}))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {answer.status_code for answer in answers} <= {200, 400, 429}
    given = [answer for answer in answers if answer.status_code == 200]
    counted = sdk.v1.coupons.retrieve(coupon.id)
    assert counted.times_redeemed == len(given) <= 2
    assert len(given) >= 1
    assert len(types(sdk)) == len(given)
    assert counted.valid is (len(given) < 2)
