"""Limited tries at a bank that answers as a test has it, by a clock that stands still."""

from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

import sweeps
from kit import clock
from kit.database import db
from kit.limits import Limit, LimitCounter
from payments import breakers
from payments.bank import acquirers
from payments.charging import settle_tries, tries
from payments.charging.attempts import Attempt
from payments.charging.open_tries import OpenTry
from payments.charging.tries import LIVE
from tests.support.unreliable import Unreliable

LATER_SECONDS = 40  # by then no request can still wait for its answer
PLACES = Limit(4, 4 * 36_000)  # of everything: one comes back in ten hours


@dataclass
class LateAnswers:
    """The app, the line to its bank, and a clock that stands still: nothing comes back by itself."""

    app: Flask
    line: Unreliable
    moment: int

    def taken(self) -> dict[str, int]:
        """How many places are taken of each kind of limit; those of which none is are left out."""
        with self.app.app_context(), db.engine.connect() as connection:
            rows = connection.execute(select(LimitCounter.id, LimitCounter.regained_ms)).all()
        places: dict[str, int] = {}
        for name, regained_ms in rows:
            kind = "address" if ":address:" in name else name.split(":")[1]
            ahead = (regained_ms - self.moment * 1000 + PLACES.interval_ms - 1) // PLACES.interval_ms
            if ahead > 0 and kind in ("session", "address", "card", "bin") and ":reasons:" not in name:
                places[kind] = places.get(kind, 0) + ahead
        return places

    def open_tries(self) -> int:
        with self.app.app_context(), db.engine.connect() as connection:
            return len(connection.execute(select(OpenTry.id)).all())

    def hear(self) -> None:
        """The sweeps ask the bank what nobody knows, and settle what they learn."""
        self.moment += LATER_SECONDS
        with self.app.app_context():
            sweeps.reconcile_attempts()
            sweeps.settle_tries()
            db.session.remove()

    def settled(self, _: int = 0) -> int:
        """One process's sweep of tries alone; how many it settled."""
        with self.app.app_context():
            try:
                return settle_tries.settle_late()
            finally:
                db.session.remove()


def late_answers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> LateAnswers:
    """A house with four places for everything, in which nobody has tried anything yet."""
    figures = {"session": PLACES, "address": PLACES, "card": PLACES, "bin": PLACES}
    monkeypatch.setattr(tries, "_in_force", ["live"])
    monkeypatch.setattr(tries, "LIVE", replace(LIVE, **figures))
    line = Unreliable(acquirers["piggy_bank"], "piggy_bank")
    monkeypatch.setitem(acquirers, "piggy_bank", line)
    breakers.reset()
    scene = LateAnswers(app, line, clock.now())
    monkeypatch.setattr(clock, "now", lambda: scene.moment)
    never = scene.moment + 10**9
    with app.app_context():
        db.session.execute(delete(LimitCounter))
        db.session.execute(delete(OpenTry))
        db.session.execute(update(Attempt).where(Attempt.look_at.is_not(None)).values(look_at=never))
        db.session.remove()
    return scene
