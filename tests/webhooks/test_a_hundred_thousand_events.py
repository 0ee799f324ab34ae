"""A hundred thousand events to three endpoints, of which one fails three times in ten: none is lost.

They happen over three days of a frozen clock, in live mode, whose schedule lasts three days as well. Now and
then a worker dies: with what it has claimed, or after it has sent and before it has written that down.
"""

import os
import threading
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, ClassVar

import orjson
import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import func, select

from kit import clock, database
from kit.database import db
from kit.http import Failure, Response
from kit.ids import new_id
from payments import events
from payments.events import Event
from payments.scope import Caller, acting_as
from tests.webhooks.conftest import create_endpoint, drain, open_door
from webhooks import attempts, claims
from webhooks import jobs as webhook_jobs
from webhooks.attempts import DeliveryAttempt
from webhooks.claims import Shares
from webhooks.delinquency import DAY_SECONDS
from webhooks.outbox import Delivery
from webhooks.places import CLAIM_COUNT
from webhooks.schedule import LIVE_DELAYS_SECONDS

pytestmark = pytest.mark.slow

# The whole number on the cheaper database; the other one plays it too where it is asked to.
EVENTS = {"sqlite": 100_000, "postgresql": int(os.environ.get("WEBHOOK_EVENTS", "10000"))}
START = 1_800_000_000
DAYS = 3
STEP_SECONDS = 600
STEPS = DAYS * DAY_SECONDS // STEP_SECONDS
WELL, SICK = "https://well.test/", "https://sick.test/"
URLS = (WELL, "https://fine.test/", SICK)
TOLERANCE_SECONDS = stripe.Webhook.DEFAULT_TOLERANCE  # as construct_event has it
FAILS_OF_A_HUNDRED = 30
# With these dice one event in a hundred thousand fails nine times, and is let in by the very last attempt.
DICE = 3
DIES_EVERY = 12  # steps
HELD = 20  # deliveries that a dying worker has claimed


@dataclass(frozen=True)
class Fact:
    """What an event is about: as little as an event can be about, since so many are made."""

    id: str
    number: int
    object_name: ClassVar[str] = "customer"

    def as_stripe(self) -> dict[str, Any]:
        return {"id": self.id, "object": "customer", "metadata": {"number": str(self.number)}}


class Doors:
    """Three merchants' doors in this process, all with the official library; one is often out of order."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self._secrets = secrets
        self._guard = threading.Lock()
        self._knocks: Counter[int] = Counter()
        self.accepted: dict[str, Counter[str]] = {url: Counter() for url in secrets}
        self.refused = 0
        self.unverified: list[str] = []

    def post(self, url: str, body: bytes, headers: dict[str, str], **_: object) -> Response | Failure:
        signature, secret = headers["Stripe-Signature"], self._secrets[url]
        try:
            if url == WELL:  # here each event becomes the library's object as well, which costs far more
                stripe.Webhook.construct_event(body, signature, secret)
            else:
                stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE_SECONDS)
        except (ValueError, stripe.SignatureVerificationError) as error:
            self.unverified.append(f"{url}: {error}")
            return Response(400, {}, b"", 1)
        event = orjson.loads(body)
        number = int(event["data"]["object"]["metadata"]["number"])
        with self._guard:
            if url == SICK and self._fails(number):
                self.refused += 1
                return Response(503, {}, b"", 1) if number % 2 else Failure("timeout", sent=True, detail="")
            self.accepted[url][event["id"]] += 1
        return Response(200, {}, b"", 1)

    def _fails(self, number: int) -> bool:
        """Tell by dice that fall alike in every run, whatever thread comes first."""
        self._knocks[number] += 1
        dice = blake2b(f"{DICE}/{number}/{self._knocks[number]}".encode(), digest_size=4).digest()
        return int.from_bytes(dice) % 100 < FAILS_OF_A_HUNDRED

    def stop(self) -> None:
        """Nothing is under way for long here."""


class Died(Exception):
    """Stands for the end of a process."""


def a_worker_dies() -> None:
    """Claim, and claim and send, as workers do that are killed before they write anything down."""
    claims.claim(HELD, Shares(endpoint=HELD, stranger=HELD, account=HELD))
    with pytest.MonkeyPatch.context() as killed:

        def die(_: object) -> None:
            raise Died

        killed.setattr(attempts, "record", die)
        with pytest.raises(Died):
            webhook_jobs.drain()
    database.rollback()


def happen(numbers: range) -> None:
    """Commit events as the house does: each with its deliveries, all in one write."""
    for number in numbers:
        events.record("customer.created", Fact(new_id("cus_"), number))
    database.commit(last=True)


def count_of(query: Any) -> int:
    database.rollback()
    return int(db.session.scalar(query) or 0)


def test_none_is_lost_and_each_is_verified_by_the_official_library(
    house: Flask, idle: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert idle
    who = Caller(account_id=new_id("acct_"), livemode=True, actor="key_live")
    with house.app_context(), acting_as(who), time_machine.travel(START, tick=False) as traveller:
        total = EVENTS[db.engine.dialect.name]
        doors = Doors({url: create_endpoint(url)[1] for url in URLS})
        open_door(monkeypatch, doors)
        for step in range(STEPS):
            traveller.move_to(START + step * STEP_SECONDS)
            happen(range(step * total // STEPS, (step + 1) * total // STEPS))
            if step % DIES_EVERY == 0:
                a_worker_dies()
            drain()
        open_ones = select(func.count()).where(Delivery.due_at.is_not(None))
        while count_of(open_ones):
            assert clock.now() < START + DAYS * DAY_SECONDS + sum(LIVE_DELAYS_SECONDS) + STEP_SECONDS
            traveller.shift(STEP_SECONDS)
            drain()
        check(doors, total)


def check(doors: Doors, total: int) -> None:
    """Everything came everywhere, verified; the rows say so; what came twice is what the dead had sent."""
    assert doors.unverified == []
    ids = set(db.session.scalars(select(Event.id)))
    assert len(ids) == total
    for url in URLS:
        assert set(doors.accepted[url]) == ids, url
    assert count_of(select(func.count()).select_from(Delivery)) == 3 * total
    assert count_of(select(func.count()).where(Delivery.status != "succeeded")) == 0
    assert count_of(select(func.count()).where(Event.pending_webhooks != 0)) == 0
    refused = count_of(select(func.count()).where(DeliveryAttempt.reason.is_not(None)))
    kept = count_of(select(func.count()).select_from(DeliveryAttempt))
    came = sum(one.total() for one in doors.accepted.values()) + doors.refused
    unwritten = came - kept
    assert kept - refused == 3 * total
    assert 0 < unwritten <= -(-STEPS // DIES_EVERY) * CLAIM_COUNT
    assert 0.28 < doors.refused / (doors.refused + doors.accepted[SICK].total()) < 0.32
