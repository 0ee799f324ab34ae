"""Replies that come in one piece are read the short way, and mean the same as read the usual way."""

import socket
import time
from collections.abc import Iterator

import pytest

from kit.http import Client, Failure, Response
from tests.webhooks.scripted_server import Make, Script, ScriptedServer, answering, playing
from tests.webhooks.side_by_side import SideBySide

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(params=[Client, SideBySide], ids=["alone", "side by side"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    client: Client = request.param(timeout_seconds=10)
    yield client
    client.close()


def in_pieces(*pieces: bytes) -> Make:
    """Answer with one reply that comes piece by piece, and stay for another request."""

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            while server.read_request(connection):
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(0.01)

        return [script]

    return make


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (OK, (200, b"ok", 1)),
        (b"HTTP/1.1 500 \r\ncontent-LENGTH:2\r\nX-A:  b \r\n\r\nno", (500, b"no", 1)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", (200, b"ok", 2)),
        (b"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", (204, b"", 1)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", (200, b"ok", 1)),
        (b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\nok", (200, b"ok", 1)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", (200, b"ok", 2)),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, b"ok", 1)),
    ],
    ids=["plain", "odd spelling", "close", "no content", "chunked", "folded", "HTTP/1.0", "continue"],
)
@pytest.mark.parametrize("torn", [False, True], ids=["in one piece", "torn"])
def test_a_reply_is_the_same_however_it_comes(
    client: Client, data: bytes, told: tuple[int, bytes, int], torn: bool
) -> None:
    status, body, connections = told
    pieces = [data[:9], data[9:20], data[20:]] if torn else [data]
    with playing(in_pieces(*pieces)) as server:
        for _ in range(2):
            answer = client.post(server.url, b"{}")
            assert isinstance(answer, Response), answer
            assert (answer.status, answer.body, answer.truncated) == (status, body, False)
        client.close()
    assert server.connections == connections
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "dropped"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "dropped"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "invalid_reply"),
        (b"HTTP/1.1 999999 What\r\n\r\n", "invalid_reply"),
    ],
    ids=["nothing", "half a body", "another protocol", "no status"],
)
def test_what_is_no_reply_is_a_failure(client: Client, data: bytes, kind: str) -> None:
    with playing(answering(data)) as server:
        outcome = client.post(server.url, b"{}")
    assert isinstance(outcome, Failure), outcome
    assert outcome.sent
    assert outcome.kind in (kind, "dropped")


def test_more_than_was_announced_is_cut_off_and_serves_no_other_request(client: Client) -> None:
    with playing(answering(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", OK)) as server:
        first = client.post(server.url, b"{}")
        second = client.post(server.url, b"{}")
    assert isinstance(first, Response)
    assert isinstance(second, Response)
    assert (first.body, second.body) == (b"ok", b"ok")
    assert server.connections == 2


def test_two_lengths_that_differ_are_never_read_the_short_way(client: Client) -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\nok"
    with playing(answering(data)) as server:
        client.post(server.url, b"{}")
        answer = client.post(server.url, b"{}")
    assert server.connections == 2 or isinstance(answer, Failure)


@pytest.mark.parametrize("value", ["a\r\nX-Injected: yes", "a\nb", "a\0b"])
def test_a_header_is_one_line_or_nothing_is_sent(client: Client, value: str) -> None:
    with playing(answering(OK)) as server, pytest.raises(ValueError, match="can't be sent"):
        client.post(server.url, b"{}", {"X-Given": value})
    assert server.requests == []
