"""Checkout sessions with discounts, taxes and delivery, through the real SDK."""

from typing import Any

import pytest
import stripe

from tests.support.hosted_page import session_params

VAT: Any = {"display_name": "VAT", "percentage": 20, "inclusive": False}
GROUND: Any = {"display_name": "Ground", "fixed_amount": {"amount": 4900, "currency": "inr"}}
IN_EUROS: Any = GROUND | {"fixed_amount": {"amount": 1, "currency": "eur"}}
BOTH: Any = {"shipping_rate": "shr_1", "shipping_rate_data": GROUND}
MISSING = "resource_missing"


def open_session(sdk: stripe.StripeClient, **given: Any) -> stripe.checkout.Session:
    params: Any = session_params("https://shop.example", **given)
    return sdk.v1.checkout.sessions.create(params)


def refusal(sdk: stripe.StripeClient, **given: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_session(sdk, **given)
    return caught.value


def lines(*amounts: int, **given: Any) -> list[dict[str, Any]]:
    """Line items of these amounts in rupees' paise."""
    return [
        {
            "quantity": 1,
            "price_data": {"currency": "inr", "unit_amount": amount, "product_data": {"name": "Rose"}},
            **given,
        }
        for amount in amounts
    ]


def test_a_coupon_is_taken_off_the_lines(sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 10, "name": "Autumn"})
    session = open_session(
        sdk, discounts=[{"coupon": coupon.id}], expand=["line_items", "total_details.breakdown"]
    )
    assert (session.amount_subtotal, session.amount_total) == (49900, 44910)
    assert session.total_details is not None
    assert session.total_details.amount_discount == 4990
    assert session.discounts is not None
    assert [discount.coupon for discount in session.discounts] == [coupon.id]
    assert session.line_items is not None
    assert [item.amount_discount for item in session.line_items.data] == [2990, 2000]
    assert [item.amount_total for item in session.line_items.data] == [26910, 18000]
    assert session.total_details.breakdown is not None
    (entry,) = session.total_details.breakdown.discounts
    assert (entry.amount, entry.discount.checkout_session) == (4990, session.id)
    found = sdk.v1.checkout.sessions.line_items.list(session.id, {"expand": ["data.discounts"]}).data[0]
    assert found.discounts is not None
    assert (found.discounts[0].amount, found.discounts[0].discount.source.coupon) == (2990, coupon.id)
    assert sdk.v1.coupons.retrieve(coupon.id).times_redeemed == 0


def test_a_coupon_is_shown_on_request(sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create({"amount_off": 10000, "currency": "inr"})
    session = open_session(sdk, discounts=[{"coupon": coupon.id}], expand=["discounts.coupon"])
    assert session.amount_total == 39900
    assert session.discounts is not None
    assert isinstance(session.discounts[0].coupon, stripe.Coupon)


def test_taxes_come_on_top_after_the_discount(sdk: stripe.StripeClient) -> None:
    rate, coupon = sdk.v1.tax_rates.create(VAT), sdk.v1.coupons.create({"percent_off": 50})
    session = open_session(
        sdk,
        line_items=lines(10000, 5001, tax_rates=[rate.id]),
        discounts=[{"coupon": coupon.id}],
        expand=["total_details.breakdown"],
    )
    assert session.amount_subtotal == 15001
    assert session.total_details is not None
    assert (session.total_details.amount_discount, session.total_details.amount_tax) == (7501, 1500)
    assert session.amount_total == 9000
    assert session.total_details.breakdown is not None
    (tax,) = session.total_details.breakdown.taxes
    assert (tax.amount, tax.taxable_amount, tax.rate.id) == (1500, 7500, rate.id)
    items = sdk.v1.checkout.sessions.line_items.list(session.id, {"expand": ["data.taxes"]}).data
    assert items[0].taxes is not None
    assert [entry.amount for entry in items[0].taxes] == [items[0].amount_tax]
    assert sum(item.amount_total for item in items) == session.amount_total


def test_inclusive_taxes_change_no_total(sdk: stripe.StripeClient) -> None:
    given: Any = VAT | {"inclusive": True}
    rate = sdk.v1.tax_rates.create(given)
    session = open_session(sdk, line_items=lines(12000, tax_rates=[rate.id]))
    assert (session.amount_subtotal, session.amount_total) == (12000, 12000)
    assert session.total_details is not None
    assert session.total_details.amount_tax == 2000


def test_the_first_way_of_delivery_counts_until_another_is_chosen(sdk: stripe.StripeClient) -> None:
    ground = sdk.v1.shipping_rates.create(GROUND)
    free = {"display_name": "Collect", "fixed_amount": {"amount": 0, "currency": "inr"}}
    session = open_session(
        sdk,
        shipping_options=[{"shipping_rate": ground.id}, {"shipping_rate_data": free}],
        shipping_address_collection={"allowed_countries": ["IN"]},
    )
    assert session.amount_total == 49900 + 4900
    assert session.shipping_cost is not None
    assert (session.shipping_cost.amount_total, session.shipping_cost.shipping_rate) == (4900, ground.id)
    assert session.total_details is not None
    assert session.total_details.amount_shipping == 4900
    assert [option.shipping_amount for option in session.shipping_options] == [4900, 0]
    shown = sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["shipping_cost.shipping_rate"]})
    assert shown.shipping_cost is not None
    assert isinstance(shown.shipping_cost.shipping_rate, stripe.ShippingRate)


def test_a_coupon_may_be_for_some_products_only(sdk: stripe.StripeClient) -> None:
    rose, tulip = (
        sdk.v1.prices.create({"currency": "inr", "unit_amount": 10000, "product_data": {"name": name}})
        for name in ("Rose", "Tulip")
    )
    coupon = sdk.v1.coupons.create({"percent_off": 50, "applies_to": {"products": [str(rose.product)]}})
    items = [{"price": price.id, "quantity": 1} for price in (rose, tulip)]
    session = open_session(sdk, line_items=items, discounts=[{"coupon": coupon.id}], expand=["line_items"])
    assert session.line_items is not None
    assert [item.amount_discount for item in session.line_items.data] == [5000, 0]
    error = refusal(sdk, line_items=items[1:], discounts=[{"coupon": coupon.id}])
    assert error.param == "discounts[0][coupon]"


def test_a_coupon_may_make_an_order_free(sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create({"amount_off": 99900, "currency": "inr"})
    session = open_session(sdk, discounts=[{"coupon": coupon.id}])
    assert (session.amount_subtotal, session.amount_total) == (49900, 0)
    assert session.total_details is not None
    assert session.total_details.amount_discount == 49900


def test_a_promotion_code_wants_a_large_enough_order(sdk: stripe.StripeClient) -> None:
    sdk.v1.coupons.create({"id": "AUTUMN", "percent_off": 10})
    code = sdk.v1.promotion_codes.create(
        {
            "promotion": {"type": "coupon", "coupon": "AUTUMN"},
            "restrictions": {"minimum_amount": 49900, "minimum_amount_currency": "inr"},
        }
    )
    session = open_session(sdk, discounts=[{"promotion_code": code.id}])
    assert session.discounts is not None
    assert [discount.promotion_code for discount in session.discounts] == [code.id]
    error = refusal(sdk, discounts=[{"promotion_code": code.id}], line_items=lines(49899))
    assert error.param == "discounts[0][promotion_code]"


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"discounts": [{"coupon": "absent"}]}, "resource_missing", "discounts[0][coupon]"),
        ({"discounts": [{"coupon": "TEN", "promotion_code": "promo_1"}]}, None, "discounts[0][coupon]"),
        ({"discounts": [{"coupon": "TEN"}, {"coupon": "TEN"}]}, None, "discounts"),
        ({"discounts": [{"coupon": "TEN"}], "allow_promotion_codes": True}, None, "discounts"),
        ({"discounts": [{"coupon": "EUROS"}]}, None, "discounts[0][coupon]"),
        ({"discounts": [{"coupon": "NEARLY"}]}, "amount_too_small", "line_items"),
        ({"line_items": lines(9900, tax_rates=["txr_absent"])}, MISSING, "line_items[0][tax_rates][0]"),
        (
            {"shipping_options": [{"shipping_rate": "shr_absent"}]},
            MISSING,
            "shipping_options[0][shipping_rate]",
        ),
        ({"shipping_options": [BOTH]}, None, "shipping_options[0][shipping_rate]"),
        ({"shipping_options": [{"shipping_rate_data": GROUND}] * 6}, None, "shipping_options"),
        ({"shipping_options": [{"shipping_rate_data": IN_EUROS}]}, None, "shipping_options[0]"),
        ({"mode": "setup", "line_items": None, "allow_promotion_codes": True}, None, "allow_promotion_codes"),
    ],
)  # fmt: skip
def test_what_no_order_can_have_is_refused(
    sdk: stripe.StripeClient, given: dict[str, Any], code: str | None, param: str
) -> None:
    sdk.v1.coupons.create({"id": "TEN", "percent_off": 10})
    sdk.v1.coupons.create({"id": "EUROS", "amount_off": 100, "currency": "eur"})
    sdk.v1.coupons.create({"id": "NEARLY", "percent_off": 99.99})
    error = refusal(sdk, **given)
    assert (error.http_status, error.code, error.param) == (400, code, param)


def test_what_is_archived_is_for_no_new_order(sdk: stripe.StripeClient) -> None:
    rate, ground = sdk.v1.tax_rates.create(VAT), sdk.v1.shipping_rates.create(GROUND)
    sdk.v1.tax_rates.update(rate.id, {"active": False})
    sdk.v1.shipping_rates.update(ground.id, {"active": False})
    assert refusal(sdk, line_items=lines(9900, tax_rates=[rate.id])).param == "line_items[0][tax_rates][0]"
    option = [{"shipping_rate": ground.id}]
    assert refusal(sdk, shipping_options=option).param == "shipping_options[0][shipping_rate]"


def test_a_recurring_price_is_for_no_single_payment(sdk: stripe.StripeClient) -> None:
    plan = sdk.v1.plans.create(
        {"currency": "inr", "interval": "month", "amount": 9900, "product": {"name": "Gold"}}
    )
    error = refusal(sdk, line_items=[{"price": plan.id, "quantity": 1}])
    assert error.param == "line_items[0][price]"
    assert "recurring" in str(error)
