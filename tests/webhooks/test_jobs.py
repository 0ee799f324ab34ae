"""Background work: kicks are heard, never pile up, and nothing is left running after a stop."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from kit import jobs
from kit.ticker import Ticker
from tests.support import redis_server
from tests.support.processes import wait_until
from tests.webhooks import job_functions
from tests.webhooks.job_functions import HERE, Notebook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("redis")
    with redis_server.server(folder) as url:
        yield url


@pytest.fixture(params=["embedded", "redis"])
def running(request: pytest.FixtureRequest) -> Iterator[jobs.Jobs]:
    url = None if request.param == "embedded" else request.getfixturevalue("redis_url")
    running = jobs.Jobs(url, around=job_functions.around)
    running.connection.flushdb()
    jobs.use(running)
    running.start()
    yield running
    running.stop()
    jobs.use(None)


@pytest.fixture
def notebook() -> Notebook:
    return job_functions.fresh()


def test_an_enqueued_call_runs_with_its_arguments_in_the_app_s_context(
    running: jobs.Jobs, notebook: Notebook
) -> None:
    running.enqueue(HERE + "write", "a", 1, {"deep": [None]})
    notebook.wait_for(1)
    assert notebook.calls == [("a", 1, {"deep": [None]}, True)]


def test_a_kick_is_heard(running: jobs.Jobs, notebook: Notebook) -> None:
    running.kick(HERE + "write", queue="webhooks")
    notebook.wait_for(1)
    assert notebook.calls == [(True,)]


def test_kicks_during_a_run_cause_exactly_one_more_run(running: jobs.Jobs, notebook: Notebook) -> None:
    running.kick(HERE + "wait_until_allowed")
    assert notebook.started.wait(20)
    for _ in range(100):
        running.kick(HERE + "wait_until_allowed")
    # The last kick has been passed on once a kick that came after it has been carried out.
    running.kick(HERE + "write", queue="webhooks")
    notebook.wait_for(1)
    assert len(running._queues["default"]) == 1
    notebook.may_end.set()
    notebook.wait_for(3)
    running.enqueue(HERE + "write", "last")
    notebook.wait_for(4)
    assert notebook.calls == [(True,), "ended", "ended", ("last", True)]


def test_a_running_function_takes_the_kick_that_waits_and_is_not_run_once_more_for_it(
    running: jobs.Jobs, notebook: Notebook
) -> None:
    path = HERE + "wait_until_allowed"
    assert not running.take_kick(path, queue="default")
    running.kick(path)
    assert notebook.started.wait(20)
    running.kick(path)
    wait_until(lambda: len(running._queues["default"]) == 1, "the second kick waits")
    assert running.take_kick(path, queue="default")
    assert not running.take_kick(path, queue="default")
    assert len(running._queues["default"]) == 0
    notebook.may_end.set()
    running.kick(path)  # one of later is heard again
    notebook.wait_for(2)
    running.enqueue(HERE + "write", "last")
    notebook.wait_for(3)
    assert notebook.calls == ["ended", "ended", ("last", True)]


def test_a_kick_that_can_not_be_taken_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = jobs.Jobs(None)

    def gone(*_: object) -> None:
        raise RedisConnectionError("connection refused")

    monkeypatch.setattr(asking.connection, "getdel", gone)
    assert not asking.take_kick(HERE + "write", queue="default")
    asking.stop()


def test_a_slow_webhook_job_does_not_keep_other_work_waiting(running: jobs.Jobs, notebook: Notebook) -> None:
    running.kick(HERE + "wait_until_allowed", queue="webhooks")
    assert notebook.started.wait(20)
    running.enqueue(HERE + "write", "other")
    notebook.wait_for(1)
    notebook.may_end.set()
    notebook.wait_for(2)
    assert [call[0] for call in notebook.calls if isinstance(call, tuple)] == ["other"]


def test_a_failing_job_does_not_end_the_worker(running: jobs.Jobs, notebook: Notebook) -> None:
    running.enqueue(HERE + "fail")
    running.enqueue(HERE + "write")
    notebook.wait_for(2)


def test_a_kick_without_redis_costs_the_caller_nothing(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asking = jobs.Jobs(None)
    tried = threading.Event()

    def gone(*_: object, **__: object) -> None:
        tried.set()
        raise RedisConnectionError("connection refused")

    monkeypatch.setattr(asking.connection, "set", gone)
    with caplog.at_level(logging.WARNING, "florin.jobs"):
        asking.kick(HERE + "write")
        assert tried.wait(20)
        asking.stop()
    assert "was lost" in caplog.text
    assert notebook.calls == []


def test_a_worker_that_loses_redis_goes_on_once_it_is_back(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "RESTART_SECONDS", 0.01)
    working = jobs.Jobs(None)
    lost = threading.Semaphore(0)
    birth = jobs.ThreadWorker.register_birth

    def gone(_: object) -> None:
        lost.release()
        raise RedisConnectionError("connection refused")

    monkeypatch.setattr(jobs.ThreadWorker, "register_birth", gone)
    with caplog.at_level(logging.WARNING, "florin.jobs"):
        working.start()
        for _ in range(4):
            assert lost.acquire(timeout=20)
        monkeypatch.setattr(jobs.ThreadWorker, "register_birth", birth)
        working.enqueue(HERE + "write")
        notebook.wait_for(1)
        working.stop()
    assert "a worker failed to start" in caplog.text


def test_after_a_stop_no_thread_is_left(notebook: Notebook) -> None:
    before = set(threading.enumerate())
    working = jobs.Jobs(None, sweeps=[(3600, HERE + "write")])
    working.start()
    working.kick(HERE + "write")
    notebook.wait_for(1)
    working.stop()
    assert set(threading.enumerate()) == before


def test_of_two_worker_processes_one_runs_a_sweep(redis_url: str, notebook: Notebook) -> None:
    two = [jobs.Jobs(redis_url), jobs.Jobs(redis_url)]
    two[0].connection.flushdb()
    for worker in two:
        worker._run_sweep(3600, HERE + "write")
    assert len(notebook.calls) == 1


def test_sweeps_run_when_they_are_due_and_one_s_failure_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ran: list[tuple[float, str]] = []

    def run(now: float, path: str) -> None:
        ran.append((now, path))
        if path == "bad":
            raise ValueError("this sweep always fails")

    ticker = Ticker([(10, "bad"), (25, "good")], run)
    ticker._due = [10, 25]
    caplog.set_level(logging.CRITICAL, "florin.jobs")
    next_due = [ticker.run_due(now) for now in (9, 10, 25)]
    assert [path for _, path in ran] == ["bad", "bad", "good"]
    assert next_due == [10, 20, 35]
