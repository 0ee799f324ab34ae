"""Searches find what a query in Stripe's language asks for, page by page, and nothing of anybody else's."""

from typing import Any

import pytest
import stripe
from flask import Flask

from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client


def customers(sdk: stripe.StripeClient, query: str, **more: Any) -> list[str | None]:
    given: Any = {"query": query, **more}
    return [row.name for row in sdk.v1.customers.search(given).data]


@pytest.fixture
def three(sdk: stripe.StripeClient) -> stripe.StripeClient:
    """Three customers, the newest last."""
    sdk.v1.customers.create({"name": "Asha Rao", "email": "Asha@example.com", "metadata": {"tier": "gold"}})
    sdk.v1.customers.create({"name": "Ben O'Hara", "phone": "+4930123456", "metadata": {"tier": "silver"}})
    sdk.v1.customers.create({"name": "Carla 100% Rao"})
    return sdk


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email:'asha@EXAMPLE.com'", "A"),
        ("email~'example'", "A"),
        ('name:"ben o\'hara"', "B"),
        (r"name:'Ben O\'Hara'", "B"),
        ("name~'rao'", "CA"),
        ("name~'100%'", "C"),
        ("name~'1_0%'", ""),
        ("metadata['tier']:'gold'", "A"),
        ("-metadata['tier']:'gold'", "CB"),
        ("-metadata['tier']:null", "BA"),
        ("email:null", "CB"),
        ("phone:'+4930123456' OR metadata['tier']:'gold'", "BA"),
        ("name~'rao' AND email:null", "C"),
        ("name~'rao' email:null", "C"),
        ("created>1", "CBA"),
        ("created<=1", ""),
        ("email:'x'' OR 1=1'", None),
        ("metadata['x'']:'1'", None),
    ],
)
def test_a_query_finds_what_it_asks_for(three: stripe.StripeClient, query: str, found: str | None) -> None:
    if found is None:
        with pytest.raises(stripe.InvalidRequestError):
            customers(three, query)
    else:
        assert "".join(str(name)[0] for name in customers(three, query)) == found


def test_pages_follow_each_other(three: stripe.StripeClient) -> None:
    first: Any = three.v1.customers.search({"query": "created>1", "limit": 2})
    assert (first.object, first.has_more, first.url) == ("search_result", True, "/v1/customers/search")
    second: Any = three.v1.customers.search({"query": "created>1", "limit": 2, "page": first.next_page})
    assert [str(row.name)[0] for row in [*first.data, *second.data]] == ["C", "B", "A"]
    assert (second.has_more, second.next_page) == (False, None)
    for page in ("nonsense", "é", "cGlfMQ"):
        with pytest.raises(stripe.InvalidRequestError, match="Invalid page"):
            three.v1.customers.search({"query": "created>1", "page": page})


def test_nobody_finds_what_is_anothers_or_gone(three: stripe.StripeClient, app: Flask) -> None:
    other = stripe_client(app, create_merchant(app)[1])
    assert not customers(other, "name~'rao'")
    (gone,) = three.v1.customers.search({"query": "email~'asha'"}).data
    three.v1.customers.delete(gone.id)
    assert not customers(three, "email~'asha'")


@pytest.mark.parametrize(
    "query",
    [
        "", "   ", "email", "email:", "nothing:'x'", "email>'5'", "name~'ab'", "created:'soon'", "AND",
        "created>1 AND", "created>1 AND created<5 OR created:3", " AND ".join(["created>1"] * 11),
        "created>99999999999999999999", "email:'" + "x" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused(sdk: stripe.StripeClient, query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        customers(sdk, query)
    assert refused.value.param == "query"


def test_payments_and_the_catalog_are_searched_too(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Rose", "description": "Red", "shippable": True})
    price = sdk.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 500, "lookup_key": "rose"}
    )
    given: Any = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    paid = sdk.v1.payment_intents.create({**given, "metadata": {"order": "6735"}})  # type: ignore[typeddict-item]
    sdk.v1.payment_intents.create({"amount": 900, "currency": "usd"})
    sdk.v1.charges.create({"amount": 700, "currency": "usd", "source": "tok_visa"})
    found = sdk.v1.payment_intents.search
    assert [row.id for row in found({"query": "status:'succeeded' AND metadata['order']:'6735'"}).data] == [
        paid.id
    ]
    assert [row.amount for row in found({"query": "amount<=2000"}).data] == [900, 2000]
    charged = sdk.v1.charges.search({"query": "payment_method_details.card.last4:4242 amount>1000"}).data
    assert [row.id for row in charged] == [paid.latest_charge]
    assert len(sdk.v1.charges.search({"query": "disputed:'false'"}).data) == 2
    assert [row.id for row in sdk.v1.products.search({"query": "shippable:'true'"}).data] == [product.id]
    assert [row.id for row in sdk.v1.prices.search({"query": "lookup_key:'rose' active:'true'"}).data] == [
        price.id
    ]
    expanded = sdk.v1.prices.search({"query": f"product:'{product.id}'", "expand": ["data.product"]}).data
    assert isinstance(expanded[0].product, stripe.Product)
