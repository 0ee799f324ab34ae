"""The bench may never turn a failing contender into a fast one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import Popen
from typing import Any, cast

import pytest

from bench.contenders import Contender, Scene
from bench.load import Loop, Plan, render
from bench.measure import turn
from bench.servers import BenchFailure, Server
from bench.workloads import WORKLOADS


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that the path names; `/closed` closes without a word."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/closed":
            self.close_connection = True
            return
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def plan(port: int, *paths: str, **changes: Any) -> Plan:
    requests = [render("GET", path, {}) for path in paths]
    return Plan(**{"port": port, "requests": requests, "connections": 1, "seconds": 5.0, **changes})


def test_good_answers_are_counted_up_to_the_bound() -> None:
    with serving() as port:
        tally = Loop(plan(port, "/200", "/201", max_requests=20)).run()
    assert (tally.answered, tally.failed) == (20, 0)
    assert tally.statuses == {"200": 10, "201": 10}


@pytest.mark.parametrize("status", ["/302", "/404", "/429", "/500"])
def test_an_answer_other_than_2xx_is_a_failure_and_stops_the_load(status: str) -> None:
    with serving() as port:
        tally = Loop(plan(port, "/200", status, "/200", max_requests=1000)).run()
    assert tally.failed == 1
    assert tally.answered == 2
    assert tally.first_failure.startswith(f"HTTP/1.1 {status[1:]}")


def test_a_connection_that_the_server_closes_is_a_failure() -> None:
    with serving() as port:
        tally = Loop(plan(port, "/closed", max_requests=5)).run()
    assert tally.failed == 1
    assert "closed" in tally.first_failure


def test_one_failed_answer_voids_the_whole_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("what the contender said last")
    with serving() as port:
        process = cast("Popen[bytes]", type("Process", (), {"pid": 0})())
        server = Server("broken", port, process, log)
        contender = Contender("broken", server, lambda _: [render("GET", "/500", {})], max_requests=3)
        scene = cast("Scene", type("Alone", (), {"postgres": None})())
        with pytest.raises(BenchFailure, match=r"HTTP/1.1 500.*\n(.*\n)*.*what the contender said last"):
            turn(scene, contender, WORKLOADS[0], 1.0)
