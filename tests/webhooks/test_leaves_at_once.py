"""Work leaves after the commit: at once by a kick, and a little later by a sweep where the kick was lost."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from kit import clock, database, jobs
from kit.database import db
from payments.customers.customers import Customer
from tests.support import redis_server
from tests.webhooks.conftest import Sink, create_endpoint
from webhooks import jobs as webhook_jobs
from webhooks import outbox
from webhooks.outbox import Delivery

Working = Callable[..., AbstractContextManager[jobs.Jobs]]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("merchant")]


@pytest.fixture
def working(house: Flask) -> Working:
    """A running worker; without sweeps unless it is given some."""

    @contextmanager
    def work(redis_url: str | None = None, sweeps: tuple[tuple[float, str], ...] = ()) -> Iterator[jobs.Jobs]:
        running = jobs.Jobs(redis_url, around=house.app_context, sweeps=sweeps)
        webhook_jobs.connect(running)
        jobs.use(running)
        running.start()
        try:
            yield running
        finally:
            running.stop()
            jobs.use(None)

    return work


def create_event() -> None:
    Customer.create({})
    database.commit()


def test_in_the_embedded_default_a_webhook_leaves_within_a_second_of_the_commit(
    house: Flask, working: Working, sink: Sink
) -> None:
    with working(), house.app_context():
        _, secret = create_endpoint(sink.url)
        create_event()
        sink.wait_for(1)  # the first one also pays for starting up
        for number in range(2, 7):
            create_event()
            received = sink.wait_for(number, seconds=1.0)
            assert received[-1].verified(secret).type == "customer.created"


def test_over_redis_a_webhook_leaves_too(house: Flask, working: Working, sink: Sink, tmp_path: Path) -> None:
    with redis_server.server(tmp_path) as redis_url, working(redis_url), house.app_context():
        create_endpoint(sink.url)
        for number in range(1, 4):
            create_event()
            sink.wait_for(number)


def test_a_delivery_whose_kick_was_lost_is_found_by_the_sweep(
    house: Flask, working: Working, sink: Sink
) -> None:
    with house.app_context():
        create_endpoint(sink.url)
        create_event()  # no worker is in force, so nobody hears the kick
    with working(sweeps=((0.05, "webhooks.jobs.kick_if_due"),)):
        sink.wait_for(1)


def test_a_retry_is_made_when_it_falls_due(house: Flask, working: Working, sink: Sink) -> None:
    sink.answers = [(500, b""), (200, b"")]
    with house.app_context():
        create_endpoint(sink.url)
    with time_machine.travel(clock.now(), tick=False) as traveller, working() as running:
        with house.app_context():
            create_event()
        sink.wait_for(1)
        with house.app_context():
            while (due_at := db.session.scalar(select(Delivery.due_at))) is None or due_at > clock.now() + 10:
                database.rollback()  # the first attempt is being written down
            assert not outbox.anything_due()
            traveller.move_to(due_at)
        running._run_sweep(1.0, "webhooks.jobs.kick_if_due")
        sink.wait_for(2)
