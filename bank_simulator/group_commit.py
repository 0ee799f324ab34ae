"""Group commit for SQLite: threads that write at the same moment share one transaction and one fsync."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

T = TypeVar("T")


class Job(Generic[T]):
    """One piece of work. Its outcome is told only after the transaction that holds it is on the disk."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work
        self._result: list[T] = []
        self._problem: BaseException | None = None
        self.finished = False

    def alone(self, tx: Connection) -> None:
        self._result.append(self._work(tx))

    def among_others(self, tx: Connection) -> None:
        """A savepoint keeps the failure of one job from its neighbours."""
        try:
            with tx.begin_nested():
                self._result.append(self._work(tx))
        except IntegrityError as problem:
            self._problem = problem
        except DBAPIError:
            # A full disk, for one, makes SQLite roll back the whole transaction: no neighbour's work stands.
            raise
        except Exception as problem:  # noqa: BLE001 -- raised again in the thread that asked for the work
            self._problem = problem

    def fail(self, problem: BaseException) -> None:
        self._problem = problem

    def outcome(self) -> T:
        if self._problem is not None:
            raise self._problem
        return self._result[0]


class GroupCommit:
    """Whoever finds no leader leads: it takes all that waits, writes it in one transaction and wakes all."""

    def __init__(self, begin: Callable[[], Connection]) -> None:
        self._begin = begin
        self._turn = threading.Condition()
        self._waiting: list[Job[Any]] = []
        self._led = False

    def run(self, work: Callable[[Connection], T]) -> T:
        job = Job(work)
        with self._turn:
            self._waiting.append(job)
            self._turn.wait_for(lambda: job.finished or not self._led)
            if job.finished:
                return job.outcome()
            self._led = True
            batch, self._waiting = self._waiting, []
        try:
            self._write(batch)
        finally:
            with self._turn:
                for member in batch:
                    member.finished = True
                self._led = False
                self._turn.notify_all()
        return job.outcome()

    def _write(self, batch: list[Job[Any]]) -> None:
        try:
            with self._begin() as connection, connection.begin():
                if len(batch) == 1:
                    batch[0].alone(connection)
                else:
                    for job in batch:
                        job.among_others(connection)
        except BaseException as problem:
            for job in batch:
                job.fail(problem)
            raise
