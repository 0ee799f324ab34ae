"""A black hole keeps nobody waiting: the others are sent their events beside it, and at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from kit import jobs
from payments.scope import Caller, acting_as
from tests.webhooks.conftest import Sink, create_endpoint, create_events, drain
from webhooks import courier
from webhooks.attempts import Attempt, Result
from webhooks.outbox import Claim
from webhooks.places import OF_ACCOUNT, OF_STRANGER, PROVES_ITSELF, QUICK_MS, TOTAL, Places

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


@pytest.mark.usefixtures("idle")
def test_a_merchant_with_many_black_holes_delays_neither_itself_nor_anybody_else(
    house: Flask, sink: Sink
) -> None:
    holes = [f"/hole{number}" for number in range(20)]
    sink.holes = set(holes)
    other = Caller(account_id="acct_other", livemode=False, actor="key_other")
    with house.app_context():
        for path in holes:
            create_endpoint(sink.url + path, "customer.created")
        create_endpoint(sink.url + "/mine", "customer.created")
        create_events(30)  # 600 for the holes, many times what a courier has places for
        with acting_as(other):
            create_endpoint(sink.url + "/theirs", "customer.created")
            create_events(30)
    with draining(house, sink):
        sink.wait_for(30, "/mine")
        sink.wait_for(30, "/theirs")


def result(endpoint_id: str, *, milliseconds: int, account_id: str = "acct_1") -> Result:
    claim = Claim("whd_1", "evt_1", endpoint_id, account_id, livemode=False, attempts=0, fence=1)
    fact = Attempt(1_800_000_000, "https://shop.test/", {}, 1, elapsed_ms=milliseconds)
    return Result(claim, "succeeded", None, 1, fact)


def answers(places: Places, endpoint_id: str, *, times: int, milliseconds: int) -> None:
    for _ in range(times):
        back = result(endpoint_id, milliseconds=milliseconds)
        places.take(back.claim)
        places.give_back([back])


def test_an_endpoint_gets_many_places_once_it_has_answered_quickly_some_times_and_few_when_it_is_slow() -> (
    None
):
    places = Places()
    answers(places, "we_1", times=PROVES_ITSELF - 1, milliseconds=QUICK_MS - 1)
    assert places.shares().known == []
    answers(places, "we_1", times=1, milliseconds=0)
    assert places.shares().known == ["we_1"]
    assert places.emptied().shares().known == ["we_1"]  # the next drain knows it too
    answers(places, "we_1", times=1, milliseconds=QUICK_MS)
    assert places.shares().known == []


def test_whoever_has_more_than_half_a_share_is_busy_and_an_account_too() -> None:
    places = Places()
    for _ in range(OF_STRANGER // 2):
        places.take(result("we_1", milliseconds=0).claim)
    assert places.shares().busy == []
    places.take(result("we_1", milliseconds=0).claim)
    assert places.shares().busy == ["we_1"]
    for number in range(OF_ACCOUNT // 2 + 1):
        places.take(result(f"we_{number}", milliseconds=0, account_id="acct_2").claim)
    assert places.shares().busy_accounts == ["acct_2"]
    assert places.taken() + places.room() <= TOTAL


def test_nobody_can_take_all_places() -> None:
    assert OF_ACCOUNT < TOTAL
    assert OF_ACCOUNT // 2 // OF_STRANGER >= 20  # so many black holes leave their own merchant some places
