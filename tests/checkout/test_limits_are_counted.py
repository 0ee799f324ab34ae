"""What a limit has let through comes back with time, for all processes, whatever their clocks say."""

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app import create_app
from config import Settings
from kit import bulk, clock, limits
from kit.database import db
from kit.limits import Limit, LimitCounter


@pytest.fixture(autouse=True)
def _nothing_is_counted_yet(app: Flask) -> None:
    with app.app_context():
        db.session.execute(delete(LimitCounter))
        db.session.remove()


def test_what_one_process_takes_another_has_no_more(app: Flask, settings: Settings) -> None:
    wanted = {"shared": Limit(2, 600)}
    with app.app_context():
        assert limits.take(wanted)
    other = create_app(settings)
    with other.app_context():
        assert [limits.take(wanted) for _ in range(2)] == [True, False]
        db.session.remove()
        db.engine.dispose()
    with app.app_context():
        assert not limits.has_room(wanted)


def test_refused_tries_prolong_no_wait(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, now = {"prolonged": Limit(2, 60)}, [1_000_000]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    with app.app_context():
        assert [limits.take(wanted) for _ in range(20)] == [True, True] + [False] * 18
        now[0] += 30
        assert [limits.take(wanted) for _ in range(2)] == [True, False]
        bulk.run(limits.changes(back=wanted))
        assert limits.take(wanted)


def test_a_clock_that_was_wrong_locks_nobody_out(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, now = {"ahead": Limit(2, 600)}, [2_000_000]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    with app.app_context():
        now[0] += 24 * 3600
        assert [limits.take(wanted) for _ in range(3)] == [True, True, False]
        now[0] -= 24 * 3600
        assert limits.has_room(wanted)
        assert [limits.take(wanted) for _ in range(3)] == [True, True, False]


def test_all_or_nothing_is_taken(app: Flask) -> None:
    one, other = {"one": Limit(1, 60)}, {"other": Limit(5, 60)}
    with app.app_context():
        assert limits.take(one)
        assert not limits.take(one | other)
        assert [limits.take(other) for _ in range(6)] == [True] * 5 + [False]


def test_what_counts_no_more_is_forgotten(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        limits.take({"old": Limit(1, 60), "new": Limit(1, 600)})
        later = clock.now() + 61
        monkeypatch.setattr(clock, "now", lambda: later)
        limits.forget_idle()
        assert list(db.session.scalars(select(LimitCounter.id))) == ["new/1/600"]
