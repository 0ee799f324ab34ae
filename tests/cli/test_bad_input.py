"""What no Stripe CLI sends: each a clear refusal, nothing lost, and the API is none the wiser."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from websockets.exceptions import ConnectionClosed, InvalidStatus

from kit.database import db
from launcher.places import LOOPBACK
from listener import allow_many_files
from payments.merchants import ApiKey
from tests.cli.devices import Session, connected, listening, open_session, told
from tests.support.desk import Shop, open_shop
from tests.support.processes import wait_until
from webhooks.attempts import DeliveryAttempt
from webhooks.cli import connections, sessions
from webhooks.cli import listener as cli_listener
from webhooks.cli.answers import KEPT_CHARS_OF_EVENT
from webhooks.cli.frames import KEPT_CHARS, MAXIMUM_ANSWERS, MAXIMUM_FRAME_BYTES
from webhooks.cli.listener import Limits
from webhooks.cli.sessions import CliSession, hash_id

UNKNOWN = {"error": {"message": "Unknown WebSocket ID."}}
MANY = 500
STRANGE = b"GET /subscribe/x?websocket_feature=webhooks HTTP/1.1\r\nWebsocket-Id: x\r\n\r\n"


def refusal(port: int, session: Session, **changed: str) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as refused, connected(port, session, **changed):
        pass
    response = refused.value.response
    return response.status_code, json.loads(response.body)


@pytest.mark.parametrize("websocket_id", ["cliws_" + "x" * 40, "x", "cliws_" + "é" * 40, "x" * 5000])
def test_an_unknown_id_is_refused(port: int, session: Session, websocket_id: str) -> None:
    status, told = refusal(port, session, websocket_id=websocket_id.encode("latin-1").decode("latin-1"))
    assert (status, told) == (404, UNKNOWN)


def test_an_expired_id_is_refused(app: Flask, port: int, session: Session) -> None:
    with app.app_context():
        mine = update(CliSession).where(CliSession.hashed == hash_id(session["websocket_id"]))
        db.session.execute(mine.values(expires_at=1))
    assert refusal(port, session) == (404, UNKNOWN)


@pytest.fixture
def watchful(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A listener that looks after its sessions many times a second."""
    monkeypatch.setattr(cli_listener, "KEEP_ALIVE_SECONDS", 0.1)
    with listening(app) as port:
        yield port


def test_a_session_ends_with_the_key_that_opened_it(app: Flask, watchful: int, session: Session) -> None:
    with connected(watchful, session) as device:
        with app.app_context():
            mine = select(CliSession.key_id).where(CliSession.hashed == hash_id(session["websocket_id"]))
            key = update(ApiKey).where(ApiKey.id == mine.scalar_subquery())
            db.session.execute(key.values(expires_at=1))
        with pytest.raises(ConnectionClosed):
            device.next()
    assert refusal(watchful, session) == (404, UNKNOWN)


def test_a_session_is_not_served_under_a_foreign_accounts_address(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    stranger = open_shop(app)
    assert refusal(port, session, account_id=stranger.account_id) == (404, UNKNOWN)
    with connected(port, session) as device:
        sdk.v1.customers.create({})
        assert device.next()["type"] == "webhook_event"


def test_an_unknown_feature_is_refused(port: int, session: Session) -> None:
    assert refusal(port, session, feature="everything")[0] == 404


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("x" * (MAXIMUM_FRAME_BYTES + 1), 1009),
        ("not JSON", 1008),
        ("[]", 1008),
        ('{"type": 7}', 1008),
        ('{"type": "webhook_response", "webhook_conversation_id": "ID"}', 1008),
        ('{"type": "open_sesame", "webhook_conversation_id": "ID"}', 1008),
        (b"\xff\xfe", 1008),
    ],
)
def test_a_frame_that_is_none_ends_the_connection_and_loses_nothing(
    port: int, session: Session, sdk: stripe.StripeClient, frame: str | bytes, code: int
) -> None:
    with connected(port, session) as device:
        sdk.v1.customers.create({})
        sent = device.next()["webhook_conversation_id"]
        device.socket.send(frame.replace("ID", sent) if isinstance(frame, str) else frame)
        with pytest.raises(ConnectionClosed) as closed:
            device.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
    with connected(port, session) as device:
        assert device.next()["webhook_conversation_id"] == sent


def kept_of(app: Flask, frame: dict[str, Any]) -> list[DeliveryAttempt]:
    """What is kept of the answers to one event."""
    with app.app_context():
        mine = DeliveryAttempt.delivery_id == frame["webhook_conversation_id"]
        return list(db.session.scalars(select(DeliveryAttempt).where(mine).order_by(DeliveryAttempt.number)))


def test_an_event_is_answered_so_many_times_and_no_more_whatever_connection_it_comes_over(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as device:
        sdk.v1.customers.create({})
        frame = device.next()
        for _ in range(MAXIMUM_ANSWERS + 1):
            device.reply(frame, 200)
        with pytest.raises(ConnectionClosed) as closed:
            device.next()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "an event has at most 20 answers")
    wait_until(lambda: len(kept_of(app, frame)) == MAXIMUM_ANSWERS, "the answers are kept")
    with connected(port, session) as device:
        device.reply(frame, 500)
        sdk.v1.customers.create({})
        later = device.next()
        device.reply(later, 200)
        wait_until(lambda: len(kept_of(app, later)) == 1, "a later event's answer is kept")
    assert [one.number for one in kept_of(app, frame)] == list(range(1, MAXIMUM_ANSWERS + 1))
    assert {one.response_status for one in kept_of(app, frame)} == {200}


def test_of_an_events_answers_so_much_is_kept_and_the_rest_is_cut_off(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as device:
        sdk.v1.customers.create({})
        frame = device.next()
        whole = KEPT_CHARS_OF_EVENT // KEPT_CHARS
        for _ in range(whole + 2):
            device.reply(frame, 200, "x" * (KEPT_CHARS + 1))
        wait_until(lambda: len(kept_of(app, frame)) == whole + 2, "all answers are kept")
    kept = kept_of(app, frame)
    assert [len(one.response_body or "") for one in kept] == [KEPT_CHARS] * whole + [0] * 2
    assert all(one.truncated for one in kept)


def test_of_a_sessions_answers_so_much_is_kept_over_all_its_connections(
    app: Flask, port: int, session: Session, sdk: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "KEPT_CHARS_OF_SESSION", 5)
    frames = []
    for _ in range(2):
        with connected(port, session) as device:
            sdk.v1.customers.create({})
            frames.append(device.next())
            device.reply(frames[-1], 200, "abc")
            wait_until(lambda: len(kept_of(app, frames[-1])) == 1, "the answer is kept")
            device.ack(frames[-1])
    kept = [kept_of(app, frame)[0] for frame in frames]
    assert [(one.response_body, one.truncated) for one in kept] == [("abc", False), ("ab", True)]


def test_an_acknowledgement_of_another_sessions_event_changes_nothing(
    client: FlaskClient, port: int, shop: Shop, session: Session, sdk: stripe.StripeClient
) -> None:
    other = open_session(client, shop.secret_key, device_name="desktop")
    with connected(port, session) as mine:
        sdk.v1.customers.create({})
        frame = mine.next()
        with connected(port, other) as theirs:
            theirs.next()
            theirs.ack(frame)
            theirs.reply(frame, 200)
            theirs.ack({"webhook_conversation_id": "wc_" + "0" * 31, "webhook_id": "evt_0"})
            sdk.v1.customers.create({})
            theirs.next()  # what it said before is heard by now
    with connected(port, session) as mine:
        assert mine.next()["webhook_conversation_id"] == frame["webhook_conversation_id"]


def test_a_second_connection_takes_the_session_over(
    port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    with connected(port, session) as first, connected(port, session) as second:
        sdk.v1.customers.create({})
        assert second.next()["type"] == "webhook_event"
        # The listener looks after its sessions from time to time, and closes what is none any more.
        with suppress(ConnectionClosed):
            assert first.is_quiet()


def is_let_in(port: int, session: Session) -> bool:
    try:
        with connected(port, session):
            return True
    except InvalidStatus:
        return False


@pytest.fixture
def few(app: Flask) -> Iterator[int]:
    """A listener that takes three connections, two of them of one account."""
    with listening(app, Limits(connections=3, per_account=2)) as port:
        yield port


def test_connections_are_capped_for_each_account_and_for_all(
    app: Flask, client: FlaskClient, few: int, shop: Shop
) -> None:
    mine = [open_session(client, shop.secret_key, device_name=str(number)) for number in range(3)]
    shops = [open_shop(app) for _ in range(2)]
    theirs = [open_session(client, one.secret_key) for one in shops]
    with ExitStack() as open_ones:
        for one in mine[:2]:
            open_ones.enter_context(connected(few, one))
        assert refusal(few, mine[2])[0] == 429
        open_ones.enter_context(connected(few, theirs[0]))
        assert refusal(few, theirs[1])[0] == 503
    wait_until(lambda: is_let_in(few, mine[2]), "those who have gone make room")


@pytest.mark.slow
def test_five_hundred_who_say_nothing_and_five_hundred_strangers_keep_nobody_out(
    port: int, session: Session, sdk: stripe.StripeClient
) -> None:
    allow_many_files()  # both ends of each connection are in this process
    with ExitStack() as knocking:
        for number in range(MANY):
            stranger = knocking.enter_context(socket.create_connection((LOOPBACK, port)))
            if number % 2:
                stranger.sendall(STRANGE)
        with connected(port, session) as device:
            customer = sdk.v1.customers.create({})
            frame = json.loads(device.next()["event_payload"])
            assert frame["data"]["object"]["id"] == customer.id


def test_an_account_opens_only_so_many_sessions(
    client: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAXIMUM_SESSIONS", 2)
    for _ in range(2):
        open_session(client, shop.secret_key)
    form = {"device_name": "laptop", "websocket_features[]": ["webhooks"]}
    headers = {"Authorization": f"Bearer {shop.secret_key}"}
    answer = client.post("/v1/stripecli/sessions", data=form, headers=headers)
    assert (answer.status_code, told(answer)["error"]["code"]) == (429, "rate_limit")


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"device_name": ""}, "device_name"),
        ({"device_name": "x" * 256}, "device_name"),
        ({"websocket_features[]": []}, "websocket_features"),
        ({"websocket_features[]": ["everything"]}, "websocket_features[0]"),
        ({"forward_to_url": "x" * 2049}, "forward_to_url"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_parameters_that_no_cli_sends_are_refused(
    client: FlaskClient, shop: Shop, changed: dict[str, Any], param: str
) -> None:
    form = {"device_name": "laptop", "websocket_features[]": ["webhooks"], **changed}
    headers = {"Authorization": f"Bearer {shop.secret_key}"}
    answer = client.post("/v1/stripecli/sessions", data=form, headers=headers)
    assert (answer.status_code, told(answer)["error"]["param"]) == (400, param)


def test_a_session_needs_a_secret_key(client: FlaskClient) -> None:
    form = {"device_name": "laptop", "websocket_features[]": ["webhooks"]}
    assert client.post("/v1/stripecli/sessions", data=form).status_code == 401


def test_a_listener_without_its_database_refuses_and_says_so(session: Session) -> None:
    broken = Flask("without a database")
    with listening(broken) as port:
        status, told = refusal(port, session)
    assert status == 503
    assert "at present" in told["error"]["message"]
