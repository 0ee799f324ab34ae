"""Plays scenes, several at a time, each struck at a point of its own, until all is quiet again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import stripe
import time_machine
from flask import Flask

import paying
import settling
import sweeps
from payments import breakers
from tests.failpoints.stage import ALL_SCENES, STRUCK, Action, Part, Point, play
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
    process: Any = None
    pipe: Any = None
    told: Told | None = None
    hangs: bool = False

    def __str__(self) -> str:
        return f"{self.scene}, {self.action} at {self.point}"

    __repr__ = __str__


class Theatre:
    """The house, its bank and its merchants' server; `players` is where processes come from."""

    def __init__(
        self, app: Flask, bank: Bank, sink_url: str, variables: dict[str, str], players: Any
    ) -> None:
        self.app = app
        self.bank = bank
        self._sink_url = sink_url
        self._variables = variables
        self._players = players

    def play(self, scene: str, blows: Sequence[tuple[Point | None, Action]]) -> list[Play]:
        """Play a scene once for each blow, from its beginning until all is quiet.

        Whoever hangs does so while everybody else goes on, and the sweeps do their work.
        """
        plays = [self._prepared(scene, point, action) for point, action in blows]
        try:
            for each in plays:
                self._begin(each)
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
                if each.process is not None:
                    each.process.kill()
                    each.process.join()
                    each.pipe.close()
        return plays

    def _prepared(self, scene: str, point: Point | None, action: Action) -> Play:
        merchant, secret_key = create_merchant(self.app)
        sdk = stripe_client(self.app, secret_key)
        sdk.v1.webhook_endpoints.create({"url": f"{self._sink_url}/{merchant.id}", "enabled_events": ["*"]})
        facts = ALL_SCENES[scene].prepare(self.app, secret_key)
        return Play(scene, point, action, merchant.id, sdk, facts)

    def _begin(self, each: Play) -> None:
        """Play until the end, or until it hangs."""
        each.pipe, theirs = self._players.Pipe()
        part = Part(each.scene, each.facts, each.point, each.action)
        each.process = self._players.Process(target=play, args=(theirs, self._variables, part))
        each.process.start()
        theirs.close()
        told = self._next_word(each)
        each.hangs = told == HANGS
        each.told = None if each.hangs else told

    def _finish(self, each: Play) -> None:
        if each.hangs:
            each.pipe.send("go on")
            each.told = self._next_word(each)
        each.process.join(PATIENCE_SECONDS)
        assert each.process.exitcode == (STRUCK if each.told is None else 0), each

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
