"""The outgoing client: one deadline for all, a capped reply, nothing repeated, values not exceptions."""

import socket
import threading
from collections.abc import Iterator

import pytest

from kit.http import REPLY_CAP_BYTES, Client, Failure, Response
from tests.webhooks.scripted_server import Script, ScriptedServer, answering, dripping, playing, reply
from tests.webhooks.side_by_side import SideBySide

SHORT_SECONDS = 0.3


@pytest.fixture(params=[Client, SideBySide], ids=["alone", "side by side"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    client: Client = request.param(timeout_seconds=10)
    yield client
    client.close()


def failure_of(outcome: Response | Failure) -> Failure:
    assert isinstance(outcome, Failure), outcome
    return outcome


def response_of(outcome: Response | Failure) -> Response:
    assert isinstance(outcome, Response), outcome
    return outcome


def test_a_post_carries_its_body_and_headers_and_returns_the_answer(client: Client) -> None:
    with playing(answering(reply("201 Created", b'{"a":1}', "X-Two: 1", "X-Two: 2"))) as server:
        answer = response_of(client.post(server.url, b"hello", {"Content-Type": "text/plain"}))
    assert (answer.status, answer.body, answer.truncated) == (201, b'{"a":1}', False)
    assert answer.headers["x-two"] == "1, 2"
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert b"Content-Type: text/plain" in head
    assert body == b"hello"


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ids=["the status line", "a header", "the body"],
)
def test_a_slow_drip_is_cut_off_at_the_deadline(client: Client, head: bytes) -> None:
    with playing(dripping(head)) as server:
        outcome = failure_of(client.post(server.url, b"{}", timeout_seconds=SHORT_SECONDS))
    assert (outcome.kind, outcome.sent) == ("timeout", True)
    assert outcome.elapsed_ms < 5_000


def test_a_peer_that_never_reads_is_cut_off_at_the_deadline(client: Client) -> None:
    def make(server: ScriptedServer) -> list[Script]:
        def script(_: socket.socket) -> None:
            server.done.wait(20)

        return [script]

    with playing(make) as server:
        outcome = failure_of(client.post(server.url, b"x" * 50_000_000, timeout_seconds=SHORT_SECONDS))
    assert (outcome.kind, outcome.sent) == ("timeout", True)


def test_a_name_server_that_does_not_answer_is_cut_off_at_the_deadline(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: gone.wait(20) and [])
    outcome = failure_of(client.post("http://shop.test/", b"{}", timeout_seconds=SHORT_SECONDS))
    gone.set()
    assert (outcome.kind, outcome.sent) == ("timeout", False)


def test_an_unknown_name_was_never_sent_anything(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    outcome = failure_of(client.post("http://shop.test/", b"{}"))
    assert (outcome.kind, outcome.sent) == ("dns", False)


def test_a_refused_connection_was_never_sent_anything(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = failure_of(client.post(f"http://127.0.0.1:{port}/", b"{}"))
    assert (outcome.kind, outcome.sent) == ("refused", False)


def test_the_next_address_of_a_name_is_tried_when_the_first_refuses(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with playing(answering(reply())) as server:
        nobody = socket.create_server(("127.0.0.2", 0))
        nobody.close()
        answers = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", server.port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
        ]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
        assert response_of(client.post(f"http://shop.test:{server.port}/", b"{}")).status == 200


def test_a_reply_beyond_the_cap_is_cut_and_its_connection_is_not_used_again(client: Client) -> None:
    with playing(answering(reply("200 OK", b"x" * (REPLY_CAP_BYTES + 1)), reply())) as server:
        answer = response_of(client.post(server.url, b"{}"))
        client.post(server.url, b"{}")
    assert (len(answer.body), answer.truncated) == (REPLY_CAP_BYTES, True)
    assert server.connections == 2


def test_an_endless_chunked_reply_is_cut_at_the_cap(client: Client) -> None:
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.sendall(chunk)

        return [script]

    with playing(make) as server:
        answer = response_of(client.post(server.url, b"{}"))
    assert (len(answer.body), answer.truncated) == (REPLY_CAP_BYTES, True)


def test_a_chunked_reply_is_read_whole_and_its_connection_serves_again(client: Client) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    with playing(answering(chunked, reply())) as server:
        assert response_of(client.post(server.url, b"{}")).body == b"abc"
        client.post(server.url, b"{}")
    assert server.connections == 1


def test_a_redirect_is_an_answer_and_is_not_followed(client: Client) -> None:
    with playing(answering(reply("302 Found", b"", "Location: http://127.0.0.1:1/"))) as server:
        assert response_of(client.post(server.url, b"{}")).status == 302
    assert len(server.requests) == 1


def test_connections_are_kept_alive(client: Client) -> None:
    with playing(answering(reply(), reply(), reply())) as server:
        for _ in range(3):
            assert response_of(client.post(server.url, b"{}")).status == 200
    assert server.connections == 1


def test_an_idle_connection_that_the_peer_has_closed_is_replaced_before_sending(client: Client) -> None:
    hung_up = threading.Event()

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            server.read_request(connection)
            connection.sendall(reply())
            connection.shutdown(socket.SHUT_WR)
            hung_up.set()

        return [script]

    with playing(make) as server:
        client.post(server.url, b"one")
        assert hung_up.wait(10)
        assert response_of(client.post(server.url, b"two")).status == 200
    assert [request[-3:] for request in server.requests] == [b"one", b"two"]


def test_a_request_whose_connection_is_dropped_is_never_sent_a_second_time(client: Client) -> None:
    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            if server.read_request(connection):
                connection.sendall(reply())
            server.read_request(connection)  # and hang up without a word

        return [script]

    with playing(make) as server:
        assert response_of(client.post(server.url, b"one")).status == 200
        outcome = failure_of(client.post(server.url, b"two"))
    assert (outcome.kind, outcome.sent) == ("dropped", True)
    assert [request[-3:] for request in server.requests] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "dropped"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "dropped"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "dropped"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "invalid_reply"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "invalid_reply"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", "invalid_reply"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "too_large"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "too_large"),
        (b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 90 + b"\r\n", "too_large"),
        (b"", "dropped"),
    ],
    ids=[
        "short body",
        "short chunk",
        "bad chunk",
        "not HTTP",
        "no status",
        "1xx",
        "long header",
        "headers",
        "long headers",
        "nothing",
    ],
)
def test_garbage_is_a_failure_that_names_its_kind(client: Client, raw: bytes, kind: str) -> None:
    with playing(answering(raw)) as server:
        outcome = failure_of(client.post(server.url, b"{}"))
    assert (outcome.kind, outcome.sent) == (kind, True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.test",
        "ftp://shop.test/",
        "http://",
        "http://user:pw@shop.test/",
        "http://shop.test:99999/",
        "http://[",
    ],
)
def test_an_address_that_is_no_web_address_is_refused(client: Client, url: str) -> None:
    outcome = failure_of(client.post(url, b"{}"))
    assert (outcome.kind, outcome.sent) == ("invalid_url", False)


def test_a_line_break_in_an_address_cannot_add_a_header(client: Client) -> None:
    with playing(answering(reply())) as server:
        client.post(f"http://127.0.0.1:{server.port}/a\r\nX-Evil: 1", b"{}")
    assert not any(b"\r\nX-Evil" in request for request in server.requests)


def test_a_peer_that_speaks_no_tls_was_never_sent_anything(client: Client) -> None:
    def make(_: ScriptedServer) -> list[Script]:
        return [lambda connection: connection.sendall(b"220 mail.test ESMTP ready to talk about mail\r\n")]

    with playing(make) as server:
        outcome = failure_of(client.post(f"https://127.0.0.1:{server.port}/", b"{}"))
    assert (outcome.kind, outcome.sent) == ("tls", False)


def test_stopping_ends_the_exchanges_under_way_at_once(client: Client) -> None:
    arrived = threading.Event()

    def make(server: ScriptedServer) -> list[Script]:
        def script(connection: socket.socket) -> None:
            server.read_request(connection)
            arrived.set()
            server.done.wait(20)

        return [script]

    outcomes: list[Response | Failure] = []
    with playing(make) as server:
        thread = threading.Thread(
            target=lambda: outcomes.append(client.post(server.url, b"{}", timeout_seconds=20))
        )
        thread.start()
        assert arrived.wait(10)
        client.stop()
        thread.join(10)
    assert failure_of(outcomes[0]).kind == "stopped"
    assert failure_of(outcomes[0]).sent
    assert failure_of(client.post(server.url, b"{}")).kind == "stopped"
