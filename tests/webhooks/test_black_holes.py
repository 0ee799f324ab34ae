"""A black hole keeps nobody waiting: the others are sent their events beside it, and at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from kit import jobs
from tests.webhooks.conftest import Sink, create_endpoint, create_events, drain
from webhooks import courier

pytestmark = pytest.mark.usefixtures("merchant")


@contextmanager
def draining(house: Flask, sink: Sink) -> Iterator[None]:
    """A courier at work in a thread, until the holes let it go."""

    def drain_in_context() -> None:
        with house.app_context():
            drain()

    thread = threading.Thread(target=drain_in_context)
    thread.start()
    try:
        yield
    finally:
        sink.released.set()
        thread.join(20)
    assert not thread.is_alive()


@pytest.mark.usefixtures("idle")
def test_a_black_hole_does_not_delay_the_others(house: Flask, sink: Sink) -> None:
    sink.holes = {"/hole"}
    with house.app_context():
        create_endpoint(sink.url + "/hole")
        create_endpoint(sink.url + "/good")
        create_events(40)
    with draining(house, sink):
        sink.wait_for(40, "/good")
        with house.app_context():
            create_events()  # the drain that waits for the hole finds this one too
        sink.wait_for(41, "/good")


@pytest.fixture
def kicking(idle: jobs.Jobs) -> Iterator[None]:
    """Jobs whose kicks wait in their queue: no worker of theirs works it off."""
    jobs.use(idle)
    yield
    jobs.use(None)


@pytest.mark.usefixtures("kicking")
def test_beside_a_black_hole_an_event_leaves_with_its_kick_and_waits_for_no_look(
    house: Flask, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("LOOK_AGAIN_SECONDS", "LOOK_SOON_SECONDS"):
        monkeypatch.setattr(courier, pause, 3600.0)
    sink.holes = {"/hole"}
    with house.app_context():
        create_endpoint(sink.url + "/hole", "customer.created")
        create_events()
        create_endpoint(sink.url + "/good", "customer.created")
    with draining(house, sink):
        sink.wait_for(1, "/hole")
        for number in range(1, 4):
            with house.app_context():
                create_events()
            sink.wait_for(number, "/good", seconds=5)
