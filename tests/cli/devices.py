"""A device that speaks the Stripe CLI's protocol by hand, for what the real one never does."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from websockets.sync.client import ClientConnection, connect
from werkzeug.test import TestResponse

from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from tests.support.ports import free_port
from tests.support.processes import wait_until
from webhooks.cli.frames import SUBPROTOCOL
from webhooks.cli.listener import Limits, Listener

SOON_SECONDS = 60.0
# Long enough for what should not come to have come: many looks of the listener's.
QUIET_SECONDS = 0.25


Session = dict[str, Any]


def open_session(client: FlaskClient, secret_key: str, **changed: Any) -> Session:
    """Asks for a session as the CLI does."""
    form = {"device_name": "laptop", "websocket_features[]": ["webhooks"], **changed}
    answer = client.post(
        "/v1/stripecli/sessions", data=form, headers={"Authorization": f"Bearer {secret_key}"}
    )
    assert answer.status_code == 200, answer.text
    session: Session = told(answer)
    return session


@contextmanager
def listening(app: Flask, limits: Limits | None = None) -> Iterator[int]:
    """The listener in a thread of this process, on the app's database; yields its port."""
    port, ready = free_port(), threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stopping = asyncio.Event()
        ends.append((asyncio.get_running_loop(), stopping))
        ready.set()
        await Listener(app.app_context, limits).run(LOOPBACK, port, stopping)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="listener")
    thread.start()
    try:
        assert ready.wait(SOON_SECONDS)
        wait_until(lambda: is_healthy(f"http://{LOOPBACK}:{port}/health"), "the listener answers")
        yield port
    finally:
        loop, stopping = ends[0]
        loop.call_soon_threadsafe(stopping.set)
        thread.join(SOON_SECONDS)
        assert not thread.is_alive()


@dataclass(frozen=True)
class Device:
    """One connection."""

    socket: ClientConnection

    def next(self, seconds: float = SOON_SECONDS) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=seconds))
        return frame

    def is_quiet(self) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.socket.recv(timeout=QUIET_SECONDS)
        except TimeoutError:
            return True
        return False

    def say(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))

    def ack(self, frame: dict[str, Any]) -> None:
        self.say(
            type="event_ack",
            webhook_conversation_id=frame["webhook_conversation_id"],
            event_id=frame["webhook_id"],
        )

    def reply(self, frame: dict[str, Any], status: int, body: str = "ok") -> None:
        self.say(
            type="webhook_response",
            webhook_conversation_id=frame["webhook_conversation_id"],
            webhook_id=frame["webhook_id"],
            forward_url="http://localhost:4242/hook",
            status=status,
            body=body,
            http_headers={"Content-Type": "text/plain"},
        )


@contextmanager
def connected(port: int, session: Session, **changed: str) -> Iterator[Device]:
    """A device on its session's WebSocket, or on another account's, or under another id."""
    account_id = changed.get("account_id") or session["websocket_url"].rpartition("/")[2]
    feature = changed.get("feature") or session["websocket_authorized_feature"]
    url = f"ws://{LOOPBACK}:{port}/subscribe/{account_id}?websocket_feature={feature}"
    headers = {"Websocket-Id": changed.get("websocket_id") or session["websocket_id"]}
    with connect(
        url,
        additional_headers=headers,
        subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a plain word is one, too
        user_agent_header=changed.get("agent") or "a test",
        compression=None,
        proxy=None,
    ) as socket:
        yield Device(socket)


def told(answer: TestResponse) -> Any:
    """What an answer says, whatever its status."""
    return json.loads(answer.text)
