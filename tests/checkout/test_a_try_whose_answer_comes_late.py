"""A try whose answer nobody knows counts until it is known: a slow bank is no door for those who test cards.

What comes late settles it, once: an approval gives it back, a decline counts, for the issuer's range, too,
whoever hears of it, and whenever a process is killed.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

import sweeps
from kit import bulk
from kit.database import db
from payments import bank
from payments.charging import tries
from payments.charging.open_tries import OpenTry, Outcome
from tests.support.buyer import Buyer, Till
from tests.support.cardholder import Cardholder
from tests.support.hosted_page import GOOD_CARD
from tests.support.late_answers import LATER_SECONDS, PLACES, LateAnswers, late_answers
from tests.support.publishable import Pay, by_api
from tests.support.unreliable import (
    PowerCut,
    dies_before_the_question,
    dies_before_the_record,
    lost_answer,
    lost_question,
)

DECLINED, MUST_CONFIRM, CONFIRMED_IN_VAIN = "4000000000000002", "4000002760003184", "4000008400001629"
HOME = "198.51.100.7"


@pytest.fixture
def scene(app: Flask, monkeypatch: pytest.MonkeyPatch) -> LateAnswers:
    return late_answers(app, monkeypatch)


@pytest.fixture(params=["page", "saving", "api"])
def pay(till: Till, request: pytest.FixtureRequest) -> Pay:
    """A customer at a session's page, at one that keeps a card, or with an intent in their browser."""
    if request.param == "api":
        return by_api(till, HOME)
    setup = {"mode": "setup", "line_items": None, "currency": "usd"} if request.param == "saving" else {}
    buyer = Buyer(till.app, till.open_session(**setup))
    buyer.client.environ_base["REMOTE_ADDR"] = HOME
    buyer.open()
    return lambda number: buyer.submit(cardNumber=number, expectedAmount="").status


UNTIL_KNOWN = {"session": 1, "address": 1, "card": 1}
OF_A_DECLINE = UNTIL_KNOWN | {"bin": 1}


@pytest.mark.parametrize(
    ("number", "afterwards"), [(GOOD_CARD, {}), (DECLINED, OF_A_DECLINE)], ids=["approved", "declined"]
)
def test_an_answer_that_is_lost_counts_until_it_is_known(
    scene: LateAnswers, pay: Pay, number: str, afterwards: dict[str, int]
) -> None:
    scene.line.expect(lost_answer)
    pay(number)
    assert (scene.taken(), scene.open_tries()) == (UNTIL_KNOWN, 1)
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == (afterwards, 0)


def test_while_the_bank_is_slow_no_more_are_let_through_than_the_limit(
    scene: LateAnswers, till: Till
) -> None:
    scene.line.expect(*[lost_answer] * 4)
    customers = [by_api(till, HOME) for _ in range(6)]
    cards = [f"40000000000000{end}" for end in ("02", "77", "69", "10")]
    statuses = [pay(card) for pay, card in zip(customers, [*cards, GOOD_CARD, GOOD_CARD], strict=True)]
    assert statuses[4:] == [429, 429]
    assert 429 not in statuses[:4]
    assert len([question for question in scene.line.asked if isinstance(question, bank.Authorize)]) == 4
    scene.hear()
    assert scene.taken()["address"] < 4
    assert by_api(till, HOME)(GOOD_CARD) == 200


def test_a_question_that_the_bank_has_never_seen_is_given_back(scene: LateAnswers, pay: Pay) -> None:
    scene.line.expect(lost_question)
    pay(GOOD_CARD)
    assert scene.taken() == UNTIL_KNOWN
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == ({}, 0)


@pytest.mark.parametrize(
    ("death", "number", "afterwards"),
    [
        (dies_before_the_question, GOOD_CARD, {}),
        (dies_before_the_record, GOOD_CARD, {}),
        (dies_before_the_record, DECLINED, OF_A_DECLINE),
    ],
)
def test_a_process_that_is_killed_leaves_the_try_counted_until_the_bank_tells(
    scene: LateAnswers,
    pay: Pay,
    death: Callable[[Callable[[], bank.Answer]], bank.Answer],
    number: str,
    afterwards: dict[str, int],
) -> None:
    scene.line.expect(death)
    with pytest.raises(PowerCut):
        pay(number)
    with scene.app.app_context():
        db.session.remove()
    assert (scene.taken(), scene.open_tries()) == (UNTIL_KNOWN, 1)
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == (afterwards, 0)


def test_a_process_that_is_killed_before_it_counts_is_made_up_for(
    scene: LateAnswers, pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its payment is recorded; what it took is given back by the sweep, once."""

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as killed:
        killed.setattr(tries.Try, "_settle", cut)
        with pytest.raises(PowerCut):
            pay(GOOD_CARD)
    with scene.app.app_context():
        db.session.remove()
    assert scene.taken() == UNTIL_KNOWN
    scene.hear()
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == ({}, 0)


def test_counters_that_fail_are_changed_by_the_next_sweep(
    scene: LateAnswers, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.line.expect(lost_answer)
    by_api(till, HOME)(GOOD_CARD)

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(bulk, "run", broken)
        scene.hear()
    assert (scene.taken(), scene.open_tries()) == (UNTIL_KNOWN, 1)
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == ({}, 0)


def test_many_who_hear_of_one_end_give_it_back_once(scene: LateAnswers, till: Till) -> None:
    """Another try from the same address, still open, shows whether anything was given back twice."""
    scene.line.expect(lost_answer, lost_answer)
    by_api(till, HOME)(GOOD_CARD)
    by_api(till, HOME)("5555555555554444")
    scene.moment += LATER_SECONDS
    with scene.app.app_context():
        first, _ = sorted(db.session.scalars(select(OpenTry.id)))
        assert sweeps.reconciled(first)
        db.session.remove()
    assert scene.taken()["address"] == 2
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(scene.settled, range(8))) == 1
    assert (scene.taken()["address"], scene.open_tries()) == (1, 1)


def test_a_sweep_that_is_faster_than_the_request_gives_it_back_once(
    scene: LateAnswers, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.line.expect(lost_answer)
    by_api(till, HOME)("5555555555554444")
    buyer = Buyer(till.app, till.open_session())
    buyer.client.environ_base["REMOTE_ADDR"] = HOME
    settle, swept = tries.Try._settle, []

    def later(ended: tries.Try, outcome: Outcome) -> None:
        swept.append(ThreadPoolExecutor(1).submit(scene.settled).result())
        settle(ended, outcome)

    monkeypatch.setattr(tries.Try, "_settle", later)
    assert "Payment received" in buyer.pay().text
    assert (swept, scene.taken()["address"], scene.open_tries()) == ([1], 1, 1)


def test_a_sweep_that_read_a_try_before_its_challenge_was_counted_gives_it_back_once(
    scene: LateAnswers, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decline from the same address shows whether anything was given back twice."""
    by_api(till, HOME)(DECLINED)
    settle, steps_of = tries.Try._settle, OpenTry.steps
    put_off: list[tuple[tries.Try, Outcome]] = []

    def read_too_early(row: OpenTry, outcome: Outcome) -> list[bulk.Step]:
        steps = steps_of(row, outcome)
        while put_off:
            settle(*put_off.pop())
        return steps

    monkeypatch.setattr(tries.Try, "_settle", lambda ended, outcome: put_off.append((ended, outcome)))
    monkeypatch.setattr(OpenTry, "steps", read_too_early)
    buyer = Buyer(till.app, till.open_session())
    buyer.client.environ_base["REMOTE_ADDR"] = HOME
    seen = buyer.pay(cardNumber=MUST_CONFIRM)
    buyer.client.get(Cardholder(seen.links["challenge"]).cancels(), headers=buyer.headers)
    assert len(put_off) == 1
    for _ in range(2):
        scene.hear()
    assert (scene.taken(), scene.open_tries()) == (OF_A_DECLINE | {"session": 2}, 0)


def test_what_has_come_back_by_itself_is_not_given_back_again(scene: LateAnswers, till: Till) -> None:
    scene.line.expect(lost_answer)
    by_api(till, HOME)(GOOD_CARD)
    scene.moment += PLACES.window_seconds
    by_api(till, HOME)(DECLINED)
    assert scene.taken() == OF_A_DECLINE
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == (OF_A_DECLINE, 0)


@pytest.mark.parametrize(
    ("number", "afterwards"),
    [(MUST_CONFIRM, {}), (CONFIRMED_IN_VAIN, OF_A_DECLINE)],
    ids=["approved", "declined"],
)
def test_a_challenge_counts_for_its_session_until_the_issuer_has_said_more(
    scene: LateAnswers, till: Till, number: str, afterwards: dict[str, int]
) -> None:
    buyer = Buyer(till.app, till.open_session())
    buyer.client.environ_base["REMOTE_ADDR"] = HOME
    seen = buyer.pay(cardNumber=number)
    assert (scene.taken(), scene.open_tries()) == ({"session": 1}, 1)
    buyer.client.get(Cardholder(seen.links["challenge"]).enters_the_code(), headers=buyer.headers)
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == (afterwards, 0)


def test_a_challenge_that_is_cancelled_counts_for_its_session(scene: LateAnswers, till: Till) -> None:
    buyer = Buyer(till.app, till.open_session())
    buyer.client.environ_base["REMOTE_ADDR"] = HOME
    seen = buyer.pay(cardNumber=MUST_CONFIRM)
    buyer.client.get(Cardholder(seen.links["challenge"]).cancels(), headers=buyer.headers)
    scene.hear()
    assert (scene.taken(), scene.open_tries()) == ({"session": 1}, 0)


def test_the_merchants_own_tries_are_not_counted_nor_written_down(scene: LateAnswers, till: Till) -> None:
    scene.line.expect(lost_answer)
    till.pay_with("visa")
    assert (scene.taken(), scene.open_tries()) == ({}, 0)
