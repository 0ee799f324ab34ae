"""Requests side by side: kept-alive connections serve again, and nobody waits for another one's answer."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

import pytest

from kit.exchanges import Exchanges
from kit.http import Client, Failure, Response
from kit.idle import Route
from tests.webhooks.scripted_server import Make, Script, ScriptedServer, answering, playing, reply

WAIT_SECONDS = 10.0


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def drain(client: Client, *, timeout_seconds: float = WAIT_SECONDS) -> Exchanges:
    return Exchanges(client, timeout_seconds=timeout_seconds, most=8, name="test")


@contextmanager
def exchanges(client: Client, *, timeout_seconds: float = WAIT_SECONDS) -> Iterator[Exchanges]:
    with drain(client, timeout_seconds=timeout_seconds) as under_way:
        yield under_way
    client.close()


def answers(under_way: Exchanges, count: int) -> dict[object, Response | Failure]:
    """So many answers, by their keys."""
    found: dict[object, Response | Failure] = {}
    give_up_at = time.monotonic() + WAIT_SECONDS
    while len(found) < count:
        assert time.monotonic() < give_up_at, found
        found.update(under_way.finished(0.05))
    return found


def came(server: ScriptedServer, count: int) -> None:
    """Wait until so many requests have come."""
    give_up_at = time.monotonic() + WAIT_SECONDS
    while len(server.requests) < count:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def patient(after: threading.Event) -> Make:
    """Answer each request of each connection, yet the path /slow only after an event."""

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket) -> None:
            while request := server.read_request(connection):
                if b" /slow " in request:
                    after.wait(WAIT_SECONDS)
                connection.sendall(reply())

        return [script] * 8

    return make


def test_nobody_waits_for_another_ones_answer(client: Client) -> None:
    let_go = threading.Event()
    with playing(patient(let_go)) as server, exchanges(client) as under_way:
        base = server.url.rpartition("/")[0]
        under_way.post("warm", server.url, b"{}", {})
        answers(under_way, 1)  # so the slow one gets the connection that is there
        under_way.post("slow", base + "/slow", b"{}", {})
        for number in range(5):
            under_way.post(number, server.url, b"{}", {})
        assert set(answers(under_way, 5)) == set(range(5))
        let_go.set()
        assert set(answers(under_way, 1)) == {"slow"}


def test_a_connection_serves_request_after_request_and_the_next_ones_too(client: Client) -> None:
    with playing(patient(threading.Event())) as server:
        for _ in range(2):  # two drains of one client
            with drain(client) as under_way:
                for number in range(20):
                    under_way.post(number, server.url, b"{}", {})
                    answer = answers(under_way, 1)[number]
                    assert isinstance(answer, Response)
        client.close()
    assert (server.connections, len(server.requests)) == (1, 40)


def test_an_idle_connection_that_has_ended_is_let_go_before_the_next_request(client: Client) -> None:
    with playing(answering(reply())) as server, exchanges(client) as under_way:
        for number in range(2):
            under_way.post(number, server.url, b"{}", {})
            assert isinstance(answers(under_way, 1)[number], Response)
            time.sleep(0.05)  # so that the server has hung up
    assert server.connections == 2
    assert len(server.requests) == 2


def test_a_connection_made_for_one_reach_never_serves_another(client: Client) -> None:
    with playing(patient(threading.Event())) as server, exchanges(client) as under_way:
        under_way.post("test", server.url, b"{}", {}, reach="loopback")
        assert isinstance(answers(under_way, 1)["test"], Response)
        under_way.post("live", server.url, b"{}", {}, reach="public")
        refused = answers(under_way, 1)["live"]
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.sent) == ("denied", False)
    assert len(server.requests) == 1


def test_a_request_over_a_kept_connection_has_its_deadline_too(client: Client) -> None:
    never = threading.Event()
    with playing(patient(never)) as server, exchanges(client, timeout_seconds=0.4) as under_way:
        under_way.post("warm", server.url, b"{}", {})
        answers(under_way, 1)
        under_way.post("slow", server.url.rpartition("/")[0] + "/slow", b"{}", {})
        failure = answers(under_way, 1)["slow"]
        never.set()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.sent) == ("timeout", True)
    assert 400 <= failure.elapsed_ms < 5000


def test_stopping_the_client_ends_what_is_under_way_and_what_comes_after(client: Client) -> None:
    never = threading.Event()
    with playing(patient(never)) as server, exchanges(client) as under_way:
        slow = server.url.rpartition("/")[0] + "/slow"
        under_way.post("warm", server.url, b"{}", {})
        answers(under_way, 1)
        under_way.post("kept", slow, b"{}", {})
        under_way.post("fresh", slow, b"{}", {})
        came(server, 3)
        client.stop()
        found = answers(under_way, 2)
        under_way.post("late", server.url, b"{}", {})
        found |= answers(under_way, 1)
        never.set()
    for key, sent in (("kept", True), ("fresh", True), ("late", False)):
        failure = found[key]
        assert isinstance(failure, Failure)
        assert (failure.kind, failure.sent) == ("stopped", sent)


def test_a_request_larger_than_the_way_takes_at_once_arrives_whole(client: Client) -> None:
    large = b"x" * 8_000_000
    with playing(patient(threading.Event())) as server, exchanges(client) as under_way:
        for key in ("fresh", "kept"):
            under_way.post(key, server.url, large, {})
            assert isinstance(answers(under_way, 1)[key], Response)
    assert [request.endswith(large) for request in server.requests] == [True, True]


def test_a_header_that_cannot_be_sent_costs_no_connection(client: Client) -> None:
    with playing(patient(threading.Event())) as server, exchanges(client) as under_way:
        under_way.post("warm", server.url, b"{}", {})
        answers(under_way, 1)
        with pytest.raises(ValueError, match="can't be sent"):
            under_way.post("bad", server.url, b"{}", {"X-Given": "a\r\nX-Injected: yes"})
        under_way.post("good", server.url, b"{}", {})
        assert isinstance(answers(under_way, 1)["good"], Response)
    assert (server.connections, len(server.requests)) == (1, 2)


def test_what_is_broken_off_leaves_neither_threads_nor_connections(client: Client) -> None:
    let_go = threading.Event()
    with playing(patient(let_go)) as server:
        with exchanges(client) as under_way:
            under_way.post("slow", server.url.rpartition("/")[0] + "/slow", b"{}", {})
            came(server, 1)
        let_go.set()
        give_up_at = time.monotonic() + WAIT_SECONDS
        while client.busy or any(thread.name == "test" for thread in threading.enumerate()):
            assert time.monotonic() < give_up_at
            time.sleep(0.01)


def test_a_request_that_begins_as_the_client_stops_is_broken_off_like_those_under_way(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Exchanges._take

    def stopped_meanwhile(under_way: Exchanges, route: Route) -> object:
        line = take(under_way, route)
        client.stop()
        return line

    with playing(patient(threading.Event())) as server, exchanges(client) as under_way:
        under_way.post("warm", server.url, b"{}", {})
        answers(under_way, 1)
        monkeypatch.setattr(Exchanges, "_take", stopped_meanwhile)
        under_way.post("late", server.url, b"{}", {})
        answer = answers(under_way, 1)["late"]
    assert isinstance(answer, Failure)
    assert (answer.kind, answer.sent) == ("stopped", False)
    assert len(server.requests) == 1
