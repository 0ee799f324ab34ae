"""An event is sent again on request, every attempt can be read, and lists tell what has not arrived."""

from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import select

from kit.database import db
from payments.errors import InvalidRequest, NotFound
from payments.events import Event
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client
from tests.webhooks.conftest import Door, create_endpoint, create_events, drain
from webhooks import attempts, claims, outbox, resend
from webhooks.attempts import Result
from webhooks.claims import Shares
from webhooks.outbox import SUCCEEDED, Delivery
from webhooks.webhook_endpoints import WebhookEndpoint

URL = "https://shop.test/"
DAY = 24 * 3600
SHARES = Shares(endpoint=1, stranger=1, account=1)


@pytest.fixture
def inside(house: Flask, merchant: object) -> Any:
    assert merchant
    with house.app_context():
        yield house


def pending(event_id: str) -> int:
    return Event.find(event_id).pending_webhooks


@pytest.mark.usefixtures("inside")
def test_an_event_that_has_arrived_arrives_again(door: Door) -> None:
    endpoint_id, _ = create_endpoint(URL)
    (event_id,) = create_events()
    drain()
    assert resend.again(Event.find(event_id), {"webhook_endpoint": endpoint_id}).pending_webhooks == 1
    drain()
    assert door.ids() == [event_id, event_id]
    assert pending(event_id) == 0
    assert len(db.session.scalars(select(Delivery)).all()) == 1


@pytest.mark.usefixtures("inside")
def test_an_event_that_was_given_up_gets_the_whole_schedule_again(door: Door) -> None:
    endpoint_id, _ = create_endpoint(URL)
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        (event_id,) = create_events()
        door.answer = lambda _: 500
        for _ in range(10):
            drain()
            traveller.shift(3600)
        assert db.session.scalars(select(Delivery)).one().status == "failed"
        assert pending(event_id) == 1
        resend.again(Event.find(event_id), {"webhook_endpoint": endpoint_id})
        drain()
        traveller.shift(3600)
        door.answer = lambda _: 200
        drain()
        assert pending(event_id) == 0
        assert db.session.scalars(select(Delivery)).one().status == "succeeded"


@pytest.mark.usefixtures("inside")
def test_an_endpoint_that_came_later_is_sent_an_event_of_before(door: Door) -> None:
    (event_id,) = create_events()
    create_endpoint(URL)
    create_endpoint("https://other.test/", "customer.deleted")
    drain()
    assert door.received == []
    resend.again(Event.find(event_id), {})
    drain()
    assert [one.path for one in door.received] == [URL]
    assert pending(event_id) == 0


@pytest.mark.usefixtures("inside", "idle")
def test_whoever_was_sending_it_when_it_was_opened_again_does_not_say_how_that_went() -> None:
    endpoint_id, _ = create_endpoint(URL)
    (event_id,) = create_events()
    (claim,) = claims.claim(1, SHARES)
    resend.again(Event.find(event_id), {"webhook_endpoint": endpoint_id})
    attempts.record([Result(claim, SUCCEEDED, None, 1, None)])
    assert pending(event_id) == 1
    (newer,) = claims.claim(1, SHARES)
    attempts.record([Result(newer, SUCCEEDED, None, 1, None)])
    assert Event.find(event_id).reread().pending_webhooks == 0


@pytest.mark.usefixtures("inside", "idle")
def test_a_disabled_a_foreign_and_an_absent_endpoint_are_refused() -> None:
    endpoint_id, _ = create_endpoint(URL)
    (event_id,) = create_events()
    WebhookEndpoint.find(endpoint_id).update({"disabled": True})
    with pytest.raises(InvalidRequest, match="is disabled"):
        resend.again(Event.find(event_id), {"webhook_endpoint": endpoint_id})
    with pytest.raises(NotFound) as refused:
        resend.again(Event.find(event_id), {"webhook_endpoint": "we_none"})
    assert refused.value.param == "webhook_endpoint"
    with pytest.raises(InvalidRequest) as other:
        resend.again(Event.find(event_id), {"account": "acct_other"})
    assert other.value.param == "account"


@pytest.mark.usefixtures("inside")
def test_the_cli_s_listeners_are_told_and_no_endpoint(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    monkeypatch.setattr(resend, "to_listeners", [heard.append])
    create_endpoint(URL)
    (event_id,) = create_events()
    drain()
    resend.again(Event.find(event_id), {"for_stripecli": True})
    drain()
    assert [event.id for event in heard] == [event_id]
    assert len(door.received) == 1


# ---- over the wire


@pytest.fixture
def shop(app: Flask) -> stripe.StripeClient:
    return stripe_client(app, create_merchant(app)[1])


def listed(shop: stripe.StripeClient, path: str, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = shop.raw_request("get", path, **params).data
    return answer


def test_the_cli_s_request_is_understood(app: Flask, shop: stripe.StripeClient) -> None:
    endpoint = shop.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["product.created"]})
    shop.v1.customers.create()
    (event,) = shop.v1.events.list().data
    assert event.pending_webhooks == 0
    answer = shop.raw_request("post", f"/v1/events/{event.id}/retry", webhook_endpoint=endpoint.id).data
    assert (answer["id"], answer["object"], answer["pending_webhooks"]) == (event.id, "event", 1)
    other = stripe_client(app, create_merchant(app)[1])
    with pytest.raises(stripe.InvalidRequestError) as refused:
        other.raw_request("post", f"/v1/events/{event.id}/retry")
    assert refused.value.http_status == 404


def test_lists_of_events_tell_what_has_arrived_from_what_has_not(shop: stripe.StripeClient) -> None:
    shop.v1.customers.create()
    shop.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["customer.created"]})
    shop.v1.customers.create()
    shop.v1.products.create({"name": "Rose"})
    missing = shop.v1.events.list({"delivery_success": False}).data
    arrived = shop.v1.events.list({"delivery_success": True}).data
    assert [event.type for event in missing] == ["customer.created"]
    assert [event.type for event in arrived] == ["product.created", "customer.created"]
    assert missing[0].id not in [event.id for event in arrived]


def test_events_older_than_thirty_days_are_neither_listed_nor_found(shop: stripe.StripeClient) -> None:
    shop.v1.customers.create()
    (event,) = shop.v1.events.list().data
    with time_machine.travel(event.created + 30 * DAY - 1, tick=False):
        assert [one.id for one in shop.v1.events.list().data] == [event.id]
    with time_machine.travel(event.created + 30 * DAY, tick=False):
        assert shop.v1.events.list().data == []
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.v1.events.retrieve(event.id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_every_attempt_can_be_read_page_by_page(app: Flask, shop: stripe.StripeClient) -> None:
    endpoint = shop.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["customer.created"]})
    shop.v1.customers.create()
    (event,) = shop.v1.events.list().data
    with app.app_context():
        row = db.session.scalars(select(Delivery).where(Delivery.event_id == event.id)).one()
        for number, status in enumerate((500, 404, 200)):
            claim = outbox.Claim(
                row.id, event.id, endpoint.id, row.account_id, livemode=False, attempts=number, fence=99
            )
            fact = attempts.Attempt(
                1_800_000_000 + number, URL, {"webhook-id": event.id}, 1, response_status=status,
                response_headers={"server": "shop"}, response_body="ok", elapsed_ms=7,
                reason=None if status == 200 else "status",
            )  # fmt: skip
            attempts.record([Result(claim, "pending", None, number + 1, fact)])
        db.session.rollback()
    path = f"/v1/webhook_endpoints/{endpoint.id}/attempts"
    first = listed(shop, path, limit=2)
    assert (first["object"], first["has_more"], first["url"]) == ("list", True, path)
    newest = first["data"][0]
    assert (newest["object"], newest["number"], newest["delivered"], newest["elapsed_ms"]) == (
        "webhook_attempt", 3, True, 7,
    )  # fmt: skip
    assert newest["response"] == {
        "status": 200, "headers": {"server": "shop"}, "body": "ok", "truncated": False,
    }  # fmt: skip
    second = listed(shop, path, limit=2, starting_after=first["data"][-1]["id"])
    assert ([one["response"]["status"] for one in second["data"]], second["has_more"]) == ([500], False)
    failed = listed(shop, f"/v1/events/{event.id}/attempts", delivered="false")
    assert [one["reason"] for one in failed["data"]] == ["status", "status"]
    other = stripe_client(app, create_merchant(app)[1])
    for hidden in (path, f"/v1/events/{event.id}/attempts"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            other.raw_request("get", hidden)
        assert refused.value.http_status == 404
