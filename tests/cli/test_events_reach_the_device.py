"""Events reach the devices that listen: signed, at least once, and never anybody else's."""

import json
from typing import Any

import pytest
import standardwebhooks
import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from kit.database import db
from tests.cli.devices import Device, Session, connected, open_session
from tests.support.desk import Shop, open_shop
from tests.support.processes import wait_until
from tests.support.stripe_client import stripe_client
from webhooks.attempts import DeliveryAttempt
from webhooks.cli import connections, post
from webhooks.cli.messages import CliMessage
from webhooks.cli.sessions import CliSession, hash_id


def event_of(frame: dict[str, Any], session: Session) -> stripe.Event:
    """The frame's event, as the tester's own server reads it after checking the signature."""
    signature = frame["http_headers"]["Stripe-Signature"]
    event: stripe.Event = stripe.Webhook.construct_event(frame["event_payload"], signature, session["secret"])
    return event


def waiting(app: Flask, session: Session) -> int:
    """How many messages of a session nobody has acknowledged."""
    with app.app_context():
        row = CliSession
        mine = select(row.id).where(row.hashed == hash_id(session["websocket_id"])).scalar_subquery()
        query = select(func.count()).where(CliMessage.session_id == mine, CliMessage.acked_at.is_(None))
        return db.session.scalar(query) or 0


def test_a_session_answers_in_stripes_words(client: FlaskClient, shop: Shop) -> None:
    session = open_session(client, shop.secret_key, forward_to_url="localhost:4242/hook")
    assert session["websocket_id"].startswith("cliws_")
    assert session["websocket_url"].endswith(f"/subscribe/{shop.account_id}")
    assert session["websocket_authorized_feature"] == "webhooks"
    assert session["secret"].startswith("whsec_")
    assert session["reconnect_delay"] == 60
    assert session["default_version"] == session["latest_version"] == stripe.api_version
    assert session["display_connect_filter_warning"] is False
    assert session["device_token"]


def test_the_secret_is_the_same_for_an_account_and_device_and_no_other(
    app: Flask, client: FlaskClient, shop: Shop
) -> None:
    first, again = (open_session(client, shop.secret_key) for _ in range(2))
    assert first["secret"] == again["secret"]
    assert first["websocket_id"] != again["websocket_id"]
    other_device = open_session(client, shop.secret_key, device_name="desktop")
    other_account = open_session(client, open_shop(app).secret_key)
    assert len({first["secret"], other_device["secret"], other_account["secret"]}) == 3


def test_an_event_comes_as_the_exact_text_that_was_signed(
    port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as device:
        customer = sdk.v1.customers.create({"email": "jenny@example.com"})
        frame = device.next()
        assert frame["type"] == "webhook_event"
        assert frame["endpoint"] == {"api_version": None}
        event = event_of(frame, session)
        assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
        assert standardwebhooks.Webhook(session["secret"]).verify(
            frame["event_payload"], frame["http_headers"]
        )
        assert sdk.v1.events.retrieve(event.id).id == event.id
        device.ack(frame)
        assert device.is_quiet()


def test_what_was_not_acknowledged_comes_again_under_the_same_conversation(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as device:
        sdk.v1.customers.create({"name": "While connected"})
        lost = device.next()
    sdk.v1.customers.create({"name": "While away"})
    with connected(port, session) as device:
        first, second = device.next(), device.next()
        assert first["webhook_conversation_id"] == lost["webhook_conversation_id"]
        assert event_of(second, session).data.object["name"] == "While away"
        for frame in (first, second):
            device.ack(frame)
        wait_until(lambda: waiting(app, session) == 0, "both acknowledgements are written down")
    with connected(port, session) as device:
        assert device.is_quiet()


def test_each_device_of_the_account_gets_each_event_and_no_other_account_does(
    app: Flask, client: FlaskClient, port: int, shop: Shop, sdk: stripe.StripeClient
) -> None:
    mine = [open_session(client, shop.secret_key, device_name=name) for name in ("laptop", "desktop")]
    stranger = open_shop(app)
    foreign = open_session(client, stranger.secret_key)
    with (
        connected(port, mine[0]) as first,
        connected(port, mine[1]) as second,
        connected(port, foreign) as third,
    ):
        customer = sdk.v1.customers.create({})
        for device, session in ((first, mine[0]), (second, mine[1])):
            assert event_of(device.next(), session).data.object["id"] == customer.id
        assert third.is_quiet()
        theirs = stripe_client(app, stranger.secret_key).v1.customers.create({})
        assert event_of(third.next(), foreign).data.object["id"] == theirs.id


def test_the_answer_of_the_testers_server_is_kept_as_an_attempt(
    app: Flask, port: int, shop: Shop, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as device:
        sdk.v1.customers.create({})
        frame = device.next()
        device.ack(frame)
        device.reply(frame, 500, "out of order\0")
        device.reply(frame, 200)
        event_id = event_of(frame, session).id

        def attempts() -> list[DeliveryAttempt]:
            with app.app_context():
                query = select(DeliveryAttempt).where(DeliveryAttempt.event_id == event_id)
                return list(db.session.scalars(query.order_by(DeliveryAttempt.number)))

        wait_until(lambda: len(attempts()) == 2, "both answers are kept")
    first, second = attempts()
    assert (first.response_status, first.reason, first.response_body) == (500, "status", "out of order\ufffd")
    assert (second.response_status, second.reason, second.url) == (200, None, "http://localhost:4242/hook")
    assert first.request_headers["Stripe-Signature"] == frame["http_headers"]["Stripe-Signature"]
    assert "http://localhost:4242/hook" in shop.desk().open(f"/dashboard/events/{event_id}").text


def test_an_event_can_be_sent_again(port: int, session: Session, sdk: stripe.StripeClient) -> None:
    with connected(port, session) as device:
        sdk.v1.customers.create({})
        frame = device.next()
        device.ack(frame)
        event_id = event_of(frame, session).id
        sdk.raw_request("post", f"/v1/events/{event_id}/retry", for_stripecli=True)
        again = device.next()
        assert event_of(again, session).id == event_id
        assert again["webhook_conversation_id"] != frame["webhook_conversation_id"]


def test_the_official_cli_gets_the_latest_version_beside_the_default_one(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session, agent="Stripe/v1 stripe-cli/1.52.0") as device:
        sdk.v1.customers.create({})
        latest, default = device.next(), device.next()
        assert latest["endpoint"] == {"api_version": stripe.api_version}
        assert default["endpoint"] == {"api_version": None}
        assert event_of(latest, session).id == event_of(default, session).id
        device.ack(latest)
        device.ack(default)
        wait_until(lambda: waiting(app, session) == 0, "it is acknowledged")


def test_a_client_that_never_acknowledges_is_sent_no_more_than_its_window(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WINDOW", 3)
    with connected(port, session) as device:
        frames = _one_after_the_other(device, sdk, 3)
        sdk.v1.customers.create({})
        assert device.is_quiet()
        device.ack(frames[0])
        assert device.next()["type"] == "webhook_event"
        assert waiting(app, session) == 3


def _one_after_the_other(device: Device, sdk: stripe.StripeClient, count: int) -> list[dict[str, Any]]:
    frames = []
    for _ in range(count):
        sdk.v1.customers.create({})
        frames.append(device.next())
    return frames


def test_a_session_that_leaves_too_much_unacknowledged_ends_and_its_messages_go(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "MAXIMUM_WAITING", 2)
    with connected(port, session) as device:
        _one_after_the_other(device, sdk, 3)
    with app.app_context():
        post.sweep()
        gone = select(CliSession).where(CliSession.hashed == hash_id(session["websocket_id"]))
        assert db.session.scalar(gone) is None
    assert waiting(app, session) == 0


def test_a_message_is_forgotten_an_hour_after_its_acknowledgement(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as device:
        frame = _one_after_the_other(device, sdk, 1)[0]
        device.ack(frame)
        wait_until(lambda: waiting(app, session) == 0, "it is acknowledged")
    message_id = frame["webhook_conversation_id"]
    with app.app_context():
        post.sweep()
        assert db.session.get(CliMessage, message_id) is not None
        aged = update(CliMessage).where(CliMessage.id == message_id)
        db.session.execute(aged.values(acked_at=CliMessage.acked_at - post.ACKED_KEPT_SECONDS - 1))
        db.session.rollback()
        post.sweep()
        query = select(func.count()).where(CliMessage.id == message_id)
        assert db.session.scalar(query) == 0


def test_a_payload_keeps_its_snapshot_whatever_becomes_of_the_object(
    port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    customer = sdk.v1.customers.create({"name": "Before"})
    sdk.v1.customers.update(customer.id, {"name": "After"})
    with connected(port, session) as device:
        created, updated = device.next(), device.next()
        assert json.loads(created["event_payload"])["data"]["object"]["name"] == "Before"
        assert json.loads(updated["event_payload"])["data"]["previous_attributes"] == {"name": "Before"}
