"""Florin ends, fails or hangs around each commit, question and wake-up: nothing is lost or doubled."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from flask import Flask
from sqlalchemy import select

from kit.database import db
from payments.balance.settlements import Difference
from payments.charging.attempts import ENDS, Attempt
from payments.events import Event
from payments.ledger import LedgerEntry
from tests.failpoints.later_scenes import LATER_SCENES
from tests.failpoints.scenes import SCENES
from tests.failpoints.stage import ALL_SCENES, Action, Point
from tests.failpoints.theatre import Play, Theatre
from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree, at_the_bank
from tests.webhooks.conftest import Received, Sink

pytestmark = pytest.mark.slow

ACTIONS: tuple[Action, ...] = ("exit", "raise", "hang")
TOGETHER = 12  # plays at once, whose hanging processes all wait for each other
# A status that a merchant sees, and the event that must have told of it, once.
TOLD_ONCE = {
    ("payment_intent", "succeeded"): "payment_intent.succeeded",
    ("payment_intent", "canceled"): "payment_intent.canceled",
    ("charge", "succeeded"): "charge.succeeded",
    ("charge", "failed"): "charge.failed",
    ("refund", "succeeded"): "charge.refund.updated",
    ("refund", "failed"): "refund.failed",
    ("setup_intent", "succeeded"): "setup_intent.succeeded",
    ("dispute", "needs_response"): "charge.dispute.funds_withdrawn",
    ("dispute", "under_review"): "charge.dispute.funds_withdrawn",
    ("dispute", "won"): "charge.dispute.funds_reinstated",
    ("payout", "in_transit"): "payout.updated",
    ("payout", "paid"): "payout.paid",
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def theatre(
    app: Flask, bank: Bank, sink: Sink, variables: dict[str, str], tmp_path: Path
) -> Iterator[Theatre]:
    theatre = Theatre(app, bank, sink.url, variables, tmp_path)
    yield theatre
    theatre.close()


@pytest.mark.parametrize("scene", SCENES)
def test_a_blow_at_any_point_loses_nothing_and_doubles_nothing(
    theatre: Theatre, sink: Sink, scene: str
) -> None:
    play_it_with_every_blow(theatre, sink, scene)


@pytest.mark.parametrize("theatre_database", ["postgresql"], indirect=True, scope="session")
@pytest.mark.parametrize("scene", LATER_SCENES)
def test_nor_does_one_where_somebody_else_moves_first(theatre: Theatre, sink: Sink, scene: str) -> None:
    play_it_with_every_blow(theatre, sink, scene)


def play_it_with_every_blow(theatre: Theatre, sink: Sink, scene: str) -> None:
    """Once unharmed, and then once for each point and way in which it can be struck."""
    (unharmed,) = theatre.play(scene, [(None, "exit")])
    check(theatre, sink, unharmed)
    assert unharmed.told is not None
    outcome, passages = unharmed.told
    assert outcome == ALL_SCENES[scene].told
    assert passages.get("commit", 0) >= 1
    blows: list[tuple[Point | None, Action]] = [
        (Point(place, number, side), action)  # type: ignore[arg-type]
        for place, count in passages.items()
        for number in range(1, count + 1)
        for side in ("before", "after")
        for action in ACTIONS
    ]
    together = 1 if ALL_SCENES[scene].alone else TOGETHER
    for start in range(0, len(blows), together):
        for play in theatre.play(scene, blows[start : start + together]):
            check(theatre, sink, play)


def check(theatre: Theatre, sink: Sink, play: Play) -> None:
    """What is left of one play: every question ended, both houses' books alike, each fact told once."""
    app, account_id, sdk = theatre.app, play.account_id, play.sdk
    with app.app_context():
        attempts = db.session.scalars(select(Attempt).where(Attempt.account_id == account_id)).all()
        assert all(attempt.status in ENDS for attempt in attempts), play
        events = db.session.scalars(select(Event).where(Event.account_id == account_id)).all()
        told = Counter((event.object_id, event.type) for event in events)
        wanted = {event.id for event in events}
    assert_the_books_agree(app, theatre.bank, account_id)
    for intent in sdk.v1.payment_intents.list().data:
        charges = sdk.v1.charges.list({"payment_intent": intent.id}).data
        refunds = sdk.v1.refunds.list({"payment_intent": intent.id}).data
        assert sum(charge.status == "succeeded" for charge in charges) <= 1, play
        _told_once([intent, *charges, *refunds], told, play)
    _told_once([*sdk.v1.setup_intents.list().data, *sdk.v1.disputes.list().data], told, play)
    if ALL_SCENES[play.scene].settles:
        _check_settled(theatre, play, told)
    whole = [one for one in list(sink.received) if _is_whole(one)]
    arrived = {json.loads(one.body)["id"] for one in whole if one.path == f"/{account_id}"}
    assert arrived == wanted, play


def _told_once(rows: list[Any], told: Counter[tuple[str, str]], play: Play) -> None:
    for row in rows:
        name = TOLD_ONCE.get((row.object, row.status))
        assert name is None or told[row.id, name] == 1, (play, row.object, row.status, told)


def _check_settled(theatre: Theatre, play: Play, told: Counter[tuple[str, str]]) -> None:
    """The payment is no longer owed, its money was paid out once, and nothing differs."""
    payouts: list[stripe.Payout] = play.sdk.v1.payouts.list().data
    assert len(payouts) == 1, play
    _told_once(payouts, told, play)
    there = at_the_bank(theatre.bank, f"/v1/payouts/{payouts[0].id}")
    assert there is not None
    assert (there["amount_minor"], there["status"]) == (payouts[0].amount, "paid"), play
    assert payouts[0].status == "paid", play
    with theatre.app.app_context():
        mine = select(LedgerEntry).where(LedgerEntry.account_id == play.account_id)
        books: Counter[str] = Counter()
        for entry in db.session.scalars(mine):
            books[entry.book] += entry.amount_minor
        assert (
            books["acquirer_receivable"] == books["payouts_in_transit"] == books["merchant_payable"] == 0
        ), play
        assert not db.session.scalars(
            select(Difference).where(Difference.account_id == play.account_id)
        ).all()


def _is_whole(received: Received) -> bool:
    """Tell a delivery from what a process had sent of one when it ended."""
    return len(received.body) == int(received.headers["Content-Length"])
