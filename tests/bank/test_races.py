"""Many callers at the same moment, on both databases: one reference has one answer, and money moves once."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
import urllib3
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bank_simulator.group_commit import GroupCommit, Job
from bank_simulator.issuer import Limits
from bank_simulator.tables import accounts
from tests.bank.support import Caller, answer_of, assert_the_books_agree, bearer, order
from tests.support import bank as bank_server

T = TypeVar("T")

FULL_BALANCE = Limits().balance_minor
CROWD = 16
ACCOUNT = {
    "fingerprint": "f",
    "currency": "usd",
    "balance_minor": 0,
    "held_minor": 0,
    "window_started": 0,
    "window_count": 0,
}


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Runs each call in a thread of its own, all let go at the same moment."""
    gate = Barrier(len(calls))

    def wait_and_call(call: Callable[[], T]) -> T:
        gate.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(wait_and_call, calls))


def outcomes(answers: list[dict[str, Any]]) -> Counter[str]:
    return Counter(answer["outcome"] for answer in answers)


def test_one_authorisation_sent_many_times_at_once_is_one_approval(either_bank: Caller) -> None:
    answers = at_once(*[lambda: either_bank.authorize("ref_1")] * CROWD)
    assert all(answer == answers[0] for answer in answers)
    assert either_bank.account() == (FULL_BALANCE - 2000, 0)
    assert len(answer_of(either_bank.get("/v1/journal"))["data"]) == 1


def test_a_real_server_gives_many_callers_one_approval(tmp_path: Path) -> None:
    with bank_server.server(tmp_path) as running, urllib3.PoolManager(maxsize=CROWD) as pool:
        body = json.dumps(order("ref_1")).encode()

        def call() -> bytes:
            url = f"{running.url}/v1/authorizations"
            response = pool.request("POST", url, body=body, headers=bearer(running.secret))
            assert response.status == 200, response.data
            return response.data

        answers = at_once(*[call] * CROWD)
        too_long = pool.request(
            "POST",
            f"{running.url}/v1/authorizations",
            body=(b" " * 1024 for _ in range(128)),  # in chunks, its length not said beforehand
            headers=bearer(running.secret),
        )
    assert len(set(answers)) == 1
    assert json.loads(answers[0])["outcome"] == "approved"
    assert (too_long.status, too_long.json()["error"]["code"]) == (400, "invalid_request")


def test_of_many_full_refunds_exactly_one_wins(either_bank: Caller) -> None:
    either_bank.authorize("ref_1")
    answers = at_once(*[lambda n=n: either_bank.refund("ref_1", f"refund_{n}", 2000) for n in range(CROWD)])
    assert outcomes(answers) == {"approved": 1, "declined": CROWD - 1}
    assert either_bank.account() == (FULL_BALANCE, 0)


def test_of_many_captures_exactly_one_wins(either_bank: Caller) -> None:
    either_bank.authorize("ref_1", capture=False)
    answers = at_once(*[lambda n=n: either_bank.capture("ref_1", f"cap_{n}", 100 + n) for n in range(CROWD)])
    assert outcomes(answers) == {"approved": 1, "declined": CROWD - 1}
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_between_a_capture_and_a_void_there_is_one_winner(either_bank: Caller) -> None:
    for number in range(6):
        reference = f"ref_{number}"
        either_bank.authorize(reference, capture=False)
        captured, voided = at_once(
            partial(either_bank.capture, reference, f"cap_{number}", 2000),
            partial(either_bank.void, reference, f"void_{number}"),
        )
        assert (captured["outcome"] == "approved") != (voided["outcome"] == "voided")
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_after_a_void_no_approval_stands_whichever_came_first(either_bank: Caller) -> None:
    for number in range(6):
        reference = f"ref_{number}"
        at_once(
            partial(either_bank.authorize, reference, capture=False),
            partial(either_bank.void, reference, f"void_{number}"),
        )
        shown = either_bank.show(reference)
        assert shown["outcome"] in {"voided", "declined"}
        assert shown["voided"] is True
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_an_account_pays_no_more_than_it_has(either_url: str) -> None:
    caller = Caller(either_url, balance_minor=5 * 2000)
    try:
        answers = at_once(*[lambda n=n: caller.authorize(f"ref_{n}") for n in range(CROWD)])
        assert outcomes(answers) == {"approved": 5, "declined": CROWD - 5}
        assert caller.account() == (0, 0)
    finally:
        caller.close()


def test_one_reference_for_two_authorisations_at_once_serves_one_of_them(either_bank: Caller) -> None:
    for name in ("ref_1", "ref_2"):
        either_bank.authorize(name)
    body = {"reference": "refund_1", "amount_minor": 100}
    paths = [f"/v1/authorizations/{name}/refunds" for name in ("ref_1", "ref_2")] * 4
    answers = at_once(*[lambda p=path: either_bank.post(p, body).status_code for path in paths])
    assert Counter(answers) == {200: 4, 409: 4}
    assert either_bank.account() == (FULL_BALANCE - 4000 + 100, 0)


def test_a_follower_of_the_journal_misses_nothing_that_is_written_meanwhile(either_bank: Caller) -> None:
    seen: list[str] = []

    def follow() -> None:
        after = 0
        while len(seen) < 20:
            page = answer_of(either_bank.get(f"/v1/journal?after={after}&limit=7"))["data"]
            seen.extend(row["reference"] for row in page)
            after = page[-1]["seq"] if page else after

    def write(name: int) -> None:
        for number in range(5):
            either_bank.authorize(f"ref_{name}_{number}")

    at_once(follow, *[lambda n=n: write(n) for n in range(4)])
    assert sorted(seen) == sorted(f"ref_{name}_{number}" for name in range(4) for number in range(5))


def test_a_neighbours_fault_in_the_same_commit_harms_no_one(bank: Caller) -> None:
    broken = insert(accounts).values(ACCOUNT | {"held_minor": 1})

    def fail() -> str:
        with pytest.raises(IntegrityError):
            bank.storage.write("ref_broken", lambda tx: tx.execute(broken))
        return "failed"

    good = [lambda n=n: bank.authorize(f"ref_{n}")["outcome"] for n in range(CROWD)]
    assert Counter(at_once(*good, *[fail] * 4)) == {"approved": CROWD, "failed": 4}
    assert_the_books_agree(bank.storage, FULL_BALANCE)


def test_where_the_database_itself_fails_no_job_of_the_commit_is_believed(bank: Caller) -> None:
    good = Job(lambda tx: tx.execute(insert(accounts).values(ACCOUNT)))
    bad = Job(lambda tx: tx.execute(text("SELECT * FROM a_table_that_is_not_there")))
    with pytest.raises(OperationalError):
        GroupCommit(bank.storage._writing)._write([good, bad])
    for job in (good, bad):
        with pytest.raises(OperationalError):
            job.outcome()
    assert bank.storage.read(lambda tx: tx.execute(select(accounts)).all()) == []
