"""The bank may be killed at any moment: an answer stands, and what was not answered is whole or nothing."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from bank_simulator.issuer import Limits
from bank_simulator.storage import Storage
from launcher import children
from launcher.children import Child
from launcher.stack import is_healthy
from tests.bank.support import SECRET, assert_the_books_agree, bearer, order, sqlite_in
from tests.support.ports import free_port
from tests.support.processes import running

pytestmark = pytest.mark.slow

CALLERS = 8
ANSWERS_BEFORE_THE_KILL = 120


@contextmanager
def server(folder: Path) -> Iterator[tuple[Child, str]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {"BANK_PORT": str(port), "BANK_SECRET": SECRET, "DATA_DIR": str(folder)}
    with running(
        "bank",
        [sys.executable, "-m", "bank_simulator"],
        log=folder / "bank.log",
        ready=lambda: is_healthy(f"{url}/health"),
        variables=variables,
    ) as child:
        yield child, url


class Crowd:
    """Customers who pay and are refunded until the bank stops answering; `answers` is what they were told."""

    def __init__(self, url: str) -> None:
        self._pool = urllib3.PoolManager(maxsize=CALLERS, retries=False, timeout=20)
        self._url = url
        self._enough = threading.Event()
        self.answers: dict[str, tuple[str, dict[str, Any], bytes]] = {}

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        response = self._pool.request("POST", self._url + path, body=json.dumps(body), headers=bearer())
        assert response.status == 200, response.data
        return response.data

    def pay_until_the_bank_is_gone(self, customer: int) -> None:
        try:
            for number in range(10_000):
                reference = f"ref_{customer}_{number}"
                self._ask("/v1/authorizations", order(reference))
                refund = {"reference": f"refund_{customer}_{number}", "amount_minor": 700}
                self._ask(f"/v1/authorizations/{reference}/refunds", refund)
        except urllib3.exceptions.HTTPError:
            return  # the line is dead, which is what the test waits for

    def wait_for_answers(self) -> None:
        assert self._enough.wait(30), "the bank is too slow for this test"

    def close(self) -> None:
        self._pool.clear()

    def _ask(self, path: str, body: dict[str, Any]) -> None:
        self.answers[body["reference"]] = (path, body, self.post(path, body))
        if len(self.answers) >= ANSWERS_BEFORE_THE_KILL:
            self._enough.set()


def test_an_answer_outlives_a_kill_in_the_midst_of_work(tmp_path: Path) -> None:
    with server(tmp_path) as (child, url):
        crowd = Crowd(url)
        customers = [
            threading.Thread(target=crowd.pay_until_the_bank_is_gone, args=(number,))
            for number in range(CALLERS)
        ]
        for customer in customers:
            customer.start()
        crowd.wait_for_answers()
        children.kill([child])
        for customer in customers:
            customer.join(30)
        crowd.close()
    with server(tmp_path) as (_, url):
        survivors = Crowd(url)
        for path, body, answer in crowd.answers.values():
            assert survivors.post(path, body) == answer
        survivors.close()
    storage = Storage(sqlite_in(tmp_path))
    assert_the_books_agree(storage, Limits().balance_minor)
    storage.close()


def test_a_death_at_any_line_leaves_all_or_nothing(tmp_path: Path) -> None:
    with running(
        "bank that dies",
        [sys.executable, "-m", "tests.bank.die_at_each_line", str(tmp_path), "9"],
        log=tmp_path / "deaths.log",
        ready=lambda: True,
    ) as child:
        code = child.process.wait(60)
    told = (tmp_path / "deaths.log").read_text()
    assert code == 0, told
    lines = dict(re.findall(r"^(\w+) ([0-9]+)$", told, re.MULTILINE))
    assert set(lines) == {"ref", "cap", "refund", "void"}
    assert all(int(count) > 60 for count in lines.values()), "the deaths missed the bank's code"
