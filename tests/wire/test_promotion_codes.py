"""Promotion codes, as Stripe's reference describes them."""

import threading
from typing import Any

import pytest
import stripe

from kit import clock


@pytest.fixture(autouse=True)
def coupon(sdk: stripe.StripeClient) -> stripe.Coupon:
    return sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 20, "max_redemptions": 5})


def create(sdk: stripe.StripeClient, **given: Any) -> stripe.PromotionCode:
    promotion = {"type": "coupon", "coupon": "AUTUMN"}
    return sdk.v1.promotion_codes.create({"promotion": promotion, **given})  # type: ignore[typeddict-item]


def refusal(sdk: stripe.StripeClient, **given: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(sdk, **given)
    return caught.value


def test_a_code_names_its_coupon(sdk: stripe.StripeClient, coupon: stripe.Coupon) -> None:
    code = create(sdk, code="Fall20", max_redemptions=2)
    assert (code.code, code.active, code.times_redeemed, code.max_redemptions) == ("Fall20", True, 0, 2)
    assert (code.promotion.type, code.promotion.coupon) == ("coupon", coupon.id)
    assert code.restrictions.first_time_transaction is False
    shown = sdk.v1.promotion_codes.retrieve(code.id, {"expand": ["promotion.coupon"]})
    assert isinstance(shown.promotion.coupon, stripe.Coupon)
    assert shown.promotion.coupon.percent_off == 20
    (event,) = sdk.v1.events.list({"type": "promotion_code.created"}).data
    assert event.data.object["code"] == "Fall20"


def test_a_code_that_nobody_gave_is_made_up(sdk: stripe.StripeClient) -> None:
    codes = {create(sdk).code for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) == 8 and code.isalnum() and code.isupper() for code in codes)


def test_older_clients_name_the_coupon_on_top_and_are_shown_it(api: Any, coupon: stripe.Coupon) -> None:
    old = {"Stripe-Version": "2025-08-27.basil"}
    wire = api("POST", "/v1/promotion_codes", data={"coupon": coupon.id}, headers=old).json
    assert "promotion" not in wire
    assert (wire["coupon"]["id"], wire["coupon"]["percent_off"]) == (coupon.id, 20)
    unnamed = api("POST", "/v1/promotion_codes", data={"coupon": coupon.id}).json
    assert unnamed["promotion"] == {"type": "coupon", "coupon": coupon.id}
    named = api(
        "POST",
        "/v1/promotion_codes",
        data={"coupon": coupon.id},
        headers={"Stripe-Version": stripe.api_version},
    )
    assert named.status_code == 400


def test_a_code_stands_once_whatever_its_case(sdk: stripe.StripeClient) -> None:
    first = create(sdk, code="FALL20")
    error = refusal(sdk, code="fall20")
    assert (error.code, error.param) == ("resource_already_exists", "code")
    sdk.v1.promotion_codes.update(first.id, {"active": False})
    second = create(sdk, code="fall20")
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.promotion_codes.update(first.id, {"active": True})
    assert [code.id for code in sdk.v1.promotion_codes.list({"active": True}).data] == [second.id]
    assert len(sdk.v1.promotion_codes.list({"code": "FaLL20"}).data) == 2


def test_a_code_may_mean_something_else_for_one_customer(sdk: stripe.StripeClient) -> None:
    jenny = sdk.v1.customers.create({"name": "Jenny"})
    create(sdk, code="FALL20")
    own = create(sdk, code="FALL20", customer=jenny.id)
    assert [code.id for code in sdk.v1.promotion_codes.list({"customer": jenny.id}).data] == [own.id]
    assert refusal(sdk, code="fall20", customer=jenny.id).code == "resource_already_exists"


def test_an_expired_code_is_free_for_another_one(
    sdk: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    first = create(sdk, code="FALL20", expires_at=now + 1000)
    monkeypatch.setattr(clock, "now", lambda: now + 1001)
    assert not sdk.v1.promotion_codes.retrieve(first.id).active
    second = create(sdk, code="FALL20")
    assert [code.id for code in sdk.v1.promotion_codes.list({"active": True}).data] == [second.id]
    assert [code.id for code in sdk.v1.promotion_codes.list({"active": False}).data] == [first.id]


def test_a_code_is_in_force_as_long_as_its_coupon(sdk: stripe.StripeClient, coupon: stripe.Coupon) -> None:
    code = create(sdk, code="FALL20")
    assert [found.id for found in sdk.v1.promotion_codes.list({"coupon": coupon.id}).data] == [code.id]
    sdk.v1.coupons.delete(coupon.id)
    assert not sdk.v1.promotion_codes.retrieve(code.id).active
    assert sdk.v1.promotion_codes.list({"active": True}).data == []
    sdk.v1.promotion_codes.update(code.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="reactivated"):
        sdk.v1.promotion_codes.update(code.id, {"active": True})


def test_a_code_is_switched_off_and_told(sdk: stripe.StripeClient) -> None:
    code = create(sdk, restrictions={"minimum_amount": 5000, "minimum_amount_currency": "eur"})
    sdk.v1.promotion_codes.update(
        code.id, {"active": False, "restrictions": {"currency_options": {"usd": {"minimum_amount": 6000}}}}
    )
    changed = sdk.v1.promotion_codes.retrieve(code.id, {"expand": ["restrictions.currency_options"]})
    assert changed.restrictions.currency_options is not None
    assert changed.restrictions.currency_options["usd"].minimum_amount == 6000
    (event,) = sdk.v1.events.list({"type": "promotion_code.updated"}).data
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes["active"] is True


def test_of_many_who_want_the_same_code_one_gets_it(sdk: stripe.StripeClient) -> None:
    start = threading.Barrier(6)
    made, refused = [], []

    def want() -> None:
        start.wait(30)
        try:
            made.append(create(sdk, code="FALL20").id)
        except stripe.StripeError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 1
    assert set(refused) <= {"resource_already_exists", "lock_timeout"}
    assert len(refused) == 5


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"code": "FALL 20"}, None, "code"),
        ({"code": "F\u00e4LL"}, None, "code"),
        ({"max_redemptions": 6}, None, "max_redemptions"),
        ({"max_redemptions": 0}, "parameter_invalid_integer", "max_redemptions"),
        ({"expires_at": 1}, None, "expires_at"),
        ({"customer": "cus_absent"}, "resource_missing", "customer"),
        ({"promotion": {"type": "coupon"}}, "parameter_missing", "promotion[coupon]"),
        ({"promotion": {"type": "coupon", "coupon": "absent"}}, "resource_missing", "promotion[coupon]"),
        (
            {"restrictions": {"minimum_amount": 100}},
            "parameter_missing",
            "restrictions[minimum_amount_currency]",
        ),
        (
            {"restrictions": {"minimum_amount": 0, "minimum_amount_currency": "eur"}},
            "parameter_invalid_integer",
            "restrictions[minimum_amount]",
        ),
        (
            {"restrictions": {"currency_options": {"eur": {"minimum_amount": 100}}}},
            None,
            "restrictions[currency_options][eur]",
        ),
    ],
)
def test_what_can_be_no_code_is_refused(
    sdk: stripe.StripeClient, given: dict[str, Any], code: str | None, param: str
) -> None:
    error = refusal(sdk, **given)
    assert (error.http_status, error.code, error.param) == (400, code, param)


def test_a_code_does_not_outlive_its_coupon(sdk: stripe.StripeClient) -> None:
    sdk.v1.coupons.delete("AUTUMN")
    sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 20, "redeem_by": clock.now() + 1000})
    assert refusal(sdk, expires_at=clock.now() + 2000).param == "expires_at"
    assert create(sdk, expires_at=clock.now() + 500).active


def test_a_deleted_coupon_keeps_the_name_that_it_was_known_by(sdk: stripe.StripeClient) -> None:
    sdk.v1.coupons.create({"id": "SPRING", "percent_off": 10})
    code = sdk.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "SPRING"}})
    sdk.v1.coupons.delete("SPRING")
    gone = sdk.v1.promotion_codes.retrieve(code.id)
    assert (gone.promotion.coupon, gone.active) == ("SPRING", False)
    again = sdk.v1.coupons.create({"id": "SPRING", "percent_off": 20})
    assert (again.id, again.percent_off) == ("SPRING", 20)
