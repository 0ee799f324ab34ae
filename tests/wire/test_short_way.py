"""An operation is answered in the same words past Flask's own way as on it; all else goes Flask's way."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from merchant_api.crud import View
from merchant_api.operations import Operation
from merchant_api.short_way import Operations
from merchant_api.simple import STATUS
from tests.wire.conftest import Api

SAID_BY_BOTH = (
    "Content-Type",
    "Stripe-Version",
    "WWW-Authenticate",
    "Stripe-Should-Retry",
    "Idempotency-Key",
)


def view(method: Any, path: str) -> View:
    return View(Operation(method, path, STATUS, "transaction", "retrieve", "Any"), lambda: None)


def test_a_plain_segment_goes_before_an_argument() -> None:
    operations = Operations()
    named, search = view("GET", "/v1/things/{id}"), view("GET", "/v1/things/search")
    operations.add("/v1/things/<id>", named)
    operations.add("/v1/things/search", search)
    assert operations.find("GET", "/v1/things/search") == (search, {})
    assert operations.find("GET", "/v1/things/th_1") == (named, {"id": "th_1"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/things/th_1"),
        ("HEAD", "/v1/things/th_1"),
        ("GET", "/v1/things/"),
        ("GET", "/v1/things"),
        ("GET", "//v1/things/th_1"),
        ("GET", "/v1/things/th_1/"),
        ("GET", "/v1/things/th_1/more"),
        ("GET", "/v1/things/th\u00e9"),
    ],
)
def test_what_is_not_exactly_an_operation_is_left_to_flask(method: str, path: str) -> None:
    operations = Operations()
    operations.add("/v1/things/<id>", view("GET", "/v1/things/{id}"))
    assert operations.find(method, path) is None


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/v1/customers", {"data": {"email": "jenny@example.com"}}),
        (
            "POST",
            "/v1/customers",
            {"data": {"email": ""}, "headers": {"Authorization": "Bearer sk_test_wrong"}},
        ),
        ("POST", "/v1/payment_intents", {"data": {"currency": "usd"}}),
        ("GET", "/v1/customers/cus_absent", {}),
        ("GET", "/v1/customers?limit=1", {}),
    ],
)
def test_both_ways_say_the_same(
    client: FlaskClient, api: Api, method: str, path: str, given: dict[str, Any]
) -> None:
    short = api(method, path, **given)
    with client:  # which keeps the request's context, so that the request has to have one
        long = api(method, path, **given)
    assert long.status == short.status
    assert [long.headers.get(name) for name in SAID_BY_BOTH] == [
        short.headers.get(name) for name in SAID_BY_BOTH
    ]
    assert long.content_length == len(long.data)
    assert short.content_length == len(short.data)
    assert sorted(long.get_json()) == sorted(short.get_json())
