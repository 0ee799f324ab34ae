"""Notices: what the bank tells Florin unasked. Signed, sent at least once, in no promised order.

A notice is written in the transaction of the fact that it is about (`put`), and posted afterwards by a
thread until it is answered with 2xx. It says only what has changed; how it stands now has to be asked.
Who has missed some can read them all again (`page`).
"""

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

import urllib3
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
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

logger = logging.getLogger("bank.notices")

TICK_SECONDS = 0.1
BATCH = 50
ANSWER_SECONDS = 5.0
# Another process takes a notice over once the one that claimed it must have died.
LEASE_SECONDS = 2 * ANSWER_SECONDS
# Seconds until the next attempt; after the last of them it stays at that.
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

notices = Table(
    "bank_notices",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float(53), nullable=False),  # real time: a clock moved by hand must not hurry retries
    Column("delivered", Boolean, nullable=False),
    Index("ix_bank_notices_due", "delivered", "next_at"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class Notice:
    id: str
    kind: str
    subject: str
    created: int
    attempts: int


def put(tx: Connection, kind: str, subject: str) -> None:
    """Has Florin told that `subject` is worth a look; in the transaction that changes it."""
    now = time.time()
    row = {"id": f"ntc_{secrets.token_hex(16)}", "kind": kind, "subject": subject, "created": int(now)}
    tx.execute(_put, {**row, "attempts": 0, "next_at": now, "delivered": False})


def page(tx: Connection, after: int, limit: int) -> dict[str, Any]:
    """All that was ever told, in order, `after` a seq; for a caller who may have missed some of it.

    To be read with `whole_journal`, so that no lower seq comes later than a higher one.
    """
    rows = tx.execute(_page, {"after": after, "limit": limit + 1}).mappings().all()
    return {
        "object": "list",
        "data": [{"object": "notice", **row} for row in rows[:limit]],
        "has_more": len(rows) > limit,
    }


def key_of(secret: str) -> str:
    """The key of the signatures, made of the secret that bank and caller share."""
    return hmac.new(secret.encode(), b"notices", hashlib.sha256).hexdigest()


def signature(key: str, body: bytes, now: int) -> str:
    signed = hmac.new(key.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={signed}"


class Messenger:
    """Posts what waits in the outbox: in a thread once started, and at once for whoever calls `send_due`."""

    def __init__(self, storage: Storage, *, bank_name: str, url: str, secret: str) -> None:
        self._storage = storage
        self._bank_name = bank_name
        self._url = url
        self._key = key_of(secret)
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=ANSWER_SECONDS))
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._tick, name="bank notices", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2 * ANSWER_SECONDS)
        self._pool.clear()

    def send_due(self) -> int:
        """Posts each notice that is due once; returns how many were taken."""
        taken = 0
        for row in self._storage.read(lambda tx: tx.execute(_due, {"now": time.time()}).all()):
            if self._stopping.is_set():
                break
            if self._claimed(row.id, row.attempts):
                taken += 1
                notice = Notice(row.id, row.kind, row.subject, row.created, row.attempts)
                self._settle(notice, delivered=self._posted(notice))
        return taken

    def _claimed(self, notice_id: str, attempts: int) -> bool:
        values = {"notice": notice_id, "seen": attempts, "until": time.time() + LEASE_SECONDS}
        return self._storage.write(notice_id, lambda tx: tx.execute(_claim, values).rowcount == 1)

    def _posted(self, notice: Notice) -> bool:
        told = {"id": notice.id, "kind": notice.kind, "subject": notice.subject, "created": notice.created}
        body = json.dumps({**told, "bank": self._bank_name}).encode()
        headers = {
            "Content-Type": "application/json",
            "Bank-Signature": signature(self._key, body, int(time.time())),
        }
        try:
            answer = self._pool.request("POST", self._url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError:
            return False
        return 200 <= answer.status < 300

    def _settle(self, notice: Notice, *, delivered: bool) -> None:
        pause = RETRY_SECONDS[min(notice.attempts, len(RETRY_SECONDS) - 1)]
        values = {"notice": notice.id, "delivered_now": delivered, "again_at": time.time() + pause}
        self._storage.write(notice.id, lambda tx: tx.execute(_mark, values))

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            try:
                while self.send_due() == BATCH:
                    continue
            except Exception:
                logger.exception("the notices could not be read; trying again")


_columns = notices.c
_put = insert(notices)
_due = (
    select(_columns.id, _columns.kind, _columns.subject, _columns.created, _columns.attempts)
    .where(_columns.delivered == false(), _columns.next_at <= bindparam("now"))
    .order_by(_columns.next_at)
    .limit(BATCH)
)
_page = (
    select(_columns.seq, _columns.id, _columns.kind, _columns.subject, _columns.created)
    .where(_columns.seq > bindparam("after"))
    .order_by(_columns.seq)
    .limit(bindparam("limit"))
)
_claim = (
    update(notices)
    .where(
        _columns.id == bindparam("notice"),
        _columns.delivered == false(),
        _columns.attempts == bindparam("seen"),
    )
    .values(attempts=_columns.attempts + 1, next_at=bindparam("until"))
)
_mark = (
    update(notices)
    .where(_columns.id == bindparam("notice"))
    .values(delivered=bindparam("delivered_now"), next_at=bindparam("again_at"))
)
