"""Prices, as Stripe's reference describes them: an amount stays, a new price takes its place."""

import threading
from typing import Any

import pytest
import stripe
from flask import Flask

from kit import database
from kit.database import db
from payments.catalog.prices import Price
from payments.errors import InvalidRequest
from payments.events import Event
from payments.merchants import Merchant, operator
from payments.scope import acting_as
from tests.support.factories import create_merchant

ROSE = {"product_data[name]": "Rose"}


def create(api: Any, **given: Any) -> Any:
    return api("POST", "/v1/prices", data={"currency": "eur", "unit_amount": "500", **ROSE, **given})


def test_a_price_has_its_amount_and_a_new_product(api: Any, sdk: stripe.StripeClient) -> None:
    wire = create(api, nickname="Single", tax_behavior="inclusive").json
    assert (wire["unit_amount"], wire["unit_amount_decimal"]) == (500, "500")
    assert (wire["type"], wire["recurring"], wire["billing_scheme"]) == ("one_time", None, "per_unit")
    assert (wire["nickname"], wire["tax_behavior"], wire["active"]) == ("Single", "inclusive", True)
    assert sdk.v1.products.retrieve(wire["product"]).name == "Rose"
    created = sdk.v1.events.list({"types": ["product.created", "price.created"]}).data
    assert [event.type for event in created] == ["price.created", "product.created"]


def test_a_currency_may_be_written_in_capitals(api: Any) -> None:
    assert create(api, currency="EUR").json["currency"] == "eur"


@pytest.mark.parametrize(
    ("given", "whole", "exact"),
    [
        ("1999", 1999, "1999"),
        ("1999.00", 1999, "1999"),
        ("0.05", None, "0.05"),
        ("12.50", None, "12.5"),
        ("0", 0, "0"),
    ],
)
def test_a_decimal_amount_is_exact(api: Any, given: str, whole: int | None, exact: str) -> None:
    wire = api("POST", "/v1/prices", data={"currency": "usd", "unit_amount_decimal": given, **ROSE}).json
    assert (wire["unit_amount"], wire["unit_amount_decimal"]) == (whole, exact)


@pytest.mark.parametrize("amount", ["0", "1", "99999999"])
def test_the_bounds_of_an_amount_are_good(api: Any, amount: str) -> None:
    assert create(api, unit_amount=amount).json["unit_amount"] == int(amount)


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"unit_amount": "-1"}, "parameter_invalid_integer", "unit_amount"),
        ({"unit_amount": "100000000"}, "amount_too_large", "unit_amount"),
        ({"unit_amount": "9" * 40}, "parameter_invalid_integer", "unit_amount"),
        ({"unit_amount": "1.5"}, "parameter_invalid_integer", "unit_amount"),
        ({"unit_amount": "1e3"}, "parameter_invalid_integer", "unit_amount"),
        ({"unit_amount": "50", "currency": "isk"}, "invalid_charge_amount", "unit_amount"),
        ({"unit_amount": "5005", "currency": "kwd"}, "invalid_charge_amount", "unit_amount"),
        ({"currency": "euro"}, None, "currency"),
        ({"currency": "xxx"}, None, "currency"),
        ({"unit_amount_decimal": "5"}, None, "unit_amount_decimal"),
        ({"product": "prod_absent"}, None, "product_data"),
        (
            {"recurring[interval]": "month", "recurring[interval_count]": "0"},
            None,
            "recurring[interval_count]",
        ),
        (
            {"recurring[interval]": "year", "recurring[interval_count]": "4"},
            None,
            "recurring[interval_count]",
        ),
        ({"recurring[interval]": "moon"}, None, "recurring[interval]"),
        ({"lookup_key": "x" * 201}, None, "lookup_key"),
        ({"product_data[id]": "a b"}, None, "product_data[id]"),
    ],
)
def test_what_a_price_cannot_be_is_refused(
    api: Any, sdk: stripe.StripeClient, given: dict[str, str], code: str | None, param: str
) -> None:
    refused = create(api, **given)
    assert refused.status_code == 400
    assert (refused.json["error"].get("code"), refused.json["error"]["param"]) == (code, param)
    assert sdk.v1.products.list().data == []
    assert sdk.v1.prices.list().data == []


@pytest.mark.parametrize("given", ["-0.5", "100000000.5", "NaN", "Infinity", "1e400"])
def test_a_decimal_amount_has_bounds_too(api: Any, given: str) -> None:
    refused = api("POST", "/v1/prices", data={"currency": "usd", "unit_amount_decimal": given, **ROSE})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "unit_amount_decimal"


@pytest.mark.parametrize("lacking", ["currency", "unit_amount", "product"])
def test_what_a_price_must_have_is_missed(api: Any, lacking: str) -> None:
    given = {"currency": "eur", "unit_amount": "500", "product": "prod_absent"}
    del given[lacking]
    error = api("POST", "/v1/prices", data=given).json["error"]
    assert error["param"] == lacking
    assert error["code"] == "parameter_missing"


@pytest.mark.parametrize("given", [{"unit_amount": "1"}, {"currency": "usd"}, {"product": "prod_other"}])
def test_what_a_price_is_stays(api: Any, given: dict[str, str]) -> None:
    refused = api("POST", f"/v1/prices/{create(api).json['id']}", data=given)
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == "parameter_unknown"


def test_a_price_is_recurring_with_an_interval(sdk: stripe.StripeClient) -> None:
    price = sdk.v1.prices.create(
        {
            "currency": "eur",
            "unit_amount": 500,
            "product_data": {"name": "Rose"},
            "recurring": {"interval": "month"},
        }
    )
    assert price.type == "recurring"
    assert price.recurring is not None
    assert (price.recurring.interval, price.recurring.interval_count) == ("month", 1)
    assert [one.id for one in sdk.v1.prices.list({"type": "recurring"}).data] == [price.id]
    assert sdk.v1.prices.list({"recurring": {"interval": "week"}}).data == []
    assert sdk.v1.prices.list({"type": "one_time"}).data == []


def test_lists_narrow_by_product_currency_and_activity(sdk: stripe.StripeClient, api: Any) -> None:
    first, second = create(api).json, create(api, currency="usd", active="false").json
    assert [one.id for one in sdk.v1.prices.list({"product": first["product"]}).data] == [first["id"]]
    assert [one.id for one in sdk.v1.prices.list({"currency": "usd"}).data] == [second["id"]]
    assert [one.id for one in sdk.v1.prices.list({"active": True}).data] == [first["id"]]


def test_a_default_price_is_not_archived(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create(
        {"name": "Rose", "default_price_data": {"currency": "eur", "unit_amount": 500}}
    )
    with pytest.raises(stripe.InvalidRequestError, match="default price of its product"):
        sdk.v1.prices.update(str(product.default_price), {"active": False})


def test_tax_behaviour_is_settled_once(sdk: stripe.StripeClient, api: Any) -> None:
    price_id = create(api).json["id"]
    assert sdk.v1.prices.update(price_id, {"tax_behavior": "exclusive"}).tax_behavior == "exclusive"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.prices.update(price_id, {"tax_behavior": "inclusive"})
    assert refused.value.param == "tax_behavior"


def test_a_lookup_key_finds_its_price(sdk: stripe.StripeClient, api: Any) -> None:
    price_id = create(api, lookup_key="standard").json["id"]
    create(api)
    assert [one.id for one in sdk.v1.prices.list({"lookup_keys": ["standard", "absent"]}).data] == [price_id]


def test_a_lookup_key_belongs_to_one_price_until_it_is_transferred(
    sdk: stripe.StripeClient, api: Any
) -> None:
    first = create(api, lookup_key="standard").json["id"]
    refused = create(api, lookup_key="standard")
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "lookup_key"
    second = create(api, lookup_key="standard", transfer_lookup_key="true").json["id"]
    assert [one.id for one in sdk.v1.prices.list({"lookup_keys": ["standard"]}).data] == [second]
    assert sdk.v1.prices.retrieve(first).lookup_key is None
    (event,) = sdk.v1.events.list({"type": "price.updated"}).data
    assert event.data.to_dict()["previous_attributes"] == {"lookup_key": "standard"}


def test_a_price_that_takes_another_lookup_key_gives_its_own_back(sdk: stripe.StripeClient, api: Any) -> None:
    first = create(api, lookup_key="standard").json["id"]
    assert sdk.v1.prices.update(first, {"lookup_key": "basic"}).lookup_key == "basic"
    assert create(api, lookup_key="standard").status_code == 200
    assert create(api, lookup_key="basic").status_code == 400
    assert sdk.v1.prices.update(first, {"lookup_key": "basic"}).lookup_key == "basic"


def test_eight_transfers_at_once_leave_one_holder(
    app: Flask, secret_key: str, sdk: stripe.StripeClient
) -> None:
    start = threading.Barrier(8)
    lookup = {"lookup_key": "k", "transfer_lookup_key": "true"}
    statuses: list[int] = []

    def ask() -> None:
        start.wait()
        answer = app.test_client().post(
            "/v1/prices",
            headers={"Authorization": f"Bearer {secret_key}"},
            data={"currency": "eur", "unit_amount": "5", **ROSE, **lookup},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 429}
    assert len(sdk.v1.prices.list({"lookup_keys": ["k"]}).data) == 1


@pytest.fixture
def merchant(app: Flask) -> Merchant:
    return create_merchant(app)[0]


def test_an_inline_price_is_inactive_and_causes_no_events(app: Flask, merchant: Merchant) -> None:
    with app.app_context(), acting_as(operator(merchant, livemode=False, actor="test")):
        price = Price.inline({"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}})
        database.commit()
        assert price.as_stripe()["active"] is False
        assert db.session.scalars(Event.mine()).all() == []


def test_an_inline_price_names_its_parameters_as_the_caller_did(app: Flask, merchant: Merchant) -> None:
    with app.app_context(), acting_as(operator(merchant, livemode=False, actor="test")):
        for given, param in (
            ({"currency": "xxx", "unit_amount": 5, "product_data": {"name": "R"}}, "items[0][currency]"),
            ({"currency": "eur", "unit_amount": -5, "product_data": {"name": "R"}}, "items[0][unit_amount]"),
            ({"currency": "eur", "unit_amount": 5, "product": "prod_absent"}, "items[0][product]"),
            ({"currency": "eur", "unit_amount": 5}, "items[0][product]"),
        ):
            with pytest.raises(InvalidRequest) as refused:
                Price.inline(given, param="items[0]")
            assert refused.value.param == param
