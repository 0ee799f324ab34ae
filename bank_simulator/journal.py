"""The bank's journal: one row for each operation with the answer it got, written once and never changed."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from bank_simulator.tables import journal


@dataclass(frozen=True)
class Stamp:
    """When an operation came, and the digest of what it asked."""

    content_digest: str
    now: int


@dataclass(frozen=True)
class Entry:
    """What an operation did. `answer` is the body that its caller gets, today and on every repeat."""

    kind: str
    reference: str
    authorization: str
    content_digest: str
    outcome: str
    amount_minor: int
    answer: dict[str, Any]
    created: int
    currency: str | None = None
    reason: str | None = None
    response_code: str | None = None
    card_masked: str | None = None
    card_fingerprint: str | None = None


@dataclass(frozen=True)
class Earlier:
    """An operation that already stands under a reference."""

    content_digest: str
    answer: str


def find(tx: Connection, reference: str) -> Earlier | None:
    row = tx.execute(_find, {"reference": reference}).first()
    return None if row is None else Earlier(row.content_digest, row.answer)


def append(tx: Connection, entry: Entry) -> str:
    """Writes the row and returns the answer's text, which a repeat of the reference will read again."""
    text = json.dumps(entry.answer, separators=(",", ":"))
    tx.execute(_append, {**vars(entry), "answer": text})
    return text


def page(tx: Connection, after: int, limit: int) -> dict[str, Any]:
    """Rows in the order in which they were written, `after` a seq; for auditors and tests."""
    rows = tx.execute(_page, {"after": after, "limit": limit + 1}).mappings().all()
    return {
        "object": "list",
        "data": [{"object": "journal_entry", **row} for row in rows[:limit]],
        "has_more": len(rows) > limit,
    }


def mask(number: str) -> str:
    """First six and last four, as PCI DSS allows; a number too short for that shows its last four only."""
    shown = 6 if len(number) >= 13 else 0
    return number[:shown] + "*" * (len(number) - shown - 4) + number[-4:]


def fingerprint(key: bytes, number: str) -> str:
    """Keyed, since a plain digest of a card number falls to guessing in less than a second."""
    return hmac.new(key, b"card:" + number.encode(), hashlib.sha256).hexdigest()


def content_digest(key: bytes, content: dict[str, Any]) -> str:
    """Tells a repeat from another request under the same reference. `content` must not hold a CVC."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, b"content:" + canonical.encode(), hashlib.sha256).hexdigest()


_columns = journal.c
_find = select(_columns.content_digest, _columns.answer).where(_columns.reference == bindparam("reference"))
_append = insert(journal)
_page = (
    select(*(column for column in _columns if column.name not in {"answer", "content_digest"}))
    .where(_columns.seq > bindparam("after"))
    .order_by(_columns.seq)
    .limit(bindparam("limit"))
)
