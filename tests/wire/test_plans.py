"""Plans, the older name of recurring prices: the same rows under both."""

from typing import Any

import pytest
import stripe

GOLD = {"currency": "usd", "interval": "month", "amount": 2000, "product": {"name": "Gold"}}


def create(sdk: stripe.StripeClient, **given: Any) -> stripe.Plan:
    params: Any = GOLD | given
    return sdk.v1.plans.create(params)


def types(sdk: stripe.StripeClient) -> list[str]:
    return [str(event.type) for event in sdk.v1.events.list({"limit": 100}).data][::-1]


def test_a_plan_is_readable_as_a_recurring_price(sdk: stripe.StripeClient) -> None:
    plan = create(sdk, interval_count=3, trial_period_days=7, nickname="G")
    assert plan.id.startswith("plan_")
    assert (plan.amount, str(plan.amount_decimal), plan.usage_type) == (2000, "2000", "licensed")
    assert (plan.interval, plan.interval_count, plan.trial_period_days) == ("month", 3, 7)
    price = sdk.v1.prices.retrieve(plan.id)
    assert (price.type, price.unit_amount, price.nickname) == ("recurring", 2000, "G")
    assert price.recurring is not None
    assert (price.recurring.interval, price.recurring.interval_count) == ("month", 3)
    assert sorted(types(sdk)) == ["plan.created", "price.created", "product.created"]


def test_a_recurring_price_is_readable_as_a_plan(sdk: stripe.StripeClient, api: Any) -> None:
    form = {"currency": "usd", "unit_amount": "500", "product_data[name]": "Gold"}
    monthly = api("POST", "/v1/prices", data={**form, "recurring[interval]": "month"}).json
    once = api("POST", "/v1/prices", data=form).json
    plan = sdk.v1.plans.retrieve(monthly["id"], {"expand": ["product"]})
    assert (plan.amount, plan.interval) == (500, "month")
    assert isinstance(plan.product, stripe.Product)
    assert api("GET", f"/v1/plans/{once['id']}").status_code == 404
    assert [plan.id for plan in sdk.v1.plans.list().data] == [monthly["id"]]


def test_a_plan_may_have_an_id_of_its_merchants(sdk: stripe.StripeClient) -> None:
    assert create(sdk, id="gold").id == "gold"
    assert sdk.v1.prices.retrieve("gold").id == "gold"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(sdk, id="gold")
    assert caught.value.code == "resource_already_exists"
    sdk.v1.plans.delete("gold")
    assert create(sdk, id="gold", amount=3000).amount == 3000


def test_a_plans_words_change_and_its_amount_stays(sdk: stripe.StripeClient, api: Any) -> None:
    plan = create(sdk)
    other = sdk.v1.products.create({"name": "Silver"})
    changed = sdk.v1.plans.update(
        plan.id, {"nickname": "S", "product": other.id, "trial_period_days": 3, "metadata": {"a": "b"}}
    )
    assert (changed.nickname, changed.product, changed.trial_period_days) == ("S", other.id, 3)
    assert sorted(types(sdk)[-2:]) == ["plan.updated", "price.updated"]
    refused = api("POST", f"/v1/plans/{plan.id}", data={"amount": "1"})
    assert refused.json["error"]["code"] == "parameter_unknown"


def test_a_deleted_plan_is_gone_under_both_names(sdk: stripe.StripeClient, api: Any) -> None:
    plan = create(sdk)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.products.delete(str(plan.product))
    gone = sdk.v1.plans.delete(plan.id)
    assert (gone.id, gone.deleted) == (plan.id, True)
    for path in (f"/v1/plans/{plan.id}", f"/v1/prices/{plan.id}"):
        assert api("GET", path).status_code == 404
    assert sdk.v1.prices.list().data == []
    assert {"plan.deleted", "price.deleted"} <= set(types(sdk))
    assert sdk.v1.products.delete(str(plan.product)).deleted


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"amount": "-1"}, "parameter_invalid_integer", "unit_amount"),
        ({"interval": "fortnight"}, None, "interval"),
        ({"interval_count": "37"}, None, "recurring[interval_count]"),
        ({"trial_period_days": "-1"}, "parameter_invalid_integer", "trial_period_days"),
        ({"currency": "xxx"}, None, "currency"),
        ({"id": "a b"}, None, "id"),
        ({"product": "prod_absent"}, "resource_missing", "product"),
        ({"product": None}, "parameter_missing", "product"),
        ({"amount_decimal": "1"}, None, "amount"),
        ({"amount": None}, "parameter_missing", "amount"),
    ],
)
def test_what_can_be_no_plan_is_refused(
    api: Any, given: dict[str, str | None], code: str | None, param: str
) -> None:
    form = {"currency": "usd", "interval": "month", "amount": "2000"}
    if "product" not in given:
        form["product[name]"] = "Gold"
    data = {name: value for name, value in (form | given).items() if value is not None}
    refused = api("POST", "/v1/plans", data=data)
    assert refused.status_code == 400, refused.json
    assert (refused.json["error"].get("code"), refused.json["error"]["param"]) == (code, param)
