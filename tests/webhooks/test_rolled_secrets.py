"""Two signatures on every delivery, Stripe's and Standard Webhooks', and two secrets while one is rolled."""

import time
from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from kit import database
from kit.signing import standard_headers
from payments.errors import InvalidRequest
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client
from tests.webhooks.conftest import Door, Received, Sink, create_endpoint, create_events, drain
from webhooks.webhook_endpoints import WebhookEndpoint


@pytest.fixture
def _inside(house: Flask) -> object:
    with house.app_context():
        yield


def verified_by_both(received: Received, secret: str) -> str:
    event = received.verified(secret)
    headers = {name.lower(): value for name, value in received.headers.items()}
    assert Webhook(secret).verify(received.body.decode(), headers)["id"] == event.id
    return str(event.id)


def refused_by_both(received: Received, secret: str) -> None:
    with pytest.raises(stripe.SignatureVerificationError):
        received.verified(secret)
    headers = {name.lower(): value for name, value in received.headers.items()}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(received.body.decode(), headers)


@pytest.mark.usefixtures("_inside", "merchant", "idle")
def test_one_request_is_verified_by_both_packages_with_the_same_secret(sink: Sink) -> None:
    _, secret = create_endpoint(sink.url)
    _, other = create_endpoint("https://elsewhere.test/", "customer.deleted")
    (event_id,) = create_events()
    drain()
    (received,) = sink.received
    assert verified_by_both(received, secret) == event_id
    assert received.headers["webhook-id"] == event_id
    refused_by_both(received, other)
    torn = Received(received.path, received.headers, received.body + b" ")
    refused_by_both(torn, secret)


@pytest.mark.usefixtures("_inside", "merchant")
def test_each_attempt_is_signed_anew_under_the_same_id(door: Door) -> None:
    _, secret = create_endpoint("https://shop.test/")
    door.answer = lambda _: 500 if len(door.received) == 1 else 200
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        (event_id,) = create_events()
        drain()
        traveller.shift(1000)
        drain()
        first, second = door.received
        assert verified_by_both(second, secret) == event_id
        with pytest.raises(WebhookVerificationError, match="old"):
            verified_by_both_at(first, secret)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == event_id
    assert first.headers["webhook-timestamp"] == "1800000000"


def verified_by_both_at(received: Received, secret: str) -> None:
    Webhook(secret).verify(received.body.decode(), received.headers)


@pytest.mark.usefixtures("_inside", "merchant")
def test_after_a_roll_both_secrets_verify_until_the_chosen_time_is_over(door: Door) -> None:
    endpoint_id, old = create_endpoint("https://shop.test/")
    now = int(time.time())
    with time_machine.travel(now, tick=False) as traveller:
        new = WebhookEndpoint.find(endpoint_id).roll_secret(expires_in_seconds=3600)
        database.commit()
        create_events()
        drain()
        for secret in (old, new):
            verified_by_both(door.received[0], secret)
        traveller.shift(3600)
        create_events()
        drain()
        verified_by_both(door.received[1], new)
        refused_by_both(door.received[1], old)


@pytest.mark.usefixtures("_inside", "merchant")
def test_a_leaked_secret_ends_at_once(door: Door) -> None:
    endpoint_id, leaked = create_endpoint("https://shop.test/")
    new = WebhookEndpoint.find(endpoint_id).roll_secret(expires_in_seconds=0)
    database.commit()
    create_events()
    drain()
    verified_by_both(door.received[0], new)
    refused_by_both(door.received[0], leaked)


def test_a_roll_by_api_tells_the_new_secret_once(app: Flask) -> None:
    client = stripe_client(app, create_merchant(app)[1])
    made = client.v1.webhook_endpoints.create({"url": "https://shop.test/", "enabled_events": ["*"]})
    path = f"/v1/webhook_endpoints/{made.id}/roll_secret"
    rolled: dict[str, Any] = client.raw_request("post", path, expires_in=60).data
    assert rolled["secret"].startswith("whsec_")
    assert rolled["secret"] != made.secret
    assert client.v1.webhook_endpoints.retrieve(made.id).secret is None
    with app.app_context():
        trail = client.raw_request("get", f"/payment/audit?object={made.id}").data
    assert "webhook_endpoint.secret_rolled" in [row["action"] for row in trail["data"]]


@pytest.mark.parametrize("seconds", [-1, 24 * 3600 + 1])
@pytest.mark.usefixtures("_inside", "merchant")
def test_an_old_secret_lives_for_a_day_at_most(seconds: int) -> None:
    endpoint_id, _ = create_endpoint("https://shop.test/")
    with pytest.raises(InvalidRequest) as refused:
        WebhookEndpoint.find(endpoint_id).roll_secret(expires_in_seconds=seconds)
    assert refused.value.param == "expires_in"


def test_a_secret_that_is_no_base64_signs_for_stripe_alone() -> None:
    assert standard_headers("evt_1", b"{}", ["whsec_not base64"], 1)["webhook-signature"] == ""
