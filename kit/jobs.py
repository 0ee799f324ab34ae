"""Background work on RQ: over Redis where there is one, else over an in-process fakeredis.

RQ is only ever a wake-up call. What has to be done stands in the database, so a job that is lost
with its process costs time and nothing else: a periodic sweep finds the work and kicks again.

`Jobs(...)` is made by app.py and put in force by `use()`; the rest of the house calls `kick()`.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from kit.ids import random_text
from kit.ticker import Sweep, Ticker

logger = logging.getLogger("florin.jobs")

# One thread each: a webhook drain may wait for slow endpoints, and must not keep other work waiting.
QUEUES = ("default", "webhooks", "settlement", "questions")
PREFIX = "florin:"
# A kick whose job was lost is forgotten after this time, so that the next one is heard again.
KICK_KEPT_SECONDS = 30
KICKED = "kicked"  # in a job's meta
FAILURE_KEPT_SECONDS = 24 * 3600
JOB_ID_LENGTH = 22
NO_TIMEOUT = -1
RESTART_SECONDS = 1.0


class ThreadWorker(SimpleWorker):
    """RQ's worker inside a thread: no signals, no command channel, its jobs within the app's context."""

    death_penalty_class = TimerDeathPenalty

    def __init__(
        self, queue: Queue, around: Callable[[], AbstractContextManager[Any]], stopping: threading.Event
    ) -> None:
        super().__init__([queue], connection=queue.connection, serializer=JSONSerializer)
        self._around = around
        self._stopping = stopping

    @property
    def dequeue_timeout(self) -> int:
        """How long one wait for work lasts, in seconds: the longest that stopping may take."""
        return 1

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ calls this before each wait, which makes it the place to leave its endless loop."""
        if self._stopping.is_set():
            raise StopRequested
        super().heartbeat(timeout, pipeline)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Run one job within the app's context.

        A kick's mark is taken away first: work that comes from now on may kick again.
        """
        if KICKED in job.meta:
            self.connection.delete(job.meta[KICKED])
        with self._around():
            return bool(super().perform_job(job, queue))

    def _set_ip_address(self, connection: redis.Redis) -> None:  # noqa: ARG002 - RQ passes it
        """RQ names its connection to find its address, which two threads on one pool do over each other."""
        self.ip_address = "unknown"

    def subscribe(self) -> None:
        """Listen to no commands: RQ would spend one more thread and connection on each worker."""

    def unsubscribe(self) -> None:
        """See subscribe()."""

    def _install_signal_handlers(self) -> None:
        """Signals belong to the main thread, which calls Jobs.stop()."""


class Jobs:
    """The queues of one process. `start()` makes it a worker too; without it, it only asks for work.

    `around` gives the context each job and sweep runs in; `sweeps` lists (seconds, dotted path).
    """

    def __init__(
        self,
        redis_url: str | None,
        *,
        around: Callable[[], AbstractContextManager[Any]] = nullcontext,
        sweeps: Sequence[Sweep] = (),
    ) -> None:
        # RQ keeps its own data as bytes, so replies must not be decoded.
        self.connection = _connect(redis_url)
        self.embedded = redis_url is None
        self.stopping = threading.Event()
        self._around = around
        self._queues = {
            name: Queue(PREFIX + name, connection=self.connection, serializer=JSONSerializer)
            for name in QUEUES
        }
        self._kicked: dict[str, str] = {}
        self._kick_waiting = threading.Event()
        self._guard = threading.Lock()
        self._kicker: threading.Thread | None = None
        self._threads: list[threading.Thread] = []
        self._ticker = Ticker(sweeps, self._run_sweep)
        self.on_stop: list[Callable[[], None]] = []

    def enqueue(self, path: str, *args: Any, queue: str = "default", timeout_seconds: int = 180) -> None:
        """Queue a call of the function at a dotted path; its arguments must be JSON."""
        self._queues[queue].enqueue(
            path,
            args=args,
            job_timeout=timeout_seconds,
            result_ttl=0,
            failure_ttl=FAILURE_KEPT_SECONDS,
        )

    def kick(self, path: str, *, queue: str = "default") -> None:
        """Ask that the function at `path` run soon. Costs the caller nothing and never fails.

        However many kicks come, at most one such job waits in the queue; a function that is already
        running is run once more, since it may have looked before the newest work was there.
        """
        with self._guard:
            self._kicked[path] = queue
            if self._kicker is None and not self.stopping.is_set():
                self._kicker = threading.Thread(target=self._pass_on_kicks, name="kicker", daemon=True)
                self._kicker.start()
        self._kick_waiting.set()

    def start(self) -> None:
        """Work off the queues and run the sweeps, in threads of this process."""
        for queue in self._queues.values():
            thread = threading.Thread(
                target=self._work_off, args=(queue,), name=f"worker {queue.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._ticker.start()

    def stop(self, *, wait_seconds: float = 10.0) -> None:
        """End all threads; `on_stop` breaks off what their jobs wait for. A second call does nothing."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._kick_waiting.set()
        self._ticker.stop()
        for hook in self.on_stop:
            hook()
        if (
            self.embedded and self._threads
        ):  # wake workers that wait for work; over Redis they wake each second
            for name in QUEUES:
                self.enqueue("kit.jobs.wake", queue=name)
        for thread in [*self._threads, self._kicker]:
            if thread is not None:
                thread.join(wait_seconds)
        self.connection.close()

    def _work_off(self, queue: Queue) -> None:
        while not self.stopping.is_set():
            try:
                # Returns when it is to stop, and also where RQ itself met with something it did not expect.
                ThreadWorker(queue, self._around, self.stopping).work(logging_level="WARNING")
            except Exception:
                # Without this thread nobody would work off the queue, so whatever went wrong, it begins anew.
                logger.exception("a worker failed to start; trying again in %s s", RESTART_SECONDS)
            self.stopping.wait(RESTART_SECONDS)

    def _pass_on_kicks(self) -> None:
        while True:
            self._kick_waiting.wait()
            if self.stopping.is_set():
                return
            self._kick_waiting.clear()
            with self._guard:
                kicked, self._kicked = self._kicked, {}
            for path, queue in kicked.items():
                try:
                    self._pass_on(path, queue)
                except RedisError:
                    logger.warning("kick of %s was lost; a sweep will make up for it", path, exc_info=True)

    def take_kick(self, path: str, *, queue: str) -> bool:
        """Take a kick of the function at `path` that no worker has heard yet; tell whether there was one.

        For a function that is running and would rather look again than be run once more: it costs one
        question to Redis. Where Redis does not answer, or a worker was quicker, nothing is lost.
        """
        try:
            job_id = self.connection.getdel(PREFIX + "kick:" + path)
            if job_id is None:
                return False
            name = bytes(job_id).decode()  # type: ignore[arg-type]  # replies are not decoded here
            if self.connection.lrem(self._queues[queue].key, 1, name):
                self.connection.delete(Job.key_for(name))
        except RedisError:
            return False
        return True

    def _pass_on(self, path: str, queue: str) -> None:
        mark, job_id = PREFIX + "kick:" + path, random_text(JOB_ID_LENGTH)
        if self.connection.set(mark, job_id, nx=True, ex=KICK_KEPT_SECONDS):
            self._queues[queue].enqueue(
                path,
                job_id=job_id,
                meta={KICKED: mark},
                job_timeout=NO_TIMEOUT,
                result_ttl=0,
                failure_ttl=FAILURE_KEPT_SECONDS,
            )

    def _run_sweep(self, seconds: float, path: str) -> None:
        # Of many worker processes only the first to come runs a sweep; the mark outlives no period.
        mark = PREFIX + "sweep:" + path
        if self.connection.set(mark, b"1", nx=True, px=max(1, int(seconds * 900))):
            with self._around():
                call(path)


def _connect(redis_url: str | None) -> redis.Redis:
    """Return a connection to Redis, or to one of this process's own where there is none."""
    if redis_url:
        return redis.Redis.from_url(redis_url)
    import fakeredis  # noqa: PLC0415 - 15 MiB that a house with Redis need not carry

    return fakeredis.FakeRedis(server=fakeredis.FakeServer())


def call(path: str, *args: Any) -> Any:
    """Call the function at a dotted path such as `webhooks.jobs.drain`."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)(*args)


_in_force: Jobs | None = None


def use(jobs: Jobs | None) -> None:
    """Put a process's Jobs in force, for kick() below."""
    global _in_force  # noqa: PLW0603 - one process has one
    _in_force = jobs


def in_force() -> Jobs:
    """The Jobs in force; raises RuntimeError where app.py has put none in force, which is a defect."""
    if _in_force is None:
        raise RuntimeError("no Jobs in force; app.py has to call kit.jobs.use()")
    return _in_force


def kick(path: str, *, queue: str = "default") -> None:
    """Jobs.kick() of the Jobs in force; where there are none, a sweep of some worker finds the work."""
    if _in_force is not None:
        _in_force.kick(path, queue=queue)


def take_kick(path: str, *, queue: str = "default") -> bool:
    """Jobs.take_kick() of the Jobs in force; where there are none, nobody kicks."""
    return _in_force is not None and _in_force.take_kick(path, queue=queue)


def wake() -> None:
    """Do nothing: what a waiting worker is given so that it looks up and finds it has to end."""
