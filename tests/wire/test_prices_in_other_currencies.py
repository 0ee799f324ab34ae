"""`currency_options` of prices: kept, changed, taken by sessions and payment links of another currency."""

from typing import Any

import pytest
import stripe

SHOP = "https://shop.example/thanks"
OPTIONS = {
    "usd": {"unit_amount": 600, "tax_behavior": "exclusive"},
    "jpy": {"unit_amount_decimal": "900.50"},
}


def rose(sdk: stripe.StripeClient, **given: Any) -> stripe.Price:
    params: Any = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}
    return sdk.v1.prices.create(params | {"currency_options": OPTIONS, "tax_behavior": "inclusive"} | given)


def opened(sdk: stripe.StripeClient, *prices: stripe.Price, **given: Any) -> stripe.checkout.Session:
    params: Any = {
        "mode": "payment",
        "success_url": SHOP,
        "line_items": [{"price": price.id, "quantity": 2} for price in prices],
        "expand": ["line_items"],
    }
    return sdk.v1.checkout.sessions.create(params | given)


def shown(price: stripe.Price) -> dict[str, tuple[Any, ...]]:
    assert price.currency_options is not None
    return {
        code: (option["unit_amount"], option["unit_amount_decimal"], option["tax_behavior"])
        for code, option in price.currency_options.to_dict().items()
    }


def test_options_are_shown_with_the_prices_own_amount_to_who_asks(sdk: stripe.StripeClient) -> None:
    price = rose(sdk, expand=["currency_options"])
    assert {code: tuple(map(str, option)) for code, option in shown(price).items()} == {
        "eur": ("500", "500", "inclusive"),
        "usd": ("600", "600", "exclusive"),
        "jpy": ("None", "900.5", "unspecified"),
    }
    assert sdk.v1.prices.retrieve(price.id).currency_options is None
    listed = sdk.v1.prices.list({"expand": ["data.currency_options"]}).data[0]
    assert shown(listed) == shown(price)


def test_options_are_added_changed_and_taken_away(sdk: stripe.StripeClient) -> None:
    price = rose(sdk)
    more: Any = {"expand": ["currency_options"]}
    usd: Any = {"currency_options": {"usd": {"unit_amount": 700}, "GBP": {"unit_amount": 400}}}
    changed = shown(sdk.v1.prices.update(price.id, usd | more))
    assert (changed["usd"][0], changed["usd"][2], changed["gbp"][0]) == (700, "exclusive", 400)
    assert set(changed) == {"eur", "usd", "jpy", "gbp"}
    taxed: Any = {"currency_options": {"gbp": {"tax_behavior": "inclusive"}}}
    assert shown(sdk.v1.prices.update(price.id, taxed | more))["gbp"][0::2] == (400, "inclusive")
    assert set(shown(sdk.v1.prices.update(price.id, {"currency_options": ""} | more))) == {"eur"}


def test_how_an_option_is_taxed_stays_once_it_is_said(sdk: stripe.StripeClient) -> None:
    price = rose(sdk)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.v1.prices.update(price.id, {"currency_options": {"usd": {"tax_behavior": "inclusive"}}})
    assert caught.value.param == "currency_options[usd][tax_behavior]"
    sdk.v1.prices.update(price.id, {"currency_options": {"jpy": {"tax_behavior": "inclusive"}}})


@pytest.mark.parametrize(
    ("name", "option", "told"),
    [
        ("eur", {"unit_amount": "1"}, (None, "[eur]")),
        ("EUR", {"unit_amount": "1"}, (None, "[EUR]")),
        ("xxx", {"unit_amount": "1"}, (None, "[xxx]")),
        ("usd", {"tax_behavior": "inclusive"}, ("parameter_missing", "[usd][unit_amount]")),
        ("usd", {"unit_amount": "1", "unit_amount_decimal": "1"}, (None, "[usd][unit_amount_decimal]")),
        ("usd", {"unit_amount": "-1"}, ("parameter_invalid_integer", "[usd][unit_amount]")),
        ("usd", {"unit_amount": "100000000"}, ("amount_too_large", "[usd][unit_amount]")),
        ("kwd", {"unit_amount": "5005"}, ("invalid_charge_amount", "[kwd][unit_amount]")),
        ("isk", {"unit_amount_decimal": "50"}, ("invalid_charge_amount", "[isk][unit_amount_decimal]")),
        ("usd", {"unit_amount_decimal": "-0.1"}, (None, "[usd][unit_amount_decimal]")),
        ("usd", {"unit_amount": "1", "tax_behavior": "maybe"}, (None, "[usd][tax_behavior]")),
        ("usd", {"unit_amount": "1", "colour": "red"}, ("parameter_unknown", "[usd][colour]")),
    ],
)
def test_what_an_option_cannot_be_is_refused(
    api: Any, sdk: stripe.StripeClient, name: str, option: dict[str, str], told: tuple[str | None, str]
) -> None:
    own = {"currency": "eur", "unit_amount": "500", "product_data[name]": "Rose"}
    given = {f"currency_options[{name}][{key}]": value for key, value in option.items()}
    price = sdk.v1.prices.create({"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}})
    for path, data in (("/v1/prices", own | given), (f"/v1/prices/{price.id}", given)):
        refused = api("POST", path, data=data)
        assert refused.status_code == 400
        error = refused.json["error"]
        assert (error.get("code"), error["param"]) == (told[0], f"currency_options{told[1]}")
    assert len(sdk.v1.prices.list().data) == 1
    assert set(shown(sdk.v1.prices.retrieve(price.id, {"expand": ["currency_options"]}))) == {"eur"}


def test_a_session_in_another_currency_takes_the_option(sdk: stripe.StripeClient) -> None:
    price = rose(sdk)
    session = opened(sdk, price, currency="USD")
    assert (session.currency, session.amount_total) == ("usd", 1200)
    assert session.line_items is not None
    (line,) = session.line_items.data
    assert (line.currency, line.amount_total) == ("usd", 1200)
    assert line.price is not None
    assert (line.price.currency, line.price.unit_amount) == ("eur", 500)
    assert (opened(sdk, price).currency, opened(sdk, price).amount_total) == ("eur", 1000)
    assert opened(sdk, price, currency="eur").amount_total == 1000


def test_a_session_in_a_currency_that_the_price_does_not_have_is_refused(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        opened(sdk, rose(sdk), rose(sdk, currency_options={}), currency="usd")
    assert str(caught.value.user_message) == (
        "The price specified only supports `eur`. This doesn't match the expected currency: `usd`."
    )
    assert caught.value.param == "line_items[1]"
    with pytest.raises(stripe.InvalidRequestError, match="only supports `eur`, `jpy`, `usd`"):
        opened(sdk, rose(sdk), currency="gbp")
    with pytest.raises(stripe.InvalidRequestError, match="Invalid currency: xyz"):
        opened(sdk, rose(sdk), currency="xyz")
    with pytest.raises(stripe.InvalidRequestError, match="fractions of the smallest unit"):
        opened(sdk, rose(sdk), currency="jpy")


def test_price_data_has_to_be_in_the_currency_of_the_session(sdk: stripe.StripeClient) -> None:
    data: Any = {"currency": "usd", "unit_amount": 100, "product_data": {"name": "Vase"}}
    lines = [{"price": rose(sdk).id, "quantity": 1}, {"price_data": data, "quantity": 1}]
    assert opened(sdk, line_items=lines, currency="usd").amount_total == 700
    with pytest.raises(stripe.InvalidRequestError, match="only supports `usd`"):
        opened(sdk, line_items=lines, currency="eur")
    with pytest.raises(stripe.InvalidRequestError, match="must have the same currency"):
        opened(sdk, line_items=lines)


def test_what_is_on_offer_comes_in_the_currency_of_the_session(sdk: stripe.StripeClient) -> None:
    offer = [{"price": rose(sdk).id, "quantity": 1}]
    assert opened(sdk, rose(sdk), currency="usd", optional_items=offer).currency == "usd"
    without = [{"price": rose(sdk, currency_options={}).id, "quantity": 1}]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        opened(sdk, rose(sdk), currency="usd", optional_items=without)
    assert caught.value.param == "optional_items[0]"


def test_discounts_and_delivery_follow_the_currency_of_the_session(sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create(
        {"amount_off": 100, "currency": "eur", "currency_options": {"usd": {"amount_off": 200}}}
    )
    fixed: Any = {"amount": 300, "currency": "eur", "currency_options": {"usd": {"amount": 400}}}
    rate = sdk.v1.shipping_rates.create(
        {"display_name": "Post", "type": "fixed_amount", "fixed_amount": fixed}
    )
    session = opened(
        sdk,
        rose(sdk),
        currency="usd",
        discounts=[{"coupon": coupon.id}],
        shipping_options=[{"shipping_rate": rate.id}],
    )
    assert session.amount_total == 1200 - 200 + 400


def test_an_option_that_changes_changes_no_open_session(sdk: stripe.StripeClient) -> None:
    price = rose(sdk)
    session = opened(sdk, price, currency="usd")
    sdk.v1.prices.update(price.id, {"currency_options": {"usd": {"unit_amount": 9900}}})
    assert sdk.v1.checkout.sessions.retrieve(session.id).amount_total == 1200
    (line,) = sdk.v1.checkout.sessions.line_items.list(session.id).data
    assert line.amount_total == 1200
    assert opened(sdk, price, currency="usd").amount_total == 19800


def test_a_products_default_price_may_have_options(sdk: stripe.StripeClient) -> None:
    data: Any = {"currency": "eur", "unit_amount": 500, "currency_options": {"usd": {"unit_amount": 600}}}
    product = sdk.v1.products.create({"name": "Rose", "default_price_data": data})
    price = sdk.v1.prices.retrieve(str(product.default_price), {"expand": ["currency_options"]})
    assert shown(price)["usd"][0] == 600
    data["currency_options"] = {"usd": {"unit_amount": -1}}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.v1.products.create({"name": "Rose", "default_price_data": data})
    assert caught.value.param == "default_price_data[currency_options][usd][unit_amount]"


def test_a_link_in_another_currency_shows_what_it_costs_today(sdk: stripe.StripeClient) -> None:
    price = rose(sdk)
    given: Any = {"line_items": [{"price": price.id, "quantity": 3}], "currency": "usd"}
    link = sdk.v1.payment_links.create(given)
    assert link.currency == "usd"
    assert sdk.v1.payment_links.line_items.list(link.id).data[0].amount_total == 1800
    sdk.v1.prices.update(price.id, {"currency_options": {"usd": {"unit_amount": 700}}})
    assert sdk.v1.payment_links.line_items.list(link.id).data[0].amount_total == 2100
    with pytest.raises(stripe.InvalidRequestError, match="expected currency: `gbp`"):
        sdk.v1.payment_links.create(given | {"currency": "gbp"})


def test_a_recovered_session_keeps_the_currency_and_the_amount_that_it_was_offered_at(
    sdk: stripe.StripeClient, api: Any
) -> None:
    price = rose(sdk)
    offer = [{"price": rose(sdk).id, "quantity": 1}]
    recovery: Any = {"recovery": {"enabled": True}}
    session = opened(sdk, price, currency="usd", after_expiration=recovery, optional_items=offer)
    sdk.v1.checkout.sessions.expire(session.id)
    sdk.v1.prices.update(price.id, {"currency_options": {"usd": {"unit_amount": 9900}}})
    sdk.v1.prices.update(
        str(offer[0]["price"]), {"currency_options": ""}
    )  # so that it can't be offered again
    assert api("GET", f"/c/recover/{session.id}").status_code == 303
    again = sdk.v1.checkout.sessions.list({"status": "open"}).data[0]
    assert (again.recovered_from, again.currency, again.amount_total) == (session.id, "usd", 1200)
    assert again.optional_items is None


def test_a_followed_link_opens_a_session_in_its_currency(sdk: stripe.StripeClient, api: Any) -> None:
    given: Any = {"line_items": [{"price": rose(sdk).id, "quantity": 1}], "currency": "usd"}
    link = sdk.v1.payment_links.create(given)
    assert api("GET", "/" + link.url.split("/", 3)[3]).status_code == 303
    session = sdk.v1.checkout.sessions.list({"payment_link": link.id}).data[0]
    assert (session.currency, session.amount_total) == ("usd", 600)
