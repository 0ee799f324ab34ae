"""Florin ends, fails or hangs around each commit, question and wake-up: nothing is lost or doubled."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import select

import sweeps
from kit.database import db
from payments import breakers
from payments.charging.attempts import ENDS, Attempt
from payments.events import Event
from tests.failpoints.scenes import SCENES
from tests.failpoints.stage import STRUCK, Action, Part, Point, play
from tests.support import nursery
from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client
from tests.webhooks.conftest import Received, Sink
from webhooks import jobs as webhook_jobs

pytestmark = pytest.mark.slow

ACTIONS: tuple[Action, ...] = ("exit", "raise", "hang")
LATER = timedelta(hours=1)  # every lease, grace and back-off is over
PATIENCE_SECONDS = 60
# A status that a merchant sees, and the event that must have told of it, once.
TOLD_ONCE = {
    ("payment_intent", "succeeded"): "payment_intent.succeeded",
    ("payment_intent", "canceled"): "payment_intent.canceled",
    ("charge", "succeeded"): "charge.succeeded",
    ("charge", "failed"): "charge.failed",
    ("refund", "failed"): "refund.failed",
}


@pytest.fixture(scope="module")
def players() -> Any:
    """Processes that begin with all of Florin imported, and with nothing else of this one."""
    return nursery.context()


Told = tuple[str, dict[str, int]]  # what came of it, and the passages by place


class Theatre:
    """One merchant with a webhook endpoint, the scene that is played, and what is known of it afterwards."""

    def __init__(self, app: Flask, bank: Bank, sink: Sink, variables: dict[str, str], players: Any) -> None:
        self.app = app
        self.bank = bank
        self.sink = sink
        self.variables = variables
        self.players = players

    def play(self, scene: str, point: Point | None, action: Action = "exit") -> Told | None:
        """Play a scene from its beginning, struck at a point; check what is left when all is quiet again."""
        merchant, secret_key = create_merchant(self.app)
        sdk = stripe_client(self.app, secret_key)
        sdk.v1.webhook_endpoints.create({"url": f"{self.sink.url}/{merchant.id}", "enabled_events": ["*"]})
        facts = SCENES[scene].prepare(self.app, secret_key)
        told = self._struck(Part(scene, facts, point, action))
        SCENES[scene].act(self.app, facts)  # as the SDK, a buyer or the next sweep does it again
        self._quiet()
        self._check(merchant.id, sdk)
        return told

    def _struck(self, part: Part) -> Told | None:
        ours, theirs = self.players.Pipe()
        process = self.players.Process(target=play, args=(theirs, self.variables, part))
        process.start()
        theirs.close()
        try:
            told: Any = self._next_word(ours)
            if told == "hangs":
                self._quiet()  # whatever the others do meanwhile, the late one must not do it again
                ours.send("go on")
                told = self._next_word(ours)
            process.join(PATIENCE_SECONDS)
            assert process.exitcode == (STRUCK if told is None else 0)
        finally:
            if process.is_alive():
                process.kill()
            process.join()
            ours.close()
        return cast("Told | None", told)

    def _next_word(self, pipe: Any) -> Any:
        if not pipe.poll(PATIENCE_SECONDS):
            raise TimeoutError("the player says nothing")
        try:
            return pipe.recv()
        except EOFError:
            return None

    def _quiet(self) -> None:
        breakers.reset()
        with time_machine.travel(time.time() + LATER.total_seconds(), tick=True), self.app.app_context():
            sweeps.reconcile_attempts()
            webhook_jobs.drain()

    def _check(self, account_id: str, sdk: stripe.StripeClient) -> None:
        with self.app.app_context():
            attempts = db.session.scalars(select(Attempt).where(Attempt.account_id == account_id)).all()
            assert all(attempt.status in ENDS for attempt in attempts)
            events = db.session.scalars(select(Event).where(Event.account_id == account_id)).all()
            told = Counter((event.object_id, event.type) for event in events)
            wanted = {event.id for event in events}
        assert_the_books_agree(self.app, self.bank, account_id)
        for intent in sdk.v1.payment_intents.list().data:
            charges = sdk.v1.charges.list({"payment_intent": intent.id}).data
            refunds = sdk.v1.refunds.list({"payment_intent": intent.id}).data
            assert sum(charge.status == "succeeded" for charge in charges) <= 1
            seen: list[Any] = [intent, *charges, *refunds]
            for row in seen:
                name = TOLD_ONCE.get((row.object, row.status))
                assert name is None or told[row.id, name] == 1, (row.object, row.status, told)
        whole = [one for one in list(self.sink.received) if _is_whole(one)]
        arrived = {json.loads(one.body)["id"] for one in whole if one.path == f"/{account_id}"}
        assert arrived == wanted


def _is_whole(received: Received) -> bool:
    """Tell a delivery from what a process had sent of one when it ended."""
    return len(received.body) == int(received.headers["Content-Length"])


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def theatre(app: Flask, bank: Bank, sink: Sink, variables: dict[str, str], players: Any) -> Theatre:
    return Theatre(app, bank, sink, variables, players)


@pytest.mark.parametrize("scene", SCENES)
def test_a_blow_at_any_point_loses_nothing_and_doubles_nothing(theatre: Theatre, scene: str) -> None:
    played = theatre.play(scene, None)
    assert played is not None
    outcome, passages = played
    assert outcome == SCENES[scene].told
    assert passages.get("commit", 0) >= 1
    for place, count in passages.items():
        for number in range(1, count + 1):
            for side in ("before", "after"):
                for action in ACTIONS:
                    theatre.play(scene, Point(place, number, side), action)  # type: ignore[arg-type]
