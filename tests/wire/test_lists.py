"""Lists: newest first, keyset cursors, filters by creation; the SDK's own paging walks them whole."""

from typing import Any

import pytest
import stripe
from flask import Flask

from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

Ids = list[str]


def create_customers(sdk: stripe.StripeClient, count: int) -> Ids:
    """Their ids, newest first."""
    return [sdk.v1.customers.create({"name": f"No. {number}"}).id for number in range(count)][::-1]


def ids(page: stripe.ListObject[Any]) -> Ids:
    return [item.id for item in page.data]


def test_an_empty_list_has_its_shape(api: Any) -> None:
    assert api("GET", "/v1/customers").json == {
        "object": "list", "data": [], "has_more": False, "url": "/v1/customers",
    }  # fmt: skip


def test_the_newest_come_first_ten_at_a_time(sdk: stripe.StripeClient) -> None:
    made = create_customers(sdk, 11)
    page = sdk.v1.customers.list()
    assert ids(page) == made[:10]
    assert page.has_more is True


def test_the_last_page_says_that_it_is_the_last(sdk: stripe.StripeClient) -> None:
    made = create_customers(sdk, 3)
    page = sdk.v1.customers.list({"limit": 2, "starting_after": made[0]})
    assert ids(page) == made[1:]
    assert page.has_more is False


def test_a_page_before_a_cursor_keeps_the_order(sdk: stripe.StripeClient) -> None:
    made = create_customers(sdk, 5)
    page = sdk.v1.customers.list({"limit": 2, "ending_before": made[4]})
    assert ids(page) == made[2:4]
    assert page.has_more is True
    assert ids(sdk.v1.customers.list({"limit": 5, "ending_before": made[4]})) == made[:4]


def test_the_sdk_walks_all_pages_forwards(sdk: stripe.StripeClient) -> None:
    made = create_customers(sdk, 7)
    assert [one.id for one in sdk.v1.customers.list({"limit": 3}).auto_paging_iter()] == made


def test_the_sdk_walks_all_pages_backwards(sdk: stripe.StripeClient) -> None:
    made = create_customers(sdk, 7)
    page = sdk.v1.customers.list({"limit": 3, "ending_before": made[-1]})
    assert [one.id for one in page.auto_paging_iter()] == made[:-1][::-1]


@pytest.mark.parametrize(
    "limit", ["0", "-1", "101", "99999999999999999999", "ten", "1.5", "", "\N{FULLWIDTH DIGIT FOUR}"]
)
def test_a_limit_out_of_bounds_is_refused(api: Any, limit: str) -> None:
    refused = api("GET", "/v1/customers", query_string={"limit": limit})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "limit"


@pytest.mark.parametrize("limit", [1, 100])
def test_the_bounds_of_the_limit_are_good(sdk: stripe.StripeClient, limit: int) -> None:
    create_customers(sdk, 1)
    assert len(sdk.v1.customers.list({"limit": limit}).data) == 1


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
@pytest.mark.parametrize("absent", ["cus_absent", "é", "prod_absent"])
def test_a_cursor_that_is_no_object_of_the_list_is_refused(api: Any, cursor: str, absent: str) -> None:
    refused = api("GET", "/v1/customers", query_string={cursor: absent})
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == "resource_missing"
    assert refused.json["error"]["param"] == cursor


def test_another_merchants_object_is_no_cursor(app: Flask, sdk: stripe.StripeClient) -> None:
    other = stripe_client(app, create_merchant(app, "Other")[1])
    theirs = other.v1.customers.create().id
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        sdk.v1.customers.list({"starting_after": theirs})


def test_both_cursors_at_once_are_refused(sdk: stripe.StripeClient) -> None:
    (made,) = create_customers(sdk, 1)
    with pytest.raises(stripe.InvalidRequestError, match="both starting_after and ending_before"):
        sdk.v1.customers.list({"starting_after": made, "ending_before": made})


def test_creation_times_narrow_a_list(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create()
    at = customer.created
    assert ids(sdk.v1.customers.list({"created": at})) == [customer.id]
    assert ids(sdk.v1.customers.list({"created": {"gte": at, "lte": at}})) == [customer.id]
    assert ids(sdk.v1.customers.list({"created": {"gt": at}})) == []
    assert ids(sdk.v1.customers.list({"created": {"lt": at}})) == []


def test_a_filter_narrows_each_page_and_not_the_cursor(sdk: stripe.StripeClient) -> None:
    wanted = [sdk.v1.customers.create({"email": "jenny@example.com"}).id for _ in range(3)][::-1]
    create_customers(sdk, 2)
    found = sdk.v1.customers.list({"email": "jenny@example.com", "limit": 1})
    assert [one.id for one in found.auto_paging_iter()] == wanted


def test_a_merchants_own_product_id_is_a_cursor(sdk: stripe.StripeClient) -> None:
    made = [sdk.v1.products.create({"name": name, "id": name}).id for name in ("c", "a", "b")][::-1]
    assert made == ["b", "a", "c"]
    assert [one.id for one in sdk.v1.products.list({"limit": 1}).auto_paging_iter()] == made


def test_an_unknown_filter_is_refused(api: Any) -> None:
    refused = api("GET", "/v1/customers", query_string={"colour": "red"})
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == "parameter_unknown"


def test_nothing_of_another_merchant_or_mode_is_listed(app: Flask, sdk: stripe.StripeClient) -> None:
    create_customers(sdk, 1)
    other = stripe_client(app, create_merchant(app, "Other")[1])
    assert ids(other.v1.customers.list()) == []
