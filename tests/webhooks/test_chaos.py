"""Chaos on request: twice, late, out of order or after lost attempts; alike for a seed, never in live."""

import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import select

from kit import database
from kit.database import db
from payments.events import Event
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client
from tests.webhooks.conftest import Door, create_endpoint, create_events, drain
from webhooks import chaos
from webhooks.attempts import DeliveryAttempt
from webhooks.outbox import Delivery
from webhooks.schedule import TEST_DELAYS_SECONDS
from webhooks.webhook_endpoints import WebhookEndpoint

START = 1_800_000_000


@pytest.fixture
def _inside(house: Flask) -> object:
    with house.app_context():
        yield


def begin(**settings: int) -> str:
    endpoint_id, _ = create_endpoint("https://shop.test/")
    WebhookEndpoint.find(endpoint_id).set_chaos(settings)
    database.commit()
    return endpoint_id


def delays(endpoint_id: str) -> list[int]:
    query = select(Delivery).where(Delivery.endpoint_id == endpoint_id).order_by(Delivery.id)
    return [(row.due_at or 0) - row.created for row in db.session.scalars(query)]


@pytest.mark.usefixtures("_inside", "merchant", "idle")
def test_the_same_seed_brings_the_same_fates_and_another_one_others() -> None:
    first, again, other = (
        begin(seed=seed, duplicate_percent=40, reorder_percent=40, delay_seconds=2) for seed in (7, 7, 8)
    )
    create_events(20)
    assert delays(first) == delays(again)
    assert delays(first) != delays(other)
    assert len(delays(first)) > 20  # some come twice
    assert min(delays(first)) == 2
    assert len(set(delays(first))) > 2


@pytest.mark.usefixtures("_inside", "merchant")
def test_duplicates_come_twice_and_late_ones_after_younger_ones(door: Door) -> None:
    begin(seed=1, duplicate_percent=100, reorder_percent=50)
    with time_machine.travel(START, tick=False) as traveller:
        made = create_events(8)
        assert pending_of(made[0]) == 2
        for _ in range(2 * max(chaos.HELD_BACK_SECONDS) + 1):
            drain()
            traveller.shift(1)
    came = door.ids()
    assert sorted(came) == sorted(made * 2)
    firsts = list(dict.fromkeys(came))
    assert sorted(firsts) == made
    assert firsts != made
    assert pending_of(made[0]) == 0


def pending_of(event_id: str) -> int:
    db.session.rollback()
    return db.session.scalars(select(Event.pending_webhooks).where(Event.id == event_id)).one()


@pytest.mark.usefixtures("_inside", "merchant")
def test_the_first_attempts_are_lost_and_the_event_arrives_all_the_same(door: Door) -> None:
    begin(drop_first=len(TEST_DELAYS_SECONDS))
    with time_machine.travel(START, tick=False) as traveller:
        (event_id,) = create_events()
        for delay in TEST_DELAYS_SECONDS:
            drain()
            assert door.received == []
            traveller.shift(delay)
        drain()
    assert door.ids() == [event_id]
    reasons = [one.reason for one in db.session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.id))]
    assert reasons == ["chaos"] * len(TEST_DELAYS_SECONDS) + [None]


@pytest.mark.usefixtures("_inside", "merchant")
def test_without_chaos_everything_comes_once_and_at_once(door: Door) -> None:
    endpoint_id = begin(duplicate_percent=100, delay_seconds=9)
    WebhookEndpoint.find(endpoint_id).set_chaos(None)
    database.commit()
    made = create_events(3)
    assert delays(endpoint_id) == [0, 0, 0]
    drain()
    assert sorted(door.ids()) == made


def test_chaos_is_set_read_and_ended_by_api(app: Flask) -> None:
    shop = stripe_client(app, create_merchant(app)[1])
    made = shop.v1.webhook_endpoints.create({"url": "https://shop.test/", "enabled_events": ["*"]})
    path = f"/v1/webhook_endpoints/{made.id}/chaos"
    told = {
        "object": "webhook_chaos", "webhook_endpoint": made.id, "active": True, "seed": 3,
        "duplicate_percent": 10, "reorder_percent": 0, "delay_seconds": 0, "drop_first": 0,
    }  # fmt: skip
    assert shop.raw_request("post", path, seed=3, duplicate_percent=10).data == told
    assert shop.raw_request("get", path).data == told
    ended = {"object": "webhook_chaos", "webhook_endpoint": made.id, "active": False}
    assert shop.raw_request("delete", path).data == ended
    for name, value in (("drop_first", 6), ("duplicate_percent", 101), ("delay_seconds", -1)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.raw_request("post", path, **{name: value})
        assert refused.value.param == name


def test_live_webhooks_are_not_tampered_with(app: Flask) -> None:
    live = stripe_client(app, create_merchant(app, livemode=True)[1])
    made = live.v1.webhook_endpoints.create({"url": "https://shop.test/", "enabled_events": ["*"]})
    with pytest.raises(stripe.InvalidRequestError, match="test mode"):
        live.raw_request("post", f"/v1/webhook_endpoints/{made.id}/chaos", drop_first=1)
