"""Of a server's threads a few take requests; the others rest until one of them waits for somebody outside."""

import http.client
import importlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import serve
from kit import crew as crew_module
from kit.admission import Admission, Outside
from kit.crew import Crew
from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from tests.support.ports import free_port
from tests.support.processes import running

SOON_SECONDS = 10.0  # for what must happen
NOT_YET_SECONDS = 0.1  # for what must not
LONG_SECONDS = 60.0  # nobody rests so long in a test


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread, seconds: float = SOON_SECONDS) -> bool:
    thread.join(seconds)
    return not thread.is_alive()


def all_left(crew: Crew) -> bool:
    """Tell whether nobody of a crew takes requests any more; a thread is forgotten shortly after its end."""
    deadline = time.monotonic() + SOON_SECONDS
    while crew.taking and time.monotonic() < deadline:
        time.sleep(0.01)
    return crew.taking == 0


class Thread:
    """A server's thread that takes one request, answers, rests, and stays until it may go."""

    def __init__(self, crew: Crew) -> None:
        self.took, self.rested, self.may_go = threading.Event(), threading.Event(), threading.Event()
        self._crew = crew
        self.thread = in_thread(self._serve)

    def _serve(self) -> None:
        self._crew.take()
        self.took.set()
        self._crew.rest()
        self.rested.set()
        self.may_go.wait(SOON_SECONDS)


@pytest.fixture(autouse=True)
def this_thread_leaves() -> Iterator[None]:
    """The thread that runs the tests is another crew's in each."""
    yield
    crew_module._own.membership = None


@pytest.fixture
def go() -> Iterator[list[Thread]]:
    threads: list[Thread] = []
    yield threads
    for each in threads:
        each.may_go.set()


def test_whoever_is_too_many_rests(go: list[Thread]) -> None:
    crew = Crew(1, rest_seconds=LONG_SECONDS)
    crew.take()
    go.append(Thread(crew))
    assert go[0].took.wait(SOON_SECONDS)  # its request does not wait
    assert not go[0].rested.wait(NOT_YET_SECONDS)
    crew.rest()  # one is wanted, and that is this one: it returns at once


def test_one_that_waits_outside_is_stood_in_for(go: list[Thread]) -> None:
    crew, admission = Crew(1, rest_seconds=LONG_SECONDS), Admission(1)
    crew.take()
    go.append(Thread(crew))
    assert not go[0].rested.wait(NOT_YET_SECONDS)
    with admission, Outside():
        assert go[0].rested.wait(SOON_SECONDS)
    # Back again, this one is too many, until the other one ends.
    tired = in_thread(crew.rest)
    assert not ended(tired, NOT_YET_SECONDS)


def test_a_thread_that_ends_is_stood_in_for(go: list[Thread]) -> None:
    crew = Crew(1, rest_seconds=LONG_SECONDS)
    first = in_thread(crew.take)
    assert ended(first)
    crew.take()
    crew.rest()  # the first one is no longer counted
    go.append(Thread(crew))
    assert not go[0].rested.wait(NOT_YET_SECONDS)


def test_one_that_ends_outside_is_not_counted_twice() -> None:
    crew, admission = Crew(1, rest_seconds=LONG_SECONDS), Admission(1)

    def end_outside() -> None:
        crew.take()
        admission.enter()
        Outside().__enter__()

    assert ended(in_thread(end_outside))
    crew.take()
    crew.rest()
    other = Thread(crew)
    assert not other.rested.wait(NOT_YET_SECONDS)
    other.may_go.set()


def test_nobody_rests_for_ever(go: list[Thread]) -> None:
    crew = Crew(1, rest_seconds=NOT_YET_SECONDS)
    crew.take()
    go.append(Thread(crew))
    assert go[0].rested.wait(SOON_SECONDS)


def test_a_thread_that_is_woken_and_tired_of_waiting_at_once_counts_once() -> None:
    """Threads that rest for a moment only, while another one goes out and comes back."""
    crew, admission = Crew(1, rest_seconds=0.001), Admission(1)
    stop = threading.Event()

    def serve_on() -> None:
        while not stop.is_set():
            crew.take()
            crew.rest()

    def travel() -> None:
        crew.take()
        for _ in range(300):
            with admission, Outside():
                time.sleep(0.0005)

    threads = [in_thread(serve_on) for _ in range(4)]
    assert ended(in_thread(travel))
    stop.set()
    assert all(map(ended, threads))
    # All have ended; were one still counted or counted off twice, this would not be the one that is wanted.
    assert all_left(crew)


def test_granians_threads_rest_after_the_answer_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    processes: Any = importlib.import_module("granian.server.mp")
    monkeypatch.setattr(processes, "_wsgi_call_wrap", processes._wsgi_call_wrap)  # put back after the test
    serve.let_threads_rest(1)
    answered: list[bytes] = []

    class Protocol:
        def response_bytes(self, _status: int, _headers: Any, body: bytes) -> None:
            answered.append(body)

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["who"]]

    answer = processes._wsgi_call_wrap(app, {}, None)
    assert answer(Protocol(), {"who": b"first"}) == 200
    second = in_thread(lambda: answer(Protocol(), {"who": b"second"}))
    assert not ended(second, NOT_YET_SECONDS)
    assert answered == [b"first", b"second"]


SERVED = """
import threading
import serve
from granian import Granian
from granian.constants import Interfaces

def app(environ, start_response):
    start_response("200 OK", [])
    return [str(threading.get_ident()).encode()]

if __name__ == "__main__":
    serve.let_threads_rest(2)
    Granian("served:app", port={port}, interface=Interfaces.WSGI, blocking_threads=64).serve()
"""


def test_two_threads_of_a_served_house_do_all_the_work(tmp_path: Path) -> None:
    port, each, clients = free_port(), 60, 16
    (tmp_path / "served.py").write_text(SERVED.format(port=port))
    answers: list[bytes] = []

    def ask() -> None:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=SOON_SECONDS)
        for _ in range(each):
            connection.request("GET", "/")
            answers.append(connection.getresponse().read())
        connection.close()

    with running(
        "server",
        [sys.executable, str(tmp_path / "served.py")],
        log=tmp_path / "log",
        ready=lambda: is_healthy(f"http://{LOOPBACK}:{port}/"),
        variables={"PYTHONPATH": f"{Path(serve.__file__).parent}:{tmp_path}"},
    ):
        assert all(map(ended, [in_thread(ask) for _ in range(clients)]))
    assert len(answers) == each * clients
    # Sixteen came at once and brought a thread each; by the second half all but two are at rest.
    busiest = Counter(answers[len(answers) // 2 :]).most_common(2)
    assert sum(count for _, count in busiest) > 0.8 * len(answers) / 2
