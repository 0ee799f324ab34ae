"""Products, as Stripe's reference describes them."""

import threading
from typing import Any

import pytest
import stripe
from flask import Flask

from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

EVERYTHING: dict[str, Any] = {
    "name": "Rose",
    "active": False,
    "description": "Red, and long of stem",
    "images": ["https://shop.example/rose.png"],
    "marketing_features": [{"name": "Thornless"}],
    "metadata": {"shelf": "7"},
    "package_dimensions": {"height": 1.25, "length": 60, "weight": 2, "width": 4},
    "shippable": True,
    "statement_descriptor": "ROSES",
    "tax_code": "txcd_99999999",
    "unit_label": "stem",
    "url": "https://shop.example/rose",
}

FLAT = {f"package_dimensions[{name}]": "1" for name in ("length", "weight", "width")}


def test_what_was_given_comes_back(api: Any, sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create(EVERYTHING)  # type: ignore[arg-type]
    wire = api("GET", f"/v1/products/{product.id}").json
    assert {name: wire[name] for name in EVERYTHING} == EVERYTHING
    assert wire["type"] == "service"
    assert wire["updated"] == wire["created"]


def test_a_bare_product_is_active_and_has_no_price(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose"})
    assert product.active is True
    assert product.default_price is None
    assert product.images == []


def test_an_update_changes_what_it_names_alone(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose", "description": "Red", "unit_label": "stem"})
    changed = sdk.v1.products.update(product.id, {"name": "Tulip", "description": ""})
    assert (changed.name, changed.description, changed.unit_label) == ("Tulip", None, "stem")


def test_a_product_brings_its_default_price(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create(
        {"name": "Rose", "default_price_data": {"currency": "eur", "unit_amount": 500}}
    )
    price = sdk.v1.prices.retrieve(str(product.default_price))
    assert (price.product, price.unit_amount, price.currency) == (product.id, 500, "eur")
    created = sdk.v1.events.list({"types": ["product.created", "price.created"]}).data
    assert [event.type for event in created] == ["price.created", "product.created"]


def test_a_merchant_may_choose_the_id(sdk: stripe.StripeClient) -> None:
    assert sdk.v1.products.create({"name": "Rose", "id": "rose-1"}).id == "rose-1"
    assert sdk.v1.products.retrieve("rose-1").name == "Rose"
    assert sdk.v1.products.update("rose-1", {"name": "Tulip"}).id == "rose-1"
    assert [one.id for one in sdk.v1.products.list({"ids": ["rose-1", "absent"]}).data] == ["rose-1"]


def test_two_merchants_may_choose_the_same_id(app: Flask, sdk: stripe.StripeClient) -> None:
    other = stripe_client(app, create_merchant(app, "Other")[1])
    sdk.v1.products.create({"name": "Rose", "id": "rose"})
    other.v1.products.create({"name": "Tulip", "id": "rose"})
    assert sdk.v1.products.retrieve("rose").name == "Rose"
    assert other.v1.products.retrieve("rose").name == "Tulip"


def test_an_id_is_taken_once(sdk: stripe.StripeClient) -> None:
    sdk.v1.products.create({"name": "Rose", "id": "rose"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.products.create({"name": "Tulip", "id": "rose"})
    assert (refused.value.code, refused.value.param) == ("resource_already_exists", "id")


@pytest.mark.parametrize("id", ["a b", "a/b", "é", "x" * 256])
def test_an_id_that_no_path_could_name_is_refused(api: Any, id: str) -> None:
    refused = api("POST", "/v1/products", data={"name": "Rose", "id": id})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "id"


def test_eight_requests_for_one_id_make_one_product(app: Flask, secret_key: str) -> None:
    start = threading.Barrier(8)
    statuses: list[int] = []

    def ask(number: int) -> None:
        start.wait()
        answer = app.test_client().post(
            "/v1/products",
            headers={"Authorization": f"Bearer {secret_key}"},
            data={"name": f"No. {number}", "id": "rose"},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[400] * 7]


def test_a_product_without_prices_can_be_deleted(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose", "id": "rose"})
    assert sdk.v1.products.delete("rose").deleted is True
    with pytest.raises(stripe.InvalidRequestError) as gone:
        sdk.v1.products.retrieve("rose")
    assert gone.value.http_status == 404
    assert sdk.v1.products.list().data == []
    assert [event.type for event in sdk.v1.events.list({"type": "product.deleted"}).data] == [
        "product.deleted"
    ]
    assert sdk.v1.products.create({"name": "Tulip", "id": product.id}).name == "Tulip"


def test_a_product_with_prices_stays(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose"})
    price = sdk.v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 500})
    sdk.v1.prices.update(price.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="one or more user-created prices"):
        sdk.v1.products.delete(product.id)


def test_the_default_price_must_be_the_products_own_and_active(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose"})
    foreign = sdk.v1.prices.create({"product_data": {"name": "Tulip"}, "currency": "eur", "unit_amount": 1})
    own = sdk.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 500, "active": False}
    )
    for price_id in (foreign.id, own.id, "price_absent"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.v1.products.update(product.id, {"default_price": price_id})
        assert refused.value.param == "default_price"
    sdk.v1.prices.update(own.id, {"active": True})
    assert sdk.v1.products.update(product.id, {"default_price": own.id}).default_price == own.id


def test_lists_narrow_by_what_a_product_is(sdk: stripe.StripeClient) -> None:
    rose = sdk.v1.products.create({"name": "Rose", "shippable": True, "url": "https://shop.example/rose"}).id
    talk = sdk.v1.products.create({"name": "Talk", "active": False, "shippable": False}).id
    narrowed: list[tuple[dict[str, Any], str]] = [
        ({"active": True}, rose),
        ({"active": False}, talk),
        ({"shippable": True}, rose),
        ({"shippable": False}, talk),
        ({"url": "https://shop.example/rose"}, rose),
    ]
    for given, expected in narrowed:
        assert [one.id for one in sdk.v1.products.list(given).data] == [expected]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"statement_descriptor": "x" * 23}, "statement_descriptor"),
        ({"statement_descriptor": "ROSES <3"}, "statement_descriptor"),
        ({"unit_label": "x" * 13}, "unit_label"),
        ({f"images[{number}]": "https://shop.example/rose.png" for number in range(9)}, "images"),
        ({"package_dimensions[height]": "1"}, "package_dimensions[length]"),
        ({"package_dimensions[height]": "tall", **FLAT}, "package_dimensions[height]"),
        ({"default_price_data[currency]": "eur"}, "default_price_data[unit_amount]"),
        (
            {"default_price_data[currency]": "euro", "default_price_data[unit_amount]": "5"},
            "default_price_data[currency]",
        ),
        ({"type": "idea"}, "type"),
    ],
)
def test_what_a_product_cannot_have_is_refused(
    api: Any, sdk: stripe.StripeClient, given: dict[str, str], param: str
) -> None:
    refused = api("POST", "/v1/products", data={"name": "Rose", **given})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == param
    assert sdk.v1.products.list().data == []
