"""The bank's own time, and what it does by itself when a time has come: each thing once, all or nothing."""

import threading

import pytest
from sqlalchemy import Connection, select

from bank_simulator import notices, schedule
from tests.bank.support import NOW, Caller


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the handler `note` was called with; `chain` has `note` done right after."""
    done: list[tuple[str, int]] = []
    monkeypatch.setitem(schedule.HANDLERS, "note", lambda _tx, subject, now: done.append((subject, now)))
    monkeypatch.setitem(
        schedule.HANDLERS, "chain", lambda tx, subject, now: schedule.put(tx, now, "note", subject)
    )
    return done


def put(bank: Caller, due_at: int, kind: str, subject: str) -> None:
    bank.storage.write(subject, lambda tx: schedule.put(tx, due_at, kind, subject))


def advance(bank: Caller, seconds: int) -> int:
    response = bank.post("/v1/clock", {"advance_seconds": seconds})
    assert response.status_code == 200, response.text
    now: int = response.get_json()["now"]
    return now


def test_the_clock_moves_forward_and_stays_there(either_bank: Caller) -> None:
    assert advance(either_bank, 3600) == NOW + 3600
    assert advance(either_bank, 60) == NOW + 3660
    assert either_bank.get("/v1/clock").get_json() == {"object": "clock", "now": NOW + 3660}
    assert either_bank.authorize("pay_1")["created"] == NOW + 3660


@pytest.mark.parametrize("body", [{}, {"advance_seconds": -1}, {"advance_seconds": True}, {"to": 1}])
def test_the_clock_never_goes_back(bank: Caller, body: dict[str, object]) -> None:
    assert bank.post("/v1/clock", body).status_code == 400


def test_all_processes_of_a_bank_have_the_same_time(empty_schema_url: str) -> None:
    one, other = Caller(empty_schema_url), Caller(empty_schema_url)
    try:
        advance(one, 500)
        assert other.get("/v1/clock").get_json()["now"] == NOW + 500
    finally:
        one.close()
        other.close()


def test_what_falls_due_is_done_when_the_clock_has_answered(
    either_bank: Caller, did: list[tuple[str, int]]
) -> None:
    put(either_bank, NOW + 20, "note", "later")
    put(either_bank, NOW + 10, "chain", "sooner")
    put(either_bank, NOW + 99, "note", "not yet")
    assert did == []
    advance(either_bank, 30)
    assert did == [("later", NOW + 30), ("sooner", NOW + 30)]
    advance(either_bank, 30)
    assert len(did) == 2


def test_a_handler_that_fails_leaves_nothing_and_is_tried_again(
    either_bank: Caller, monkeypatch: pytest.MonkeyPatch, did: list[tuple[str, int]]
) -> None:
    monkeypatch.setattr(schedule, "PAUSE_AFTER_FAILURE_SECONDS", 0.0)
    attempts = []

    def fails_once(tx: Connection, subject: str, _now: int) -> None:
        notices.put(tx, "dispute.updated", subject)
        attempts.append(subject)
        if len(attempts) == 1:
            raise RuntimeError("the power is cut")

    monkeypatch.setitem(schedule.HANDLERS, "fails_once", fails_once)
    put(either_bank, NOW, "fails_once", "dp_1")
    put(either_bank, NOW, "note", "neighbour")
    either_bank.bank.clockwork.run_due()
    either_bank.bank.clockwork.run_due()
    assert attempts == ["dp_1", "dp_1"]
    assert [subject for subject, _ in did] == ["neighbour"]
    told = either_bank.storage.read(lambda tx: tx.execute(select(notices.notices.c.subject)).scalars().all())
    assert told == ["dp_1"]


def test_two_processes_do_each_thing_once(either_url: str, did: list[tuple[str, int]]) -> None:
    """As two processes of a bank on PostgreSQL; on SQLite, where it has one, still nothing is done twice."""
    banks = [Caller(either_url), Caller(either_url)]
    try:
        for number in range(30):
            put(banks[0], NOW, "note", f"row_{number}")
        threads = [threading.Thread(target=bank.bank.clockwork.run_due) for bank in banks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(subject for subject, _ in did) == sorted(f"row_{number}" for number in range(30))
    finally:
        for bank in banks:
            bank.close()


def test_a_started_bank_does_what_is_due_by_itself_and_stops(
    bank: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = threading.Event()
    monkeypatch.setitem(schedule.HANDLERS, "ring", lambda _tx, _subject, _now: happened.set())
    before = threading.active_count()
    bank.bank.start()
    put(bank, NOW, "ring", "bell")
    assert happened.wait(10)
    bank.bank.stop()
    assert threading.active_count() == before
