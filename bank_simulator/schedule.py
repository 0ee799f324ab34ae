"""What the bank does by itself later: rows with a due time, each carried out in one transaction, once.

A room that has such work calls `put` in the transaction that makes it necessary, and enters the function
that does it into HANDLERS under the same kind. A handler gets the transaction, the subject and the bank's
time; its work and the mark that it is done stand or fall together. It may put further rows. One that
changes an authorisation locks it first (`storage.lock`), as a caller's request does.
"""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    false,
    insert,
    select,
    update,
)

from bank_simulator.storage import Storage
from bank_simulator.tables import metadata

logger = logging.getLogger("bank.schedule")

Handler = Callable[[Connection, str, int], None]

HANDLERS: dict[str, Handler] = {}

TICK_SECONDS = 0.1
BATCH = 100
PAUSE_AFTER_FAILURE_SECONDS = 1.0

schedule = Table(
    "bank_schedule",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("due_at", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("done", Boolean, nullable=False),
    Index("ix_bank_schedule_due", "done", "due_at"),
)


def put(tx: Connection, due_at: int, kind: str, subject: str) -> None:
    """Has HANDLERS[kind] run with `subject` once the bank's clock has reached `due_at`."""
    tx.execute(_put, {"due_at": due_at, "kind": kind, "subject": subject, "done": False})


class Clockwork:
    """Runs what is due: in a thread once started, and at once for whoever calls `run_due`."""

    def __init__(self, storage: Storage, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._clock = clock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._paused: dict[int, float] = {}  # rows that failed, until when they wait, by time.monotonic

    def start(self) -> None:
        self._thread = threading.Thread(target=self._tick, name="bank schedule", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)

    def run_due(self) -> int:
        """Runs all that is due, and what that makes due; returns how much it was."""
        total = 0
        while ran := sum(self._run(row_id, kind, subject) for row_id, kind, subject in self._due()):
            total += ran
        return total

    def hasten(self, kind: str, subject: str, within_seconds: int) -> None:
        """Does at once what would fall due for a subject within so many seconds."""
        values = {"kind": kind, "subject": subject, "now": int(self._clock()) + within_seconds}
        for row in self._storage.read(lambda tx: tx.execute(_of_subject, values).all()):
            self._run(row.id, kind, subject)

    def _due(self) -> list[tuple[int, str, str]]:
        now = time.monotonic()
        self._paused = {row_id: until for row_id, until in self._paused.items() if until > now}
        values = {"now": int(self._clock()), "kinds": list(HANDLERS), "paused": list(self._paused)}
        rows = self._storage.read(lambda tx: tx.execute(_due, values).all())
        return [(row.id, row.kind, row.subject) for row in rows]

    def _run(self, row_id: int, kind: str, subject: str) -> bool:
        """Claims and runs one row in one transaction; a row of another process's is left to it."""

        def work(tx: Connection) -> bool:
            if tx.execute(_claim, {"row": row_id}).first() is None:
                return False
            tx.execute(_finish, {"row": row_id})
            HANDLERS[kind](tx, subject, int(self._clock()))
            return True

        try:
            return self._storage.write(subject, work)
        except Exception:
            # One row that cannot be done must not keep the others waiting.
            logger.exception("%s of %s failed; it is tried again", kind, subject)
            self._paused[row_id] = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            return False

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            try:
                self.run_due()
            except Exception:
                logger.exception("the schedule could not be read; trying again")


_columns = schedule.c
_put = insert(schedule)
_due = (
    select(_columns.id, _columns.kind, _columns.subject)
    .where(
        _columns.done == false(),
        _columns.due_at <= bindparam("now"),
        _columns.kind.in_(bindparam("kinds", expanding=True)),
        _columns.id.not_in(bindparam("paused", expanding=True)),
    )
    .order_by(_columns.due_at, _columns.id)
    .limit(BATCH)
)
_of_subject = (
    select(_columns.id)
    .where(
        _columns.done == false(),
        _columns.due_at <= bindparam("now"),
        _columns.kind == bindparam("kind"),
        _columns.subject == bindparam("subject"),
    )
    .order_by(_columns.id)
)
_claim = (
    select(_columns.id)
    .where(_columns.id == bindparam("row"), _columns.done == false())
    .with_for_update(skip_locked=True)
)
_finish = update(schedule).where(_columns.id == bindparam("row")).values(done=True)
