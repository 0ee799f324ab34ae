"""Plays scenes, several at a time, each struck at a point of its own, until all is quiet again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import stripe
import time_machine
from flask import Flask

import paying
import settling
import sweeps
from payments import breakers
from tests.failpoints.stage import ALL_SCENES, STRUCK, Action, Part, Point, ensemble
from tests.support import nursery
from tests.support.bank import Bank, advance
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client
from webhooks import bank_notices
from webhooks import jobs as webhook_jobs

HOUR_SECONDS = 3600  # every lease, grace and back-off is over
PATIENCE_SECONDS = 60
HANGS = "hangs"

Told = tuple[str, dict[str, int]]  # what came of it, and the passages by place


@dataclass
class Play:
    """One merchant with a webhook endpoint, and the scene that is played for it."""

    scene: str
    point: Point | None
    action: Action
    account_id: str
    sdk: stripe.StripeClient
    facts: dict[str, Any]
    pid: int = 0
    pipe: Any = None
    told: Told | None = None
    hangs: bool = False

    def __str__(self) -> str:
        return f"{self.scene}, {self.action} at {self.point}"

    __repr__ = __str__


class Theatre:
    """The house, its bank and its merchants' server."""

    def __init__(
        self, app: Flask, bank: Bank, sink_url: str, variables: dict[str, str], folder: Path
    ) -> None:
        self.app = app
        self.bank = bank
        self._sink_url = sink_url
        self._listener = Listener(str(folder / "stage"), backlog=64)
        players = nursery.context()  # a process with all of Florin imported, and nothing else of this one
        self._orders, theirs = players.Pipe()
        self._ensemble = players.Process(target=ensemble, args=(theirs, variables))
        self._ensemble.start()
        theirs.close()

    def close(self) -> None:
        """Dismiss the ensemble."""
        self._orders.close()
        self._ensemble.join(PATIENCE_SECONDS)
        self._listener.close()

    def play(self, scene: str, blows: Sequence[tuple[Point | None, Action]]) -> list[Play]:
        """Play a scene once for each blow, from its beginning until all is quiet.

        Whoever hangs does so while everybody else goes on, and the sweeps do their work.
        """
        plays = [self._prepared(scene, point, action) for point, action in blows]
        try:
            for each in plays:
                self._begin(each)
            for each in plays:
                self._listen(each)
            if any(each.hangs for each in plays):
                self._quiet(scene, hours=1)  # whatever others do, the late one must not do it again
            for each in plays:
                self._finish(each)
                ALL_SCENES[scene].act(
                    self.app, each.facts
                )  # as the SDK, a buyer or the next sweep does it again
            self._quiet(scene, hours=2)
        finally:
            for each in plays:
                if each.pipe is not None:
                    each.pipe.close()
        return plays

    def _prepared(self, scene: str, point: Point | None, action: Action) -> Play:
        merchant, secret_key = create_merchant(self.app)
        sdk = stripe_client(self.app, secret_key)
        sdk.v1.webhook_endpoints.create({"url": f"{self._sink_url}/{merchant.id}", "enabled_events": ["*"]})
        facts = ALL_SCENES[scene].prepare(self.app, secret_key)
        return Play(scene, point, action, merchant.id, sdk, facts)

    def _begin(self, each: Play) -> None:
        part = Part(each.scene, each.facts, each.point, each.action)
        self._orders.send((self._listener.address, part))
        each.pid = self._answer()
        each.pipe = self._listener.accept()

    def _answer(self) -> int:
        if not self._orders.poll(PATIENCE_SECONDS):
            raise TimeoutError("the ensemble says nothing")
        answer: int = self._orders.recv()
        return answer

    def _listen(self, each: Play) -> None:
        """Wait for its end, or until it hangs."""
        told = self._next_word(each)
        each.hangs = told == HANGS
        each.told = None if each.hangs else told

    def _finish(self, each: Play) -> None:
        if each.hangs:
            each.pipe.send("go on")
            each.told = self._next_word(each)
        self._orders.send(each.pid)
        assert self._answer() == (STRUCK if each.told is None else 0), each

    def _next_word(self, each: Play) -> Any:
        if not each.pipe.poll(PATIENCE_SECONDS):
            raise TimeoutError(f"the player says nothing: {each}")
        try:
            return each.pipe.recv()
        except EOFError:
            return None

    def _quiet(self, scene: str, *, hours: int) -> None:
        """Let everybody else do their work, when all of it is due."""
        breakers.reset()
        of_scene = ALL_SCENES[scene]
        if of_scene.settles:
            self._later(hours, settling.settle, paying.send)
        if of_scene.bank_seconds:
            advance(self.bank, of_scene.bank_seconds)
        self._later(
            hours,
            bank_notices.catch_up,
            bank_notices.drain,
            paying.send,
            sweeps.reconcile_attempts,
            sweeps.settle_filings,
            webhook_jobs.drain,
        )

    def _later(self, hours: int, *jobs: Callable[[], object]) -> None:
        """Do some work as if it were so much later: every lease, grace and back-off is over."""
        now = time.time() + hours * HOUR_SECONDS
        with time_machine.travel(now, tick=True), self.app.app_context():
            for job in jobs:
                job()
