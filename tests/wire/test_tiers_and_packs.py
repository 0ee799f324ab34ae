"""Prices in tiers, which recur, and prices of packs: on the wire, as plans, in sessions and payment links."""

from typing import Any

import pytest
import stripe

SHOP = "https://shop.example/thanks"
MONTHLY: Any = {"interval": "month"}
TIERS: Any = [
    {"up_to": 10, "unit_amount": 500},
    {"up_to": 100, "unit_amount_decimal": "4.5", "flat_amount": 1000},
    {"up_to": "inf", "flat_amount_decimal": "2000"},
]
SHOWN = [
    (10, 500, "500", None, None),
    (100, None, "4.5", 1000, "1000"),
    (None, None, None, 2000, "2000"),
]
FORM = {
    "currency": "eur",
    "product_data[name]": "Rose",
    "billing_scheme": "tiered",
    "tiers_mode": "volume",
    "recurring[interval]": "month",
    "tiers[0][up_to]": "10",
    "tiers[0][unit_amount]": "500",
    "tiers[1][up_to]": "inf",
    "tiers[1][unit_amount]": "400",
}


def tiered(sdk: stripe.StripeClient, **given: Any) -> stripe.Price:
    params: Any = {
        "currency": "eur",
        "product_data": {"name": "Seats"},
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": TIERS,
        "recurring": MONTHLY,
    }
    return sdk.v1.prices.create(params | given)


def packs(sdk: stripe.StripeClient, **given: Any) -> stripe.Price:
    params: Any = {
        "currency": "eur",
        "product_data": {"name": "Eggs"},
        "unit_amount": 300,
        "transform_quantity": {"divide_by": 10, "round": "up"},
    }
    return sdk.v1.prices.create(params | given)


def opened(sdk: stripe.StripeClient, price: stripe.Price, quantity: int, **given: Any) -> Any:
    params: Any = {
        "mode": "payment",
        "success_url": SHOP,
        "line_items": [{"price": price.id, "quantity": quantity}],
    }
    return sdk.v1.checkout.sessions.create(params | given)


def text(amount: Any) -> str | None:
    return None if amount is None else str(amount)


def steps(tiers: Any) -> list[tuple[Any, ...]]:
    return [
        (
            tier["up_to"],
            tier["unit_amount"],
            text(tier["unit_amount_decimal"]),
            tier["flat_amount"],
            text(tier["flat_amount_decimal"]),
        )
        for tier in tiers
    ]


def test_tiers_are_shown_to_who_asks_for_them(sdk: stripe.StripeClient) -> None:
    price = tiered(sdk, expand=["tiers"])
    assert (price.billing_scheme, price.tiers_mode) == ("tiered", "graduated")
    assert (price.unit_amount, price.unit_amount_decimal, price.transform_quantity) == (None, None, None)
    assert steps(price.tiers) == SHOWN
    assert getattr(sdk.v1.prices.retrieve(price.id), "tiers", None) is None
    listed = sdk.v1.prices.list({"expand": ["data.tiers"]}).data[0]
    assert steps(listed.tiers) == SHOWN


def test_a_price_in_tiers_is_a_plan_in_tiers(sdk: stripe.StripeClient) -> None:
    plan = sdk.v1.plans.retrieve(tiered(sdk).id, {"expand": ["tiers"]})
    assert (plan.amount, plan.billing_scheme, plan.tiers_mode) == (None, "tiered", "graduated")
    assert steps(plan.tiers) == SHOWN


def test_a_plan_may_have_tiers_or_be_of_packs(sdk: stripe.StripeClient) -> None:
    shared: Any = {"currency": "eur", "interval": "month", "product": {"name": "Seats"}}
    in_tiers: Any = {"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": TIERS, "expand": ["tiers"]}
    plan = sdk.v1.plans.create(shared | in_tiers)
    assert (plan.tiers_mode, steps(plan.tiers)) == ("volume", SHOWN)
    of_packs: Any = {"amount": 300, "transform_usage": {"divide_by": 10, "round": "down"}}
    plan = sdk.v1.plans.create(shared | of_packs)
    assert plan.transform_usage is not None
    assert plan.transform_usage.to_dict() == {"divide_by": 10, "round": "down"}
    price = sdk.v1.prices.retrieve(plan.id)
    assert price.transform_quantity is not None
    assert price.transform_quantity.divide_by == 10


def test_tiers_have_options_in_other_currencies(sdk: stripe.StripeClient) -> None:
    options: Any = {"usd": {"tiers": TIERS}}
    price = tiered(sdk, currency_options=options, expand=["currency_options"])
    assert price.currency_options is not None
    assert steps(price.currency_options["usd"].tiers) == SHOWN
    assert steps(price.currency_options["eur"].tiers) == SHOWN
    with pytest.raises(stripe.InvalidRequestError) as caught:
        tiered(sdk, currency_options={"usd": {"unit_amount": 500}})
    assert caught.value.param == "currency_options[usd]"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"billing_scheme": None}, None, "tiers"),
        ({"billing_scheme": "per_unit"}, None, "tiers"),
        ({"billing_scheme": "stairs"}, None, "billing_scheme"),
        ({"tiers_mode": None}, "parameter_missing", "tiers_mode"),
        ({"tiers_mode": "steep"}, None, "tiers_mode"),
        ({"recurring[interval]": None}, "parameter_missing", "recurring"),
        ({"unit_amount": "500"}, None, "tiers"),
        ({"transform_quantity[divide_by]": "2", "transform_quantity[round]": "up"}, None, "tiers"),
        ({"tiers[0][up_to]": "0"}, "parameter_invalid_integer", "tiers[0][up_to]"),
        ({"tiers[0][up_to]": "-5"}, "parameter_invalid_integer", "tiers[0][up_to]"),
        ({"tiers[0][up_to]": "inf"}, None, "tiers[0][up_to]"),
        ({"tiers[1][up_to]": "20"}, None, "tiers[1][up_to]"),
        ({"tiers[1][up_to]": "many"}, "parameter_invalid_integer", "tiers[1][up_to]"),
        ({"tiers[1][up_to]": None}, "parameter_missing", "tiers[1][up_to]"),
        ({"tiers[0][unit_amount]": None}, None, "tiers[0]"),
        ({"tiers[0][unit_amount_decimal]": "1"}, None, "tiers[0][unit_amount]"),
        ({"tiers[0][unit_amount]": "-1"}, "parameter_invalid_integer", "tiers[0][unit_amount]"),
        ({"tiers[0][flat_amount]": "100000000"}, "amount_too_large", "tiers[0][flat_amount]"),
        ({"tiers[0][flat_amount_decimal]": "-0.5"}, None, "tiers[0][flat_amount_decimal]"),
        ({"tiers[0][colour]": "red"}, "parameter_unknown", "tiers[0][colour]"),
    ],
)
def test_what_tiers_cannot_be_is_refused(
    api: Any, sdk: stripe.StripeClient, change: dict[str, str | None], code: str | None, param: str
) -> None:
    form = {name: value for name, value in (FORM | change).items() if value is not None}
    refused = api("POST", "/v1/prices", data=form)
    assert refused.status_code == 400, refused.json
    assert (refused.json["error"].get("code"), refused.json["error"]["param"]) == (code, param)
    assert sdk.v1.prices.list().data == []


def test_tiers_have_to_ascend_and_there_have_to_be_some(api: Any) -> None:
    third = {"tiers[1][up_to]": "10", "tiers[2][up_to]": "inf", "tiers[2][unit_amount]": "1"}
    refused = api("POST", "/v1/prices", data=FORM | third)
    assert refused.json["error"]["param"] == "tiers[1][up_to]"
    none = {name: value for name, value in FORM.items() if not name.startswith("tiers[")}
    refused = api("POST", "/v1/prices", data=none)
    assert (refused.json["error"]["code"], refused.json["error"]["param"]) == ("parameter_missing", "tiers")


def test_a_price_in_tiers_is_paid_by_no_session_and_offered_by_no_link(sdk: stripe.StripeClient) -> None:
    price = tiered(sdk)
    with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
        opened(sdk, price, 1)
    with pytest.raises(stripe.InvalidRequestError, match="Tiered prices"):
        sdk.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 1}]})


@pytest.mark.parametrize(
    ("how", "quantity", "total"),
    [
        ("up", 1, 300),
        ("up", 10, 300),
        ("up", 11, 600),
        ("up", 100, 3000),
        ("down", 10, 300),
        ("down", 19, 300),
        ("down", 20, 600),
    ],
)
def test_packs_are_rounded_as_their_price_says(
    sdk: stripe.StripeClient, how: str, quantity: int, total: int
) -> None:
    price = packs(sdk, transform_quantity={"divide_by": 10, "round": how})
    assert price.transform_quantity is not None
    assert price.transform_quantity.to_dict() == {"divide_by": 10, "round": how}
    session = opened(sdk, price, quantity, expand=["line_items"])
    assert session.amount_total == total
    (line,) = session.line_items.data
    assert (line.quantity, line.amount_subtotal, line.amount_total) == (quantity, total, total)
    link = sdk.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": quantity}]})
    assert sdk.v1.payment_links.line_items.list(link.id).data[0].amount_total == total


def test_less_than_a_pack_rounded_down_is_nothing_to_pay(sdk: stripe.StripeClient) -> None:
    price = packs(sdk, transform_quantity={"divide_by": 10, "round": "down"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        opened(sdk, price, 9)
    assert caught.value.code == "amount_too_small"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"divide_by": "0", "round": "up"}, "transform_quantity[divide_by]"),
        ({"divide_by": "-1", "round": "up"}, "transform_quantity[divide_by]"),
        ({"divide_by": "1.5", "round": "up"}, "transform_quantity[divide_by]"),
        ({"divide_by": "2", "round": "half"}, "transform_quantity[round]"),
        ({"divide_by": "2"}, "transform_quantity[round]"),
        ({"round": "up"}, "transform_quantity[divide_by]"),
    ],
)
def test_what_a_pack_cannot_be_is_refused(api: Any, given: dict[str, str], param: str) -> None:
    own = {"currency": "eur", "unit_amount": "300", "product_data[name]": "Eggs"}
    form = own | {f"transform_quantity[{name}]": value for name, value in given.items()}
    refused = api("POST", "/v1/prices", data=form)
    assert (refused.status_code, refused.json["error"]["param"]) == (400, param)


def test_packs_whose_amount_is_chosen_are_refused(api: Any) -> None:
    form = {"currency": "eur", "custom_unit_amount[enabled]": "true", "product_data[name]": "Eggs"}
    form |= {"transform_quantity[divide_by]": "2", "transform_quantity[round]": "up"}
    refused = api("POST", "/v1/prices", data=form)
    assert (refused.status_code, refused.json["error"]["param"]) == (400, "custom_unit_amount")


def test_an_expired_order_of_packs_opens_again_as_it_was(sdk: stripe.StripeClient, api: Any) -> None:
    price = packs(sdk)
    recovery: Any = {"recovery": {"enabled": True}}
    session = opened(sdk, price, 25, after_expiration=recovery)
    sdk.v1.checkout.sessions.expire(session.id)
    sdk.v1.prices.update(price.id, {"active": False})
    assert api("GET", f"/c/recover/{session.id}").status_code == 303
    again = sdk.v1.checkout.sessions.list({"status": "open"}).data[0]
    assert (again.recovered_from, again.amount_total) == (session.id, 900)


def test_an_order_whose_packs_have_lost_their_currency_does_not_open_again(
    sdk: stripe.StripeClient, api: Any
) -> None:
    price = packs(sdk, currency_options={"usd": {"unit_amount": 400}})
    recovery: Any = {"recovery": {"enabled": True}}
    session = opened(sdk, price, 25, after_expiration=recovery, currency="usd")
    assert session.amount_total == 1200
    sdk.v1.checkout.sessions.expire(session.id)
    sdk.v1.prices.update(price.id, {"currency_options": ""})
    assert api("GET", f"/c/recover/{session.id}").status_code in (303, 410)
    assert sdk.v1.checkout.sessions.list({"status": "open"}).data == []
