"""Shipping rates, as Stripe's reference describes them."""

from typing import Any

import pytest
import stripe

GROUND = {
    "display_name": "Ground",
    "type": "fixed_amount",
    "fixed_amount": {"amount": 500, "currency": "eur"},
}


def create(sdk: stripe.StripeClient, **given: Any) -> stripe.ShippingRate:
    params: Any = GROUND | given
    return sdk.v1.shipping_rates.create(params)


def test_a_rate_says_what_it_costs_and_how_long_it_takes(sdk: stripe.StripeClient) -> None:
    estimate = {"minimum": {"unit": "business_day", "value": 2}, "maximum": {"unit": "week", "value": 1}}
    rate = create(sdk, delivery_estimate=estimate, tax_behavior="inclusive")
    assert rate.fixed_amount is not None
    assert (rate.fixed_amount.amount, rate.fixed_amount.currency) == (500, "eur")
    assert rate.delivery_estimate is not None
    assert rate.delivery_estimate.to_dict() == estimate
    assert (rate.active, rate.type, rate.tax_behavior) == (True, "fixed_amount", "inclusive")
    assert sdk.v1.shipping_rates.retrieve(rate.id).display_name == "Ground"


def test_a_rate_is_archived_and_taxed_once_for_all(sdk: stripe.StripeClient) -> None:
    rate = create(sdk)
    usd: Any = {"currency_options": {"usd": {"amount": 600}}}
    changed = sdk.v1.shipping_rates.update(
        rate.id,
        {
            "active": False,
            "tax_behavior": "exclusive",
            "fixed_amount": usd,
            "expand": ["fixed_amount.currency_options"],
        },
    )
    assert (changed.active, changed.tax_behavior) == (False, "exclusive")
    assert changed.fixed_amount is not None
    assert changed.fixed_amount.currency_options is not None
    assert changed.fixed_amount.currency_options["usd"].amount == 600
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.v1.shipping_rates.update(rate.id, {"tax_behavior": "inclusive"})
    assert caught.value.param == "tax_behavior"


def test_rates_are_listed_by_currency_and_activity(sdk: stripe.StripeClient) -> None:
    ground = create(sdk)
    air = create(sdk, fixed_amount={"amount": 900, "currency": "usd"})
    sdk.v1.shipping_rates.update(ground.id, {"active": False})
    assert [rate.id for rate in sdk.v1.shipping_rates.list({"currency": "usd"}).data] == [air.id]
    assert [rate.id for rate in sdk.v1.shipping_rates.list({"active": False}).data] == [ground.id]


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"fixed_amount[amount]": "-1"}, "parameter_invalid_integer", "fixed_amount[amount]"),
        ({"fixed_amount[amount]": "100000000"}, "amount_too_large", "fixed_amount[amount]"),
        ({"fixed_amount[currency]": "xxx"}, None, "fixed_amount[currency]"),
        ({"display_name": "n" * 101}, None, "display_name"),
        (
            {"fixed_amount[currency_options][eur][amount]": "1"},
            None,
            "fixed_amount[currency_options][eur]",
        ),
        (
            {"delivery_estimate[minimum][unit]": "day", "delivery_estimate[minimum][value]": "0"},
            None,
            "delivery_estimate[minimum][value]",
        ),
        (
            {
                "delivery_estimate[minimum][unit]": "week",
                "delivery_estimate[minimum][value]": "1",
                "delivery_estimate[maximum][unit]": "day",
                "delivery_estimate[maximum][value]": "6",
            },
            None,
            "delivery_estimate",
        ),
    ],
)
def test_what_can_be_no_rate_is_refused(
    api: Any, given: dict[str, str], code: str | None, param: str
) -> None:
    form = {"display_name": "Ground", "fixed_amount[amount]": "500", "fixed_amount[currency]": "eur"}
    refused = api("POST", "/v1/shipping_rates", data=form | given)
    assert (refused.status_code, refused.json["error"].get("code")) == (400, code), refused.json
    assert refused.json["error"]["param"] == param
