"""`custom_unit_amount` of prices: its limits on the wire, and what it can't be or stand beside."""

from typing import Any

import pytest
import stripe

ROSE = {"currency": "eur", "product_data[name]": "Rose"}


def create(api: Any, **given: str) -> Any:
    custom = {f"custom_unit_amount[{name}]": value for name, value in given.items()}
    return api("POST", "/v1/prices", data={**ROSE, "custom_unit_amount[enabled]": "true", **custom})


def test_a_price_has_its_limits_and_no_amount(sdk: stripe.StripeClient) -> None:
    custom: Any = {"enabled": True, "minimum": 500, "maximum": 10000, "preset": 2000}
    price = sdk.v1.prices.create(
        {"currency": "eur", "product_data": {"name": "Rose"}, "custom_unit_amount": custom}
    )
    assert (price.unit_amount, price.unit_amount_decimal, price.type) == (None, None, "one_time")
    assert price.billing_scheme == "per_unit"
    found = sdk.v1.prices.retrieve(price.id, {"expand": ["currency_options"]})
    assert found.custom_unit_amount is not None
    assert found.custom_unit_amount.to_dict() == {"maximum": 10000, "minimum": 500, "preset": 2000}
    assert found.currency_options is not None
    own = found.currency_options["eur"]
    assert own.custom_unit_amount is not None
    assert (own.unit_amount, own.custom_unit_amount.preset) == (None, 2000)


def test_what_was_not_said_of_the_limits_is_null(api: Any) -> None:
    assert create(api).json["custom_unit_amount"] == {"maximum": None, "minimum": None, "preset": None}
    fixed = api("POST", "/v1/prices", data=ROSE | {"unit_amount": "5"}).json
    assert fixed["custom_unit_amount"] is None


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"enabled": "false"}, None, "enabled"),
        ({"enabled": ""}, "parameter_invalid_empty", "enabled"),
        ({"minimum": "49"}, "amount_too_small", "minimum"),
        ({"minimum": "0"}, "parameter_invalid_integer", "minimum"),
        ({"minimum": "100000000"}, "amount_too_large", "minimum"),
        ({"maximum": "49"}, "parameter_invalid_integer", "maximum"),
        ({"minimum": "500", "maximum": "499"}, "parameter_invalid_integer", "maximum"),
        ({"minimum": "500", "preset": "499"}, "parameter_invalid_integer", "preset"),
        ({"maximum": "500", "preset": "501"}, "parameter_invalid_integer", "preset"),
        ({"preset": "49"}, "parameter_invalid_integer", "preset"),
        ({"preset": "12.5"}, "parameter_invalid_integer", "preset"),
        ({"most": "500"}, "parameter_unknown", "most"),
    ],
)
def test_what_the_limits_cannot_be_is_refused(
    api: Any, sdk: stripe.StripeClient, given: dict[str, str], code: str | None, param: str
) -> None:
    refused = create(api, **given)
    assert refused.status_code == 400
    error = refused.json["error"]
    assert (error.get("code"), error["param"]) == (code, f"custom_unit_amount[{param}]")
    assert sdk.v1.prices.list().data == []
    assert sdk.v1.products.list().data == []


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"unit_amount": "500"}, "custom_unit_amount"),
        ({"unit_amount_decimal": "500"}, "custom_unit_amount"),
        ({"recurring[interval]": "month"}, "recurring"),
        ({"currency_options[usd][unit_amount]": "500"}, "currency_options[usd]"),
    ],
)
def test_a_price_has_one_kind_of_amount(api: Any, given: dict[str, str], param: str) -> None:
    refused = api("POST", "/v1/prices", data={**ROSE, "custom_unit_amount[enabled]": "true", **given})
    assert (refused.status_code, refused.json["error"]["param"]) == (400, param)


def test_an_option_of_a_fixed_price_is_fixed(api: Any) -> None:
    option = {"currency_options[usd][custom_unit_amount][enabled]": "true"}
    refused = api("POST", "/v1/prices", data=ROSE | {"unit_amount": "500"} | option)
    assert (refused.status_code, refused.json["error"]["param"]) == (400, "currency_options[usd]")


def test_limits_of_another_currency_can_be_changed_and_their_own_cannot(
    api: Any, sdk: stripe.StripeClient
) -> None:
    price = create(api).json
    options: Any = {"currency_options": {"usd": {"custom_unit_amount": {"enabled": True, "minimum": 700}}}}
    changed = sdk.v1.prices.update(price["id"], options | {"expand": ["currency_options"]})
    assert changed.currency_options is not None
    custom = changed.currency_options["usd"].custom_unit_amount
    assert custom is not None
    assert custom.minimum == 700
    refused = api("POST", f"/v1/prices/{price['id']}", data={"custom_unit_amount[enabled]": "true"})
    assert refused.json["error"]["code"] == "parameter_unknown"


def test_a_products_default_price_may_be_chosen(sdk: stripe.StripeClient) -> None:
    data: Any = {"currency": "eur", "custom_unit_amount": {"enabled": True, "preset": 900}}
    product = sdk.v1.products.create({"name": "Rose", "default_price_data": data})
    custom = sdk.v1.prices.retrieve(str(product.default_price)).custom_unit_amount
    assert custom is not None
    assert custom.preset == 900
