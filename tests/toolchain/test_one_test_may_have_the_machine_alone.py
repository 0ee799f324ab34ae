"""One test may have the machine alone: it waits for those who work, and keeps newcomers waiting."""

import threading
from collections.abc import Callable
from pathlib import Path

from tests.support.machine import Machine

SECONDS = 10.0


class Worker:
    """A test process: it works until it is let go."""

    def __init__(self, folder: Path, *, alone: bool = False) -> None:
        self.machine = Machine(folder)
        self.began, self.go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._alone if alone else self._work)
        self._thread.start()

    def end(self) -> None:
        self.go.set()
        self._thread.join(SECONDS)
        self.machine.close()

    def _work(self) -> None:
        with self.machine.share():
            self._until_let_go()

    def _alone(self) -> None:
        with self.machine.share(), self.machine.alone():
            self._until_let_go()

    def _until_let_go(self) -> None:
        self.began.set()
        self.go.wait(SECONDS)


def began(worker: Worker, *, after: Callable[[], None] = lambda: None) -> bool:
    after()
    return worker.began.wait(SECONDS)


def waits(worker: Worker) -> bool:
    return not worker.began.wait(0.2)


def test_those_who_share_work_at_the_same_time(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path)
    assert began(first)
    assert began(second)
    first.end()
    second.end()


def test_whoever_wants_it_alone_waits_for_all_and_lets_no_newcomer_in(tmp_path: Path) -> None:
    early = Worker(tmp_path)
    assert began(early)
    alone = Worker(tmp_path, alone=True)
    assert waits(alone)
    late = Worker(tmp_path)
    assert waits(late)
    assert began(alone, after=early.end)
    assert waits(late)
    assert began(late, after=alone.end)
    late.end()


def test_two_who_want_it_alone_take_turns(tmp_path: Path) -> None:
    workers = [Worker(tmp_path, alone=True) for _ in range(2)]
    first = next(worker for _ in range(1_000) for worker in workers if worker.began.wait(0.01))
    (second,) = (worker for worker in workers if worker is not first)
    assert waits(second)
    assert began(second, after=first.end)
    second.end()
