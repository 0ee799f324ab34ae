"""Delivery: signed as Stripe signs, kept attempt by attempt, tried again until it arrives or is given up."""

import threading
import time

import orjson
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from kit import database, jobs
from kit.database import db
from payments import vault
from payments.audit import AuditRow
from payments.customers.customers import Customer
from payments.events import Event
from tests.webhooks.conftest import WAIT_SECONDS, Sink, create_endpoint
from webhooks import claims, delivery
from webhooks import jobs as webhook_jobs
from webhooks.attempts import DeliveryAttempt
from webhooks.outbox import Delivery
from webhooks.schedule import TEST_DELAYS_SECONDS
from webhooks.webhook_endpoints import WebhookEndpoint, _purpose

pytestmark = pytest.mark.usefixtures("idle", "merchant")


@pytest.fixture
def _inside(house: Flask) -> object:
    with house.app_context():
        yield


def create_event(name: str = "Jenny") -> str:
    Customer.create({"name": name})
    database.commit()
    event_id = db.session.scalars(select(Event.id).order_by(Event.id.desc()).limit(1)).one()
    database.rollback()
    return event_id


def drain() -> None:
    webhook_jobs.drain()
    database.rollback()


def the_delivery() -> Delivery:
    database.rollback()
    return db.session.scalars(select(Delivery)).one()


def all_attempts() -> list[DeliveryAttempt]:
    database.rollback()
    return list(db.session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.id)))


@pytest.mark.usefixtures("_inside")
def test_what_arrives_is_the_event_s_json_and_the_official_library_verifies_it(sink: Sink) -> None:
    _, secret = create_endpoint(sink.url + "/hook")
    event_id = create_event("Zoë")
    as_read = orjson.dumps(Event.find(event_id).as_stripe())
    drain()
    (received,) = sink.received
    assert received.body == as_read
    assert received.path == "/hook"
    assert received.headers["Content-Type"] == "application/json; charset=utf-8"
    event = received.verified(secret)
    assert (event.id, event.type, event.data.object["name"]) == (event_id, "customer.created", "Zoë")
    assert event.pending_webhooks == 1
    assert Event.find(event_id).pending_webhooks == 0


@pytest.mark.usefixtures("_inside")
def test_each_attempt_is_kept_with_its_request_and_response(sink: Sink) -> None:
    sink.answers = [(500, b"no\0pe \xff"), (200, b"x" * 70_000)]
    sink.headers = {"X-Shop": "yes"}
    endpoint_id, _ = create_endpoint(sink.url)
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        event_id = create_event()
        drain()
        traveller.shift(60)
        drain()
    failed, succeeded = all_attempts()
    assert (failed.number, failed.response_status, failed.reason) == (1, 500, "status")
    assert failed.response_body == "no\ufffdpe \ufffd"
    assert (failed.response_headers or {})["x-shop"] == "yes"
    assert failed.request_headers["Stripe-Signature"].startswith("t=1800000000,v1=")
    assert (failed.url, failed.event_id, failed.endpoint_id) == (sink.url, event_id, endpoint_id)
    assert (failed.created, failed.pending_webhooks, failed.truncated) == (1_800_000_000, 1, False)
    assert (succeeded.number, succeeded.response_status, succeeded.reason) == (2, 200, None)
    assert (len(succeeded.response_body or ""), succeeded.truncated) == (64 * 1024, True)
    assert (the_delivery().status, the_delivery().attempts, the_delivery().due_at) == ("succeeded", 2, None)


@pytest.mark.usefixtures("_inside")
def test_an_endpoint_whose_secret_cannot_be_opened_keeps_no_other_waiting(sink: Sink) -> None:
    locked_id, _ = create_endpoint(sink.url + "/locked")
    _, secret = create_endpoint(sink.url + "/hook")
    locked = WebhookEndpoint.find(locked_id)
    locked.secret = locked.secret | {"v": 2}  # a master key that this house does not have
    database.commit()
    create_event()
    drain()
    (received,) = sink.received
    assert received.path == "/hook"
    assert received.verified(secret).type == "customer.created"
    database.rollback()
    waiting = db.session.scalars(select(Delivery).where(Delivery.endpoint_id == locked_id)).one()
    assert (waiting.status, waiting.attempts) == ("pending", 0)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 429, 500, 503])
@pytest.mark.usefixtures("_inside")
def test_any_answer_but_success_is_tried_again(sink: Sink, status: int) -> None:
    sink.answers = [(status, b"")]
    sink.headers = {"Location": sink.url + "/elsewhere"}
    create_endpoint(sink.url + "/hook")
    create_event()
    drain()
    waiting = the_delivery()
    assert (waiting.status, waiting.attempts) == ("pending", 1)
    assert waiting.due_at is not None
    assert 1 <= waiting.due_at - all_attempts()[0].created <= TEST_DELAYS_SECONDS[0]
    assert [one.path for one in sink.received] == ["/hook"]


@pytest.mark.usefixtures("_inside")
def test_no_answer_is_tried_again_and_its_reason_kept(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "DEADLINE_SECONDS", 0.3)
    sink.holes = {"/hole"}
    create_endpoint(sink.url + "/hole")
    create_endpoint("http://127.0.0.1:9/")
    create_event()
    drain()
    assert {(one.reason, one.response_status) for one in all_attempts()} == {
        ("timeout", None),
        ("refused", None),
    }


@pytest.mark.usefixtures("_inside")
def test_an_event_that_never_arrives_is_given_up_at_the_schedule_s_end(sink: Sink) -> None:
    sink.answers = [(500, b"")]
    create_endpoint(sink.url)
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        event_id = create_event()
        for _ in range(20):
            drain()
            due_at = the_delivery().due_at
            if due_at is None:
                break
            traveller.move_to(due_at)
        assert time.time() - 1_800_000_000 <= sum(TEST_DELAYS_SECONDS)
    assert len(sink.received) == len(TEST_DELAYS_SECONDS) + 1
    assert (the_delivery().status, the_delivery().attempts) == ("failed", len(TEST_DELAYS_SECONDS) + 1)
    assert Event.find(event_id).pending_webhooks == 1
    signatures = {received.headers["Stripe-Signature"] for received in sink.received}
    assert len(signatures) == len(sink.received)


@pytest.mark.usefixtures("_inside")
def test_410_disables_the_endpoint_and_nothing_more_is_sent_to_it(sink: Sink) -> None:
    sink.answers = [(410, b"")]
    endpoint_id, _ = create_endpoint(sink.url)
    create_event()
    drain()
    assert WebhookEndpoint.find(endpoint_id).status == "disabled"
    assert the_delivery().status == "failed"
    told = db.session.scalars(select(AuditRow).where(AuditRow.action == "webhook_endpoint.disabled")).one()
    assert (told.actor, told.object_id) == ("system", endpoint_id)
    create_event()
    drain()
    assert len(sink.received) == 1


@pytest.mark.parametrize("change", ["disabled", "deleted"])
@pytest.mark.usefixtures("_inside")
def test_what_waits_for_an_endpoint_that_is_switched_off_is_not_sent(sink: Sink, change: str) -> None:
    endpoint_id, _ = create_endpoint(sink.url)
    create_event()
    endpoint = WebhookEndpoint.find(endpoint_id)
    if change == "disabled":
        endpoint.update({"disabled": True})
    else:
        endpoint.delete()
    database.commit()
    drain()
    assert sink.received == []
    assert (the_delivery().status, the_delivery().due_at) == ("canceled", None)


@pytest.mark.usefixtures("_inside")
def test_after_a_roll_both_secrets_verify_until_the_old_one_expires(sink: Sink) -> None:
    endpoint_id, secret = create_endpoint(sink.url)
    now = int(time.time())
    endpoint = WebhookEndpoint.find(endpoint_id)
    endpoint.previous_secret = vault.seal("whsec_before", purpose=_purpose(endpoint_id))
    endpoint.previous_secret_expires_at = now + 60
    database.commit()
    create_event()
    drain()
    for known in (secret, "whsec_before"):
        sink.received[0].verified(known)
    with time_machine.travel(now + 61, tick=False):
        create_event()
        drain()
        sink.received[1].verified(secret)
    assert sink.received[1].headers["Stripe-Signature"].count("v1=") == 1


@pytest.mark.usefixtures("_inside")
def test_every_event_arrives_when_there_are_more_than_one_claim_takes(sink: Sink) -> None:
    _, secret = create_endpoint(sink.url)
    for _ in range(6):
        for _ in range(50):
            Customer.create({})
        database.commit()
    drain()
    assert len({received.verified(secret).id for received in sink.received}) == 300
    assert len(sink.received) == 300
    assert {one.pending_webhooks for one in db.session.scalars(select(Event))} == {0}


def test_stopping_breaks_an_attempt_off_keeps_it_and_tries_again_later(
    house: Flask, idle: jobs.Jobs, sink: Sink
) -> None:
    sink.holes = {"/hole"}
    with house.app_context():
        create_endpoint(sink.url + "/hole")
        create_event()

    def drain_in_context() -> None:
        with house.app_context():
            drain()

    jobs.use(idle)
    draining = threading.Thread(target=drain_in_context)
    draining.start()
    sink.wait_for(1)
    idle.stop()
    draining.join(20)
    jobs.use(None)
    assert not draining.is_alive()
    with house.app_context():
        assert [one.reason for one in all_attempts()] == ["stopped"]
        assert (the_delivery().status, the_delivery().attempts) == ("pending", 0)


@pytest.mark.usefixtures("_inside")
def test_an_attempt_that_we_fail_to_make_is_a_failed_attempt_and_holds_up_nothing(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(delivery, "signature_header", broken)
    create_endpoint(sink.url)
    create_event()
    drain()
    assert "could not be attempted" in caplog.text
    assert [one.reason for one in all_attempts()] == ["unreachable"]
    assert the_delivery().status == "pending"


def test_a_delivery_that_is_claimed_again_while_it_is_under_way_holds_no_place_for_ever(
    house: Flask, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a machine has slept: the lease has ended, and the first attempt is still waiting."""
    monkeypatch.setattr(claims, "LEASE_SECONDS", 0)

    def drained() -> None:
        with house.app_context():
            webhook_jobs.drain()

    with house.app_context():
        create_endpoint(sink.url + "/hook")
        create_event()
        sink.holes.add("/hook")
        courier = threading.Thread(target=drained, daemon=True)
        courier.start()
        sink.wait_for(1)
        sink.holes.clear()
        sink.wait_for(2)
        while the_delivery().status != "succeeded":
            time.sleep(0.01)
        sink.released.set()
        courier.join(WAIT_SECONDS)
        assert not courier.is_alive()
        assert sorted(str(attempt.reason) for attempt in all_attempts()) == ["None", "dropped"]
        assert (the_delivery().status, the_delivery().attempts) == ("succeeded", 1)
