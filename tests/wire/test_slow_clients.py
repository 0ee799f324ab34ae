"""Clients that begin a request and do not end it keep nobody else waiting."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from kit.crew import Crew, heard, listen
from launcher.stack import is_healthy
from merchant_api.bodies import read_body
from tests.wire.test_threads_rest import LONG_SECONDS, NOT_YET_SECONDS, SOON_SECONDS, Thread, all_left

STALLED = 6  # three times as many as there are places
BODY = b"email=a%40b.example&password=wrong"
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n{length}\r\n\r\n"
)


CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(params=[f"Content-Length: {len(BODY)}", CHUNKED], ids=["length", "chunked"])
def length(request: pytest.FixtureRequest) -> str:
    """The header that says how long a body is, or that its end will say so."""
    told: str = request.param
    return told


@pytest.fixture
def rest(length: str) -> bytes:
    """What has not been sent yet of a request."""
    return BODY if length != CHUNKED else b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.fixture
def stalled(gateway: str, length: str) -> Iterator[list[socket.socket]]:
    """Connections whose requests have begun, on pages that need no key."""
    at = urlsplit(gateway)
    assert at.hostname is not None
    assert at.port is not None
    with ExitStack() as stack:
        connections = []
        for path in ("/dashboard/login", "/c/pay/cs_test_absent") * (STALLED // 2):
            connection = stack.enter_context(socket.create_connection((at.hostname, at.port), SOON_SECONDS))
            connection.sendall(HEAD.format(path=path, length=length).encode())
            connections.append(connection)
        yield connections


def test_others_are_answered_meanwhile(stalled: list[socket.socket], gateway: str) -> None:
    for _ in range(2 * STALLED):
        assert is_healthy(f"{gateway}/health")
    assert len(stalled) == STALLED


def test_whoever_ends_its_request_is_answered(stalled: list[socket.socket], rest: bytes) -> None:
    for connection in stalled:
        connection.sendall(rest)
    for connection in stalled:
        assert connection.recv(10) == b"HTTP/1.1 4"


@pytest.mark.parametrize(
    "told",
    [
        {"CONTENT_LENGTH": str(len(BODY))},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"SERVER_PROTOCOL": "HTTP/2"},
    ],
)
def test_a_body_is_read_whatever_is_said_of_its_length(told: dict[str, str]) -> None:
    sent = io.BytesIO(BODY)
    environ: Any = {"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": sent} | told
    read_body(environ, len(BODY))
    assert (sent.read(), environ["wsgi.input"].read()) == (b"", BODY)


def test_a_member_that_listens_for_long_is_stood_in_for() -> None:
    crew = Crew(1, rest_seconds=LONG_SECONDS)
    may_end = threading.Event()

    def hear_out() -> None:
        crew.take()
        listen()
        may_end.wait(SOON_SECONDS)
        heard()

    slow = threading.Thread(target=hear_out, daemon=True)
    slow.start()
    other = Thread(crew)  # one too many until the first is seen to be slow
    assert other.rested.wait(SOON_SECONDS)
    may_end.set()
    slow.join(SOON_SECONDS)
    other.may_go.set()
    other.thread.join(SOON_SECONDS)
    assert all_left(crew)


def test_a_member_that_is_heard_at_once_stays() -> None:
    crew = Crew(1, rest_seconds=LONG_SECONDS)

    def hear() -> None:
        crew.take()
        for _ in range(100):
            listen()
            heard()
        other = Thread(crew)
        assert not other.rested.wait(NOT_YET_SECONDS)
        other.may_go.set()

    first = threading.Thread(target=hear, daemon=True)
    first.start()
    first.join(SOON_SECONDS)
    assert not first.is_alive()
