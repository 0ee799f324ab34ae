"""A process works on so many requests at a time; one that waits for somebody outside lets another one in."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask

from kit.admission import Admission, Outside
from kit.http import Client, Response

SOON_SECONDS = 10.0  # for what must happen
NOT_YET_SECONDS = 0.1  # for what must not


def in_thread(work: object) -> threading.Thread:
    assert callable(work)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@contextmanager
def bank_that_waits(let_go: threading.Event, asked: threading.Event) -> Iterator[str]:
    class Bank(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.set()
            assert let_go.wait(SOON_SECONDS)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bank)
    thread = in_thread(server.serve_forever)
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_no_more_are_inside_than_there_are_places() -> None:
    admission = Admission(2)
    guard, inside, most = threading.Lock(), [0], [0]

    def work() -> None:
        for _ in range(20):
            with admission:
                with guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.001)  # lets go of the interpreter, as a query does
                with guard:
                    inside[0] -= 1

    for thread in [in_thread(work) for _ in range(8)]:
        thread.join(SOON_SECONDS)
        assert not thread.is_alive()
    assert most[0] == 2


def test_a_place_comes_back_after_an_exception() -> None:
    admission = Admission(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admission, Outside():
            raise ZeroDivisionError
    entered = threading.Event()

    def enter() -> None:
        with admission:
            entered.set()

    in_thread(enter)
    assert entered.wait(SOON_SECONDS)


def test_whoever_waits_for_a_bank_lets_another_one_in() -> None:
    admission, client = Admission(1), Client()
    asked, let_go, answers = threading.Event(), threading.Event(), []

    def pay(url: str) -> None:
        with admission:
            answers.append(client.post(url, b"{}"))

    with bank_that_waits(let_go, asked) as url:
        payer = in_thread(lambda: pay(url))
        assert asked.wait(SOON_SECONDS)
        with admission:  # while the bank thinks
            let_go.set()
            payer.join(NOT_YET_SECONDS)
            assert payer.is_alive()  # it has its answer, and waits for its turn to do something about it
        payer.join(SOON_SECONDS)
    client.close()
    assert isinstance(answers[0], Response)


def test_without_a_place_there_is_none_to_give_up() -> None:
    with Outside(), Outside():
        assert True
    admission = Admission(1)
    with admission, Outside(), Outside(), admission:
        pass
    with admission:
        pass


@pytest.mark.parametrize("path", ["/v1/balance", "/openapi.json"])
def test_a_request_waits_for_its_turn(app: Flask, path: str) -> None:
    """The house under test has as many places as `./run` has: two."""
    statuses: list[int] = []
    with app.admission, app.admission:  # type: ignore[attr-defined]
        waiting = in_thread(lambda: statuses.append(app.test_client().get(path).status_code))
        waiting.join(NOT_YET_SECONDS)
        assert not statuses
    waiting.join(SOON_SECONDS)
    assert statuses
