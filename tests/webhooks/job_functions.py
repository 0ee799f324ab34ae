"""Functions for the tests of kit/jobs.py, which are found by their dotted path."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

HERE = "tests.webhooks.job_functions."
WAIT_SECONDS = 20.0


class Notebook:
    """What the functions below did. A fresh one for each test."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.changed = threading.Condition()
        self.started = threading.Event()
        self.may_end = threading.Event()

    def note(self, call: object) -> None:
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls) >= count, WAIT_SECONDS), self.calls


notebook = Notebook()
place = threading.local()


def fresh() -> Notebook:
    global notebook  # noqa: PLW0603 - the functions are found by path, so their notes are global
    notebook = Notebook()
    return notebook


@contextmanager
def around() -> Iterator[None]:
    place.is_inside = True
    yield
    place.is_inside = False


def write(*words: object) -> None:
    notebook.note((*words, getattr(place, "is_inside", False)))


def wait_until_allowed() -> None:
    notebook.started.set()
    assert notebook.may_end.wait(WAIT_SECONDS)
    notebook.note("ended")


def fail() -> None:
    notebook.note("failed")
    raise ValueError("this job always fails")
