"""A house of its own for each test of the webhooks: an empty database of each kind, and a sink to send to."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import orjson
import pytest
import stripe
from flask import Flask
from sqlalchemy import create_engine, make_url, select

from kit import database, jobs
from kit.database import Base, db
from kit.http import Failure, Response
from kit.ids import new_id
from payments import vault
from payments.customers.customers import Customer
from payments.events import Event
from payments.scope import Caller, acting_as
from tests.support import postgres
from webhooks import courier
from webhooks import jobs as webhook_jobs
from webhooks.webhook_endpoints import WebhookEndpoint

WAIT_SECONDS = 20.0


@pytest.fixture(scope="session")
def sqlite_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "house.sqlite3"
    create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a PostgreSQL database that has all tables, to be copied."""
    url = postgres.create_database(postgres_server, "house_template")
    create_tables(url)
    return str(make_url(url).database)


def create_tables(url: str) -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The floors up to webhooks on an empty database, without the wire."""
    server = None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_house"), tmp_path / "house.sqlite3")
        url = f"sqlite:///{tmp_path}/house.sqlite3"
    else:
        server, template = (request.getfixturevalue(f"postgres_{part}") for part in ("server", "template"))
        url = postgres.create_database(server, "house", template=template)
    app = Flask("house")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(url, pool_size=8)
    )
    db.init_app(app)
    vault.configure({1: b"k" * 32}, b"f" * 32)
    with app.app_context():
        database.prepare_engine(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()
    if server is not None:
        postgres.drop_database(server, url)


@pytest.fixture
def idle(house: Flask) -> Iterator[jobs.Jobs]:
    """Jobs that are wired but do nothing by themselves: a test drains when it wants to."""
    idle = jobs.Jobs(None, around=house.app_context)
    webhook_jobs.connect(idle)
    yield idle
    idle.stop()


@pytest.fixture
def merchant() -> Iterator[Caller]:
    """A caller of its own for the test."""
    with acting_as(Caller(account_id=new_id("acct_"), livemode=False, actor="key_test")) as who:
        yield who


@dataclass(frozen=True)
class Received:
    """One request that came to the sink."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> stripe.Event:
        """The event, as the official library reads it after checking the signature."""
        event: stripe.Event = stripe.Webhook.construct_event(
            self.body, self.headers["Stripe-Signature"], secret
        )
        return event


class Server(ThreadingHTTPServer):
    request_queue_size = 256  # a courier knocks with dozens of connections at once

    def handle_error(self, *_: object) -> None:
        """A client that hangs up early is what some tests want."""


class Sink:
    """A merchant's server on loopback. `answers` are (status, body), the last one for ever."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[tuple[int, bytes]] = [(200, b"ok")]
        self.headers: dict[str, str] = {}
        self.holes: set[str] = set()  # paths that never answer
        self.released = threading.Event()
        self.changed = threading.Condition()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = sink.note(Received(self.path, dict(self.headers), body))
                if self.path in sink.holes:
                    sink.released.wait(WAIT_SECONDS)
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                for name, value in {**sink.headers, "Content-Length": str(len(answer[1]))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer[1])

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def note(self, received: Received) -> tuple[int, bytes]:
        with self.changed:
            answer = self.answers[min(len(self.received), len(self.answers) - 1)]
            self.received.append(received)
            self.changed.notify_all()
            return answer

    def wait_for(
        self, count: int, path: str | None = None, *, seconds: float = WAIT_SECONDS
    ) -> list[Received]:
        """Wait until so many requests have come (to a path); return them."""

        def seen() -> list[Received]:
            return [one for one in self.received if path in (None, one.path)]

        with self.changed:
            assert self.changed.wait_for(lambda: len(seen()) >= count, seconds), self.received
            return seen()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(WAIT_SECONDS)


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def create_endpoint(url: str, *events: str) -> tuple[str, str]:
    """An enabled endpoint of the present caller for these events, or all; its id and secret."""
    endpoint, secret = WebhookEndpoint.create({"url": url, "enabled_events": list(events) or ["*"]})
    database.commit()
    return endpoint.id, secret


class Door:
    """Stands in for the outgoing client: a merchant's door in this process, that answers as it is told."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], int | Failure] = lambda _: 200
        self._guard = threading.Lock()

    def post(self, url: str, body: bytes, headers: dict[str, str], **_: object) -> Response | Failure:
        received = Received(url, headers, body)
        with self._guard:
            self.received.append(received)
            answer = self.answer(received)
        return answer if isinstance(answer, Failure) else Response(answer, {}, b"", 1)

    def stop(self) -> None:
        """Nothing is under way for long here."""

    def ids(self) -> list[str]:
        """The ids of the events that came, in their order."""
        return [orjson.loads(one.body)["id"] for one in self.received]


class AtOnce:
    """Stands in for kit.exchanges.Exchanges beside a door: each answer is there at once."""

    def __init__(self, door: Any, **_: object) -> None:
        self._door = door
        self._ended: list[tuple[Any, Response | Failure]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is under way."""

    def post(self, key: Any, url: str, body: bytes, headers: dict[str, str], **_: object) -> None:
        self._ended.append((key, self._door.post(url, body, headers)))

    def finished(self, _wait_seconds: float) -> list[tuple[Any, Response | Failure]]:
        ended, self._ended = self._ended, []
        return ended


def open_door(monkeypatch: pytest.MonkeyPatch, door: Any) -> None:
    """Have the courier of this process send to a door."""
    monkeypatch.setattr(courier, "Exchanges", AtOnce)
    monkeypatch.setattr(webhook_jobs._couriers[-1], "client", door)


@pytest.fixture
def door(idle: jobs.Jobs, monkeypatch: pytest.MonkeyPatch) -> Door:
    assert not idle.stopping.is_set()
    door = Door()
    open_door(monkeypatch, door)
    return door


def drain() -> None:
    """Send what is due at this moment, and see the rows as they are then."""
    webhook_jobs.drain()
    database.rollback()


def create_events(count: int = 1) -> list[str]:
    """So many events of the present caller, each of a commit of its own; their ids."""
    made = []
    for _ in range(count):
        Customer.create({})
        database.commit()
        made.append(db.session.scalars(select(Event.id).order_by(Event.id.desc()).limit(1)).one())
        database.rollback()
    return made
