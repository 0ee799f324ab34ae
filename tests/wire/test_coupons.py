"""Coupons, as Stripe's reference describes them."""

from typing import Any

import pytest
import stripe

from kit import clock

YEAR = 365 * 24 * 3600


def create(api: Any, **given: Any) -> Any:
    return api("POST", "/v1/coupons", data=given)


def test_a_coupon_of_so_many_per_cent(sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 25.5, "name": "Autumn", "max_redemptions": 3})
    assert (coupon.percent_off, coupon.amount_off, coupon.currency) == (25.5, None, None)
    assert (coupon.duration, coupon.valid, coupon.times_redeemed) == ("once", True, 0)
    assert sdk.v1.coupons.retrieve(coupon.id).name == "Autumn"
    (event,) = sdk.v1.events.list({"type": "coupon.created"}).data
    assert event.data.object["id"] == coupon.id


def test_a_coupon_of_an_amount_in_several_currencies(sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create(
        {
            "amount_off": 500,
            "currency": "EUR",
            "currency_options": {"usd": {"amount_off": 600}},
            "expand": ["currency_options"],
        }
    )
    assert (coupon.amount_off, coupon.currency, coupon.percent_off) == (500, "eur", None)
    assert coupon.currency_options is not None
    assert coupon.currency_options.to_dict() == {"eur": {"amount_off": 500}, "usd": {"amount_off": 600}}
    assert sdk.v1.coupons.retrieve(coupon.id).currency_options is None


def test_an_id_may_be_the_merchants_own(sdk: stripe.StripeClient) -> None:
    assert sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 10}).id == "AUTUMN"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 20})
    assert caught.value.code == "resource_already_exists"
    assert sdk.v1.coupons.retrieve("AUTUMN").percent_off == 10


def test_an_id_is_free_again_once_its_coupon_is_deleted(sdk: stripe.StripeClient) -> None:
    sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 10})
    gone = sdk.v1.coupons.delete("AUTUMN")
    assert (gone.id, gone.deleted) == ("AUTUMN", True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.v1.coupons.retrieve("AUTUMN")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 20}).percent_off == 20
    (event,) = sdk.v1.events.list({"type": "coupon.deleted"}).data
    assert event.data.object["percent_off"] == 10
    assert [coupon.percent_off for coupon in sdk.v1.coupons.list().data] == [20]


def test_what_is_promised_does_not_change(sdk: stripe.StripeClient, api: Any) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 10, "metadata": {"campaign": "a"}})
    updated = sdk.v1.coupons.update(coupon.id, {"name": "Winter", "metadata": {"campaign": "b"}})
    assert (updated.name, updated.metadata and updated.metadata.to_dict()) == ("Winter", {"campaign": "b"})
    (event,) = sdk.v1.events.list({"type": "coupon.updated"}).data
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"metadata": {"campaign": "a"}, "name": None}
    refused = api("POST", f"/v1/coupons/{coupon.id}", data={"percent_off": "90"})
    assert refused.json["error"]["code"] == "parameter_unknown"


def test_a_coupon_ends_with_its_last_second(
    sdk: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = clock.now() + 1000
    coupon = sdk.v1.coupons.create({"percent_off": 10, "redeem_by": last})
    monkeypatch.setattr(clock, "now", lambda: last)
    assert sdk.v1.coupons.retrieve(coupon.id).valid
    monkeypatch.setattr(clock, "now", lambda: last + 1)
    assert not sdk.v1.coupons.retrieve(coupon.id).valid


def test_a_coupon_may_be_for_some_products(sdk: stripe.StripeClient) -> None:
    rose = sdk.v1.products.create({"id": "rose", "name": "Rose"})
    coupon = sdk.v1.coupons.create(
        {"percent_off": 10, "applies_to": {"products": [rose.id]}, "expand": ["applies_to"]}
    )
    assert coupon.applies_to is not None
    assert coupon.applies_to.products == ["rose"]


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({}, "parameter_missing", "percent_off"),
        ({"percent_off": "10", "amount_off": "5", "currency": "eur"}, None, "percent_off"),
        ({"percent_off": "0"}, None, "percent_off"),
        ({"percent_off": "-1"}, None, "percent_off"),
        ({"percent_off": "100.01"}, None, "percent_off"),
        ({"percent_off": "10.00001"}, None, "percent_off"),
        ({"percent_off": "ten"}, None, "percent_off"),
        ({"amount_off": "500"}, "parameter_missing", "currency"),
        ({"amount_off": "0", "currency": "eur"}, "parameter_invalid_integer", "amount_off"),
        ({"amount_off": "100000000", "currency": "eur"}, "amount_too_large", "amount_off"),
        ({"amount_off": "5005", "currency": "kwd"}, "invalid_charge_amount", "amount_off"),
        ({"amount_off": "500", "currency": "xxx"}, None, "currency"),
        ({"amount_off": "500", "currency": "eur", "duration": "forever"}, None, "duration"),
        (
            {"amount_off": "500", "currency": "eur", "currency_options[eur][amount_off]": "1"},
            None,
            "currency_options[eur]",
        ),
        ({"percent_off": "9", "currency_options[eur][amount_off]": "1"}, None, "currency_options"),
        ({"percent_off": "9", "duration": "repeating"}, "parameter_missing", "duration_in_months"),
        ({"percent_off": "9", "duration_in_months": "3"}, None, "duration_in_months"),
        (
            {"percent_off": "9", "duration": "repeating", "duration_in_months": "0"},
            "parameter_invalid_integer",
            "duration_in_months",
        ),
        ({"percent_off": "9", "duration": "sometimes"}, None, "duration"),
        ({"percent_off": "9", "max_redemptions": "0"}, "parameter_invalid_integer", "max_redemptions"),
        ({"percent_off": "9", "redeem_by": "1"}, None, "redeem_by"),
        ({"percent_off": "9", "redeem_by": str(9 * YEAR + 2_000_000_000)}, None, "redeem_by"),
        ({"percent_off": "9", "name": "n" * 41}, None, "name"),
        ({"percent_off": "9", "id": "a b"}, None, "id"),
        (
            {"percent_off": "9", "applies_to[products][0]": "prod_absent"},
            "resource_missing",
            "applies_to[products][0]",
        ),
    ],
)
def test_what_can_be_no_coupon_is_refused(
    api: Any, given: dict[str, str], code: str | None, param: str
) -> None:
    refused = create(api, **given)
    assert refused.status_code == 400, refused.json
    assert (refused.json["error"].get("code"), refused.json["error"]["param"]) == (code, param)
