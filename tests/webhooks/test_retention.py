"""Old events go with all that belongs to them, batch by batch, but never one that is still to arrive."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from kit import ids
from kit.database import db
from payments.events import Event
from tests.webhooks.conftest import Door, create_endpoint, create_events, drain
from webhooks import jobs as webhook_jobs
from webhooks import retention
from webhooks.attempts import DeliveryAttempt
from webhooks.outbox import Delivery

DAY = 24 * 3600
START = 1_800_000_000

pytestmark = pytest.mark.usefixtures("_inside", "merchant")


@pytest.fixture
def _inside(house: Flask, monkeypatch: pytest.MonkeyPatch) -> object:
    # Ids never go back in time; another test may have been further in the future already.
    monkeypatch.setattr(ids, "_last_tick", 0)
    with house.app_context():
        yield


def counted() -> tuple[int, int, int]:
    db.session.rollback()
    rows = (Event, Delivery, DeliveryAttempt)
    return tuple(db.session.scalar(select(func.count(row.id))) for row in rows)  # type: ignore[return-value]


def test_old_events_go_with_their_deliveries_and_attempts(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    create_endpoint("https://shop.test/")
    with time_machine.travel(START, tick=False) as traveller:
        create_events(7)
        drain()
        traveller.shift(10 * DAY)
        young = create_events(2)
        drain()
        assert counted() == (9, 9, 9)
        assert webhook_jobs.forget_old_events() == 0
        traveller.move_to(START + 30 * DAY + 1)
        assert webhook_jobs.forget_old_events() == 7
        assert counted() == (2, 2, 2)
        assert set(db.session.scalars(select(Event.id))) == set(young)
        assert len(door.received) == 9


def test_an_event_whose_delivery_is_open_stays_until_it_has_come_to_an_end(door: Door) -> None:
    create_endpoint("https://shop.test/")
    with time_machine.travel(START, tick=False) as traveller:
        first, second = create_events(2)
        door.answer = lambda received: 500 if first.encode() in received.body else 200
        drain()
        traveller.shift(40 * DAY)
        webhook_jobs.forget_old_events()
        db.session.rollback()
        assert db.session.scalars(select(Event.id)).all() == [first]
        door.answer = lambda _: 200
        drain()
        webhook_jobs.forget_old_events()
        assert counted() == (0, 0, 0)
        assert door.ids().count(first) == 2
        assert door.ids().count(second) == 1
