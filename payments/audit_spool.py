"""Audit rows of queries, written behind the hot path: first to a file of this process, then in batches.

A row is in the file before its answer leaves, so a killed process loses none (payments/spool_file.py):
whoever starts next in the same data folder takes over what the dead have left. A process holds a lock on
its file for as long as it lives; its number would tell less, since after a restart another one may have the
same. Rows of changes never come here; they are committed together with the change.
"""

import contextlib
import fcntl
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from kit import clock
from kit.appending import append
from kit.database import db
from payments.audit import AuditRow
from payments.scope import Caller
from payments.spool_file import SUFFIX, SpoolFile, lines_in

logger = logging.getLogger("florin.audit")

FLUSH_SECONDS = 0.2
AGAIN_SECONDS = 5.0  # after a flush that failed
BATCH = 500


class AuditSpool:
    """One process's file of rows that have not reached the database yet."""

    def __init__(self, folder: Path, around: Callable[[], AbstractContextManager[Any]]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._around = around
        self._file = SpoolFile(folder)
        self._waiting: list[dict[str, Any]] = []
        self._guard = threading.Lock()
        self._flushing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit spool", daemon=True)

    def start(self) -> None:
        """Take over what dead processes left, then write behind until stop()."""
        with self._around():
            recover(self._folder)
        self._thread.start()

    def stop(self) -> None:
        """Write what is waiting and end."""
        self._stopping.set()
        self._thread.join()
        self.flush()
        self._file.delete()

    def put(
        self, who: Caller, action: str, object_id: str | None, outcome: str, details: dict[str, Any]
    ) -> None:
        """Keep a row; it survives this process from here on."""
        row = {
            "account_id": who.account_id, "livemode": who.livemode, "created": clock.now(),
            "actor": who.actor, "action": action, "object_id": object_id, "outcome": outcome,
            "request_id": who.request_id, "address": who.address, "details": details,
        }  # fmt: skip
        line = _line(row)
        with self._guard:
            # Where rows never stop coming, those that are in the database stay in the file until it is full.
            if not self._file.append(line):
                self._file = self._file.followed([*map(_line, self._waiting), line])
            self._waiting.append(row)

    def flush(self) -> None:
        """Write all that is waiting to the database now."""
        with self._flushing:
            left = len(self._waiting)
            while left:
                rows = self._waiting[: min(left, BATCH)]
                with self._around():
                    _write(rows)
                left -= len(rows)
                with self._guard:
                    del self._waiting[: len(rows)]
                    if not self._waiting:
                        self._file.clear()

    def _run(self) -> None:
        pause = FLUSH_SECONDS
        while not self._stopping.wait(pause):
            pause = FLUSH_SECONDS
            try:
                if self._waiting:
                    self.flush()
            except Exception:
                # The rows stay in the file; without this thread they would stay there for good.
                logger.exception("audit rows could not be written; trying again in %s s", AGAIN_SECONDS)
                pause = AGAIN_SECONDS


def _line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _write(rows: list[dict[str, Any]]) -> None:
    append(AuditRow, rows)


def recover(folder: Path) -> int:
    """Write the rows that dead processes left in their files; return how many."""
    return sum(_take_over(path) for path in folder.glob(f"*{SUFFIX}"))


def _take_over(path: Path) -> int:
    """Write the rows of a file that nobody keeps; of two that come at once, one finds it locked or gone."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):
            return 0
        rows = [row for line in lines_in(file.read()) if (row := _row(line)) is not None]
        # It may have died between the batch's commit and the file's end: those rows are there already.
        known = _known([row["request_id"] for row in rows])
        missing = [row for row in rows if row["request_id"] not in known]
        for start in range(0, len(missing), BATCH):
            _write(missing[start : start + BATCH])
        path.unlink(missing_ok=True)
        return len(missing)


def _row(line: bytes) -> dict[str, Any] | None:
    """Return a line's row; None for what a full disk or a power cut has made of one."""
    try:
        row: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:
        logger.warning("an audit row of %s bytes can't be read and is left out", len(line))
        return None
    return row


def _known(request_ids: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(request_ids), BATCH):
        some = request_ids[start : start + BATCH]
        found = db.session.scalars(select(AuditRow.request_id).where(AuditRow.request_id.in_(some)))
        known.update(request_id for request_id in found if request_id is not None)
    return known


_in_force: list[AuditSpool] = []


def use(spool: AuditSpool | None) -> None:
    """Put a process's spool in force; None writes each row at once."""
    _in_force[:] = [spool] if spool else []


def in_force() -> AuditSpool | None:
    """Return the spool in force, None where rows are written at once."""
    return _in_force[0] if _in_force else None
