"""Nobody who adds an endpoint makes this house knock where its owner would not: at no address of its own."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from kit import addresses
from kit.deadline import DeadlineSocket
from kit.exchanges import Exchanges
from kit.http import Client, Failure
from payments.errors import InvalidRequest
from tests.webhooks.hostile import PUBLIC, RESOLVED, WRITTEN
from webhooks import delivery, reach
from webhooks.attempts import Result
from webhooks.delivery import Parcel
from webhooks.outbox import Claim


class Sentinel:
    """Stands at every address at once: whoever connects, wherever to, is counted here."""

    def __init__(self) -> None:
        self.touched: list[tuple[Any, ...]] = []
        self.connections = 0
        self._counted = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.close()
            with self._counted:
                self.connections += 1
                self._counted.notify_all()

    def wait_for(self, connections: int) -> bool:
        with self._counted:
            return self._counted.wait_for(lambda: self.connections >= connections, 10)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@pytest.fixture(scope="module")
def listening() -> Iterator[Sentinel]:
    sentinel = Sentinel()
    yield sentinel
    sentinel.close()


@pytest.fixture
def sentinel(listening: Sentinel, monkeypatch: pytest.MonkeyPatch) -> Sentinel:
    """The sentinel, in the way of whatever the client connects to; names lead to a public address."""
    plain_connect = socket.socket.connect

    def connect(self: DeadlineSocket, address: tuple[Any, ...]) -> None:
        listening.touched.append(address)
        if self.family == socket.AF_INET:
            plain_connect(self, listening.address)
            return
        other = socket.create_connection(listening.address)
        other.close()
        raise ConnectionRefusedError

    monkeypatch.setattr(DeadlineSocket, "connect", connect)
    name_leads_to(monkeypatch, PUBLIC)
    listening.touched.clear()
    listening.connections = 0
    return listening


def name_leads_to(monkeypatch: pytest.MonkeyPatch, *answers: str | Sequence[str]) -> list[str]:
    """Let each look-up be answered by the next of these, the last one for ever; returns what was asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        found = [answer] if isinstance(answer, str) else list(answer)
        return [_entry(address, port) for address in found]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return asked


def _entry(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(timeout_seconds=10)
    yield client
    client.close()


def attempt(client: Client, url: str, *, livemode: bool = True) -> Result:
    claim = Claim("whd_1", "evt_1", "we_1", "acct_1", livemode=livemode, attempts=0, fence=1)
    with Exchanges(client, timeout_seconds=10, most=1, name="test") as under_way:
        result = delivery.send(under_way, Parcel(claim, url, ("whsec_" + "a" * 32,), b"{}", 1))
        while result is None:
            for sent, answer in under_way.finished(1.0):
                result = delivery.result(sent, answer)
    return result


def reason_of(result: Result) -> str | None:
    assert result.attempt is not None
    return result.attempt.reason


def test_there_are_more_than_a_hundred_and_fifty_of_them() -> None:
    assert len({url for _, url in WRITTEN}) + len(RESOLVED) >= 150
    assert len(WRITTEN) == len({url for _, url in WRITTEN})


@pytest.mark.parametrize("url", [url for _, url in WRITTEN], ids=[f"{why} {url!r}" for why, url in WRITTEN])
def test_a_hostile_address_is_refused_as_an_endpoint(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        reach.checked_url(url, livemode=True)
    assert (refused.value.param, refused.value.code) == ("url", "url_invalid")


def test_an_endpoint_that_is_there_all_the_same_is_sent_nothing(sentinel: Sentinel, client: Client) -> None:
    for why, url in WRITTEN:
        if why != "a name of this machine":
            assert reason_of(attempt(client, url)) in {"invalid_url", "denied"}, url
    assert (sentinel.touched, sentinel.connections) == ([], 0)


@pytest.mark.parametrize("found", RESOLVED, ids=" ".join)
def test_a_name_is_sent_nothing_once_it_leads_astray(
    sentinel: Sentinel, client: Client, monkeypatch: pytest.MonkeyPatch, found: Sequence[str]
) -> None:
    name_leads_to(monkeypatch, found)
    reach.checked_url("https://shop.test/hook", livemode=True)
    result = attempt(client, "https://shop.test/hook")
    assert reason_of(result) == "denied"
    assert (result.status, result.attempts) == ("pending", 1)  # The name may be put right: it is tried again.
    assert (sentinel.touched, sentinel.connections) == ([], 0)


def test_a_public_address_is_connected_to_or_the_sentinel_would_prove_nothing(
    sentinel: Sentinel, client: Client
) -> None:
    assert reason_of(attempt(client, "https://shop.test/hook")) in {"dropped", "tls"}
    assert sentinel.touched == [(PUBLIC, 443)]
    assert sentinel.wait_for(1)


def test_a_name_that_is_bound_anew_between_the_check_and_the_connection_gains_nothing(
    sentinel: Sentinel, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = name_leads_to(monkeypatch, PUBLIC, "127.0.0.1")
    attempt(client, "https://shop.test/hook")
    assert (asked, sentinel.touched) == (["shop.test"], [(PUBLIC, 443)])
    assert reason_of(attempt(client, "https://shop.test/hook")) == "denied"
    assert sentinel.touched == [(PUBLIC, 443)]


def answering(connection: socket.socket) -> None:
    with connection:
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def shop() -> Iterator[str]:
    """A server on loopback that keeps its connections open."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answering, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


def test_loopback_is_for_test_mode_and_its_open_connections_serve_no_one_else(
    shop: str, client: Client
) -> None:
    assert reason_of(attempt(client, shop, livemode=False)) is None
    refused = client.post(shop, b"{}", {}, timeout_seconds=10, reach=reach.reach(livemode=True))
    assert isinstance(refused, Failure)
    assert refused.kind == "denied"
    assert reason_of(attempt(client, shop, livemode=False)) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://shop.test/hook", "live mode sends webhooks to https only."),
        (
            "https://shop.test:6379/hook",
            "live mode sends webhooks to the ports 80, 443, 4443, 8443, 9443 only.",
        ),
    ],
)
def test_a_live_endpoint_that_is_older_than_a_rule_is_held_to_it_at_each_delivery(
    sentinel: Sentinel, client: Client, url: str, told: str
) -> None:
    result = attempt(client, url)
    assert result.attempt is not None
    assert (result.attempt.reason, result.attempt.detail) == ("denied", told)
    assert (result.status, result.attempts) == ("pending", 1)  # The merchant may change it.
    assert (sentinel.touched, sentinel.connections) == ([], 0)
    attempt(client, url, livemode=False)
    assert len(sentinel.touched) == 1  # test mode is held to neither rule


@pytest.fixture
def configured() -> Iterator[Callable[[addresses.Reach], None]]:
    before = reach.reach(livemode=False)
    yield reach.configure
    reach.configure(before)


@pytest.mark.parametrize(
    ("setting", "allowed", "denied"),
    [
        ("public", ["93.184.215.14", "2606:2800:21f:cb07::1"], ["127.0.0.1", "::1", "10.0.0.1", "fd00::1"]),
        ("loopback", ["127.0.0.1", "::1"], ["10.0.0.1", "fd00::1", "169.254.1.1", "::ffff:127.0.0.1"]),
        (
            "private",
            ["127.0.0.1", "10.0.0.1", "172.17.0.2", "192.168.1.2", "fd00::1"],
            ["169.254.169.254", "fd00:ec2::254", "fe80::1", "100.100.100.200", "2002:a00:1::1", "0.1.2.3"],
        ),
    ],
)  # fmt: skip
def test_a_setting_says_how_far_test_mode_may_go(
    configured: Callable[[addresses.Reach], None],
    setting: addresses.Reach,
    allowed: Sequence[str],
    denied: Sequence[str],
) -> None:
    configured(setting)
    within = reach.reach(livemode=False)
    assert [address for address in allowed if addresses.refusal(address, within)] == []
    assert [address for address in denied if not addresses.refusal(address, within)] == []
    assert reach.reach(livemode=True) == "public"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.test/hook",
        "https://Shop.Test:8443/hook?a=b#c",
        "https://xn--bcher-kva.example/",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07::1]:443/",
        "https://a-b_c.shop.test/ünïcode?q=%20",
        "https://1.shop.test",
    ],
)
def test_an_honest_address_is_taken_in_live_mode(url: str) -> None:
    assert reach.checked_url(url, livemode=True) == url
