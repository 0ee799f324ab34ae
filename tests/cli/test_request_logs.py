"""Request logs for `stripe logs tail`: of the requests that were asked for, and with no secret in them."""

import json
from typing import Any

import pytest
import stripe
from flask.testing import FlaskClient

from tests.cli.devices import Device, connected, open_session, told
from tests.support.desk import Shop
from webhooks.cli.log_filters import LogFilters


def tail(client: FlaskClient, shop: Shop, **filters: list[str]) -> dict[str, Any]:
    features = {"websocket_features[]": ["request_logs"], "filters": json.dumps(filters)}
    return open_session(client, shop.secret_key, **features)


def payload(device: Device) -> dict[str, Any]:
    frame = device.next()
    assert frame["type"] == "request_log_event"
    assert frame["request_log_id"]
    told: dict[str, Any] = json.loads(frame["event_payload"])
    return told


def _request_id(made: stripe.Customer) -> str:
    assert made.last_response is not None
    return str(made.last_response.request_id)


def test_each_request_is_told_with_its_status_and_error_and_nothing_that_was_sent(
    port: int, client: FlaskClient, shop: Shop, sdk: stripe.StripeClient
) -> None:
    session = tail(client, shop)
    assert session["websocket_authorized_feature"] == "request_logs"
    with connected(port, session) as device:
        made = sdk.v1.customers.create({"email": "jenny@example.com"})
        told = payload(device)
        assert told == {
            "created_at": told["created_at"],
            "livemode": False,
            "method": "POST",
            "request_id": _request_id(made),
            "status": 200,
            "url": "/v1/customers",
            "error": {},
        }
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.customers.retrieve("cus_absent")
        error = payload(device)["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", "resource_missing")


def test_no_log_holds_a_card_number_a_key_or_a_query(port: int, client: FlaskClient, shop: Shop) -> None:
    number = "4242424242424242"
    headers = {"Authorization": f"Bearer {shop.secret_key}"}
    with connected(port, tail(client, shop)) as device:
        client.get(f"/v1/customers/{number}", headers=headers)
        client.get(f"/v1/customers?email={number}", headers=headers)
        client.post("/v1/customers", data={"metadata[card]": number, number: "1"}, headers=headers)
        told = json.dumps([payload(device) for _ in range(3)])
    assert number not in told
    assert shop.secret_key not in told
    assert "email" not in told


def test_only_what_passes_all_filters_is_told(
    port: int, client: FlaskClient, shop: Shop, sdk: stripe.StripeClient
) -> None:
    session = tail(client, shop, filter_http_method=["post"], filter_status_code_type=["4XX"])
    with connected(port, session) as device:
        sdk.v1.customers.list()
        sdk.v1.customers.create({})
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.customers.create({"email": "no address"})
        assert payload(device)["status"] == 400
        assert device.is_quiet()


def test_what_the_cli_asks_for_itself_is_not_told_and_logs_are_sent_once(
    port: int, client: FlaskClient, shop: Shop, sdk: stripe.StripeClient
) -> None:
    session = tail(client, shop)
    with connected(port, session) as device:
        open_session(client, shop.secret_key)
        sdk.v1.customers.list()
        assert payload(device)["url"] == "/v1/customers"
    with connected(port, session) as device:
        assert device.is_quiet()


def test_a_connect_account_cannot_be_filtered_by_and_the_cli_is_told_so(
    client: FlaskClient, shop: Shop
) -> None:
    assert tail(client, shop, filter_account=["connect_in"])["display_connect_filter_warning"] is True


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({"filter_ip_address": ["198.51.100.7"]}, True),
        ({"filter_ip_address": ["198.51.100.8"]}, False),
        ({"filter_request_path": ["/v1/charges"]}, True),
        ({"filter_request_path": ["/v1/refunds", "/v1/customers"]}, False),
        ({"filter_request_status": ["FAILED"]}, True),
        ({"filter_request_status": ["SUCCEEDED"]}, False),
        ({"filter_source": ["API"]}, True),
        ({"filter_source": ["DASHBOARD"]}, False),
        ({"filter_status_code": ["402", "200"]}, True),
        ({"filter_status_code": ["200"]}, False),
        ({"filter_status_code_type": ["400"]}, True),  # what the CLI makes of 4XX
        ({"filter_status_code_type": ["200", "500"]}, False),
        ({"filter_account": ["connect_in"]}, True),
        ({"filter_of_tomorrow": ["x"]}, True),
        ({}, True),
    ],
)
def test_filters_of_the_cli(filters: dict[str, list[str]], passes: bool) -> None:
    read = LogFilters.read(json.dumps(filters))
    assert read.let_pass(method="POST", path="/v1/charges", status=402, address="198.51.100.7") is passes


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "{", '"x"', '{"filter_http_method": [{}]}', '{"filter_source": [null]}'),
        '{"filter_source": ["\\u0000"]}',
    ],
)
def test_filters_that_are_none_are_refused(client: FlaskClient, shop: Shop, text: str) -> None:
    form = {"device_name": "laptop", "websocket_features[]": ["request_logs"], "filters": text}
    headers = {"Authorization": f"Bearer {shop.secret_key}"}
    answer = client.post("/v1/stripecli/sessions", data=form, headers=headers)
    assert answer.status_code == 400
    assert told(answer)["error"]["param"] == "filters"
