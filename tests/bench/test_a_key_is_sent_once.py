"""A keyed workload would measure replays alone if two of its requests had the same idempotency key."""

import pytest

from bench.load import UNIQUE, Loop, Plan, render
from bench.workloads import WORKLOADS, florin_requests
from tests.bench.test_a_failed_answer_voids_the_run import Answers, serving


def test_each_sending_of_a_marked_request_holds_a_number_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    class Listening(Answers):
        def do_GET(self) -> None:  # noqa: N802 - the standard library names it
            seen.append(self.headers["Idempotency-Key"])
            super().do_GET()

    monkeypatch.setattr("tests.bench.test_a_failed_answer_voids_the_run.Answers", Listening)
    request = render("GET", "/200", {"Idempotency-Key": UNIQUE})
    with serving() as port:
        for _ in range(2):
            Loop(Plan(port, [request], connections=1, seconds=5.0, max_requests=5)).run()
    assert len(seen) == len(set(seen)) == 10
    assert all(len(key) == len(UNIQUE) and key != UNIQUE for key in seen)


def test_only_the_keyed_workload_has_a_key() -> None:
    keyed = [one.name for one in WORKLOADS if any(UNIQUE in text for text in florin_requests(one, ["cs_1"]))]
    assert keyed == ["keyed"]
