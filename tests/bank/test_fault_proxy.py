"""The line to the bank breaks as it was told to, seen with the client that Florin has for its banks."""

import json
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from bank_simulator.fault_proxy import Proxy
from kit.http import Client, Failure, Response
from launcher.places import LOOPBACK
from tests.bank.support import SECRET, Caller, bearer, order
from tests.support.ports import free_port
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow


class Line:
    """A caller at the end of the line, and the bank at its other end."""

    def __init__(self, url: str, bank: Caller) -> None:
        self.url = url
        self.bank = bank
        self.client = Client(timeout_seconds=0.6)

    def ask(self, method: str, path: str, body: object = None) -> Response | Failure:
        content = None if body is None else json.dumps(body).encode()
        return self.client.request(method, self.url + path, body=content, headers=bearer())

    def breaks(self, **rule: object) -> None:
        answer = self.ask("PUT", "/v1/faults", {"seed": 1, "rules": [rule]})
        assert isinstance(answer, Response), answer
        assert answer.status == 200, answer.body
        self.client.close()  # so that the next call is a connection of its own

    def pay(self, reference: str = "pay_1") -> Response | Failure:
        return self.ask("POST", "/v1/authorizations", order(reference))

    def acted(self) -> bool:
        return bool(self.bank.get("/v1/journal").get_json()["data"])


@pytest.fixture
def line(bank: Caller) -> Iterator[Line]:
    server = make_server(LOOPBACK, free_port(), bank.app, threaded=True)
    proxy = Proxy(free_port(), f"http://{LOOPBACK}:{server.port}", SECRET)
    threads = [threading.Thread(target=run, daemon=True) for run in (server.serve_forever, proxy.serve)]
    for thread in threads:
        thread.start()
    held = Line(f"http://{LOOPBACK}:{proxy.server_port}", bank)
    yield held
    held.client.close()
    proxy.stop()
    server.shutdown()
    for thread in threads:
        thread.join(10)
    proxy.server_close()
    server.server_close()


def test_without_a_plan_the_line_is_whole(line: Line) -> None:
    answers = [line.pay(f"pay_{number}") for number in range(3)]
    assert [isinstance(answer, Response) and answer.status for answer in answers] == [200, 200, 200]


def test_a_connection_that_is_refused_is_never_read(line: Line) -> None:
    line.breaks(kind="refused", count=1)
    assert isinstance(line.pay(), Failure)
    assert not line.acted()
    assert isinstance(line.pay(), Response)


def test_while_nobody_listens_the_kernel_refuses(line: Line) -> None:
    line.breaks(kind="refused", seconds=0.5, count=1)
    assert isinstance(line.pay(), Failure)
    seen = line.pay()
    assert isinstance(seen, Failure)
    assert (seen.kind, seen.sent) == ("refused", False)
    wait_until(lambda: isinstance(line.pay(), Response), "somebody listens again")


def test_a_reset_before_the_approval_leaves_nothing(line: Line) -> None:
    line.breaks(kind="reset_before", operations=["authorization"])
    seen = line.pay()
    assert isinstance(seen, Failure)
    assert (seen.kind, seen.sent) == ("dropped", True)
    assert not line.acted()


def test_a_reset_after_the_approval_leaves_money_taken(line: Line) -> None:
    line.breaks(kind="reset_after", operations=["authorization"])
    seen = line.pay()
    assert isinstance(seen, Failure)
    assert (seen.kind, seen.sent) == ("dropped", True)
    assert line.acted()


def test_a_slow_drip_outlasts_a_deadline_that_each_drop_would_meet(line: Line) -> None:
    line.breaks(kind="slow_drip", seconds=4)
    seen = line.pay()
    assert isinstance(seen, Failure)
    assert seen.kind == "timeout"
    assert line.acted()


def test_an_answer_that_comes_twice_can_be_told_from_the_next_one(line: Line) -> None:
    line.breaks(kind="duplicate", count=1)
    first, second = line.pay("pay_1"), line.pay("pay_2")
    assert isinstance(first, Response)
    assert json.loads(first.body)["reference"] == "pay_1"
    # The second copy may be taken for the answer to the next question, but for its reference.
    if isinstance(second, Response) and json.loads(second.body)["reference"] == "pay_2":
        return
    wait_until(lambda: len(line.bank.get("/v1/journal").get_json()["data"]) == 2, "both have been acted upon")


def test_what_the_bank_itself_can_do_wrong_goes_wrong_on_the_line_too(line: Line) -> None:
    line.breaks(kind="unavailable_503", after=True)
    seen = line.pay()
    assert isinstance(seen, Response)
    assert seen.status == 503
    assert line.acted()


def test_a_late_act_is_the_call_that_it_was_whatever_the_line_carries_by_then(line: Line) -> None:
    for reference in ("pay_1", "pay_2"):
        assert isinstance(line.pay(reference), Response)
    line.breaks(kind="late", seconds=0.3, operations=["refund"])
    line.ask("POST", "/v1/authorizations/pay_1/refunds", {"reference": "refund_1", "amount_minor": 500})
    line.ask("GET", "/v1/authorizations/pay_2")
    wait_until(lambda: line.bank.show("pay_1")["refunded_minor"] == 500, "the bank has acted late")


def test_a_bank_that_is_away_is_a_broken_line(line: Line) -> None:
    away = Proxy(free_port(), f"http://{LOOPBACK}:{free_port()}", SECRET)
    thread = threading.Thread(target=away.serve, daemon=True)
    thread.start()
    answer = line.client.request("GET", f"http://{LOOPBACK}:{away.server_port}/v1/clock", headers=bearer())
    assert isinstance(answer, Failure)
    away.stop()
    thread.join(10)
    away.server_close()


def test_the_proxys_switch_wants_the_secret_and_a_plan(line: Line) -> None:
    stranger = line.client.request("GET", line.url + "/v1/faults", headers={"Authorization": "Bearer no"})
    nonsense = line.ask("PUT", "/v1/faults", {"rules": 1})
    shown = line.ask("GET", "/v1/faults")
    assert [isinstance(answer, Response) and answer.status for answer in (stranger, nonsense, shown)] == [
        401, 400, 200,
    ]  # fmt: skip
