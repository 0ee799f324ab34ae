"""An endpoint that fails for five days is disabled and its merchant told; one that works at times is not."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from kit import database
from kit.database import db
from payments import audit
from tests.webhooks.conftest import Door, create_endpoint, create_events, drain
from webhooks import delinquency
from webhooks.outbox import Delivery
from webhooks.webhook_endpoints import WebhookEndpoint

DAY = 24 * 3600
START = 1_800_000_000

pytestmark = pytest.mark.usefixtures("_inside", "merchant")


@pytest.fixture
def _inside(house: Flask) -> object:
    with house.app_context():
        yield


def status_of(endpoint_id: str) -> str:
    return WebhookEndpoint.find(endpoint_id).status


def test_five_days_without_a_success_disable_it_and_the_merchant_can_read_why(door: Door) -> None:
    door.answer = lambda _: 500
    endpoint_id, _ = create_endpoint("https://shop.test/")
    with time_machine.travel(START, tick=False) as traveller:
        for day in range(10):
            traveller.move_to(START + day * DAY // 2)
            create_events()
            drain()
            assert status_of(endpoint_id) == "enabled", day
        traveller.move_to(START + 5 * DAY)
        create_events()
        drain()
        assert status_of(endpoint_id) == "disabled"
        disabled = [
            row for row in audit.rows_of_caller(endpoint_id, None, 100)
            if row.action == "webhook_endpoint.disabled"
        ]  # fmt: skip
        assert [(row.actor, row.details["reason"]) for row in disabled] == [("system", delinquency.REASON)]
        told = delinquency.told([endpoint_id])[endpoint_id]
        assert (told.disabled_at, told.disabled_reason) == (START + 5 * DAY, delinquency.REASON)
        sent = len(door.received)
        traveller.shift(DAY)
        create_events()
        drain()
        assert len(door.received) == sent
        assert {one.status for one in db.session.scalars(select(Delivery))} <= {"failed", "canceled"}


def test_one_success_and_the_days_are_counted_anew(door: Door) -> None:
    door.answer = lambda _: 500
    endpoint_id, _ = create_endpoint("https://shop.test/")
    with time_machine.travel(START, tick=False) as traveller:
        for day in range(9):
            traveller.move_to(START + day * DAY)
            door.answer = (lambda _: 200) if day == 4 else (lambda _: 500)
            create_events()
            drain()
        assert status_of(endpoint_id) == "enabled"  # four days since the success


def test_a_silent_week_between_two_failures_is_no_failing_week(door: Door) -> None:
    door.answer = lambda _: 500
    endpoint_id, _ = create_endpoint("https://shop.test/")
    with time_machine.travel(START, tick=False) as traveller:
        create_events()
        drain()
        traveller.shift(7 * DAY)
        drain()
        assert status_of(endpoint_id) == "enabled"


def test_an_endpoint_that_is_enabled_again_gets_five_more_days(door: Door) -> None:
    door.answer = lambda _: 500
    endpoint_id, _ = create_endpoint("https://shop.test/")
    with time_machine.travel(START, tick=False) as traveller:
        for day in range(6):
            traveller.move_to(START + day * DAY)
            create_events()
            drain()
        assert status_of(endpoint_id) == "disabled"
        WebhookEndpoint.find(endpoint_id).update({"disabled": False})
        database.commit()
        create_events()
        drain()
        assert status_of(endpoint_id) == "enabled"


def test_an_endpoint_that_works_leaves_no_row(door: Door) -> None:
    endpoint_id, _ = create_endpoint("https://shop.test/")
    create_events(3)
    drain()
    assert len(door.received) == 3
    assert delinquency.told([endpoint_id]) == {}


def test_410_disables_while_the_drain_goes_on_for_others(door: Door) -> None:
    gone, _ = create_endpoint("https://gone.test/")
    kept, _ = create_endpoint("https://kept.test/")
    door.answer = lambda received: 410 if "gone" in received.path else 200
    create_events(2)
    drain()
    assert (status_of(gone), status_of(kept)) == ("disabled", "enabled")
    assert delinquency.told([gone])[gone].disabled_reason == "the endpoint answered 410 Gone"
