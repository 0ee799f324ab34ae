"""The audit log's hash chain, sealed in batches behind the hot path, so that tampering shows.

Each seal holds the digest of its rows and of the seal before it. The head of the chain is also
appended to a file outside the database (`anchor`), so that rewriting all seals shows as well.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import BigInteger, Index, Integer, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, db
from payments.audit import AuditRow

# Rows this young are left to the hot path.
SETTLED_SECONDS = 10
# A write that is under way may have taken a number below the newest; so often is looked for its end.
LOOKS = 20
LOOK_AGAIN_SECONDS = 0.05
BATCH_ROWS = 5_000
BEGINNING = "0" * 64
HEAD_FILE = "audit_head.log"  # in the data folder

_COLUMNS = AuditRow.__table__.columns


class AuditSeal(Base):
    """One sealed batch of audit rows. Append-only, as they are."""

    __tablename__ = "audit_seals"
    __table_args__ = (
        Index("ix_audit_seals_sealed_at", "sealed_at", "seq"),
        Index("ix_audit_seals_last_seq", "last_seq"),
    )

    # Counted by hand: of two processes that seal at once, the second finds its number taken.
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    first_seq: Mapped[int]
    last_seq: Mapped[int]
    row_count: Mapped[int]
    digest: Mapped[str]
    previous_digest: Mapped[str]
    sealed_at: Mapped[int]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first batch that is not as it was sealed."""

    seal_seq: int
    first_seq: int
    last_seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class Head:
    """The digests of the seals as they were anchored, and the lines that can't be read."""

    digests: dict[int, str]
    torn_lines: list[int]


def seal_next() -> AuditSeal | None:
    """Collect the seal of the next batch of settled rows; None where there is nothing to seal yet."""
    settled_seq = _settled_seq()
    last = db.session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).first()
    after = last.last_seq if last else 0
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(_COLUMNS.seq > after, _COLUMNS.seq <= settled_seq)
        .order_by(_COLUMNS.seq)
        .limit(BATCH_ROWS)
    ).all()
    young = clock.now() - SETTLED_SECONDS
    settled = next((position for position, row in enumerate(rows) if row.created > young), len(rows))
    if settled == 0:
        return None
    previous = last.digest if last else BEGINNING
    seal = AuditSeal(
        seq=last.seq + 1 if last else 1,
        first_seq=rows[0].seq,
        last_seq=rows[settled - 1].seq,
        row_count=settled,
        digest=_digest(previous, rows[:settled]),
        previous_digest=previous,
        sealed_at=clock.now(),
    )
    db.session.add(seal)
    return seal


def anchor(seal: AuditSeal, head_file: Path) -> None:
    """Append a committed seal to the file that keeps the chain's head outside the database."""
    line = orjson.dumps({"seal": seal.seq, "last_seq": seal.last_seq, "digest": seal.digest}) + b"\n"
    with head_file.open("a+b") as file:
        if _is_torn(file):
            line = b"\n" + line  # a crash cut the last line off; this one must not be lost with it
        file.write(line)


def verify(
    head_file: Path | None = None, on_seal: Callable[[AuditSeal], None] = lambda _: None
) -> Broken | None:
    """Walk the whole chain; return the first batch that is not as it was sealed, or None where all are.

    With the head's file, its seals are compared too: a chain rewritten or cut as a whole shows there.
    `on_seal` hears of each batch that is as it was sealed.
    """
    anchored = read_head(head_file).digests if head_file is not None else {}
    digest, after, expected = BEGINNING, 0, 1
    for seal in _seals():
        problem = problem_of(seal, expected, digest, after) or _anchor_problem(seal, anchored)
        if problem is not None:
            return Broken(seal.seq, seal.first_seq, seal.last_seq, problem)
        digest, after, expected = seal.digest, seal.last_seq, expected + 1
        on_seal(seal)
    if anchored and max(anchored) >= expected:
        return Broken(expected, after + 1, after + 1, "the seal is missing, though the head's file has it")
    return None


def _seals() -> Iterator[AuditSeal]:
    after = 0
    while True:
        page = db.session.scalars(
            select(AuditSeal).where(AuditSeal.seq > after).order_by(AuditSeal.seq).limit(100)
        ).all()
        if not page:
            return
        yield from page
        after = page[-1].seq


def problem_of(seal: AuditSeal, expected: int, previous: str, after: int) -> str | None:
    """Return what is wrong with a seal that follows row `after` and a digest; None for nothing."""
    if seal.seq != expected:
        return f"seal {expected} is missing"
    if seal.previous_digest != previous:
        return "the seal does not follow the one before it"
    # From the end of the batch before: a row put into a gap of the numbers counts as well.
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(_COLUMNS.seq > after, _COLUMNS.seq <= seal.last_seq)
        .order_by(_COLUMNS.seq)
        .limit(seal.row_count + 1)
    ).all()
    if len(rows) != seal.row_count:
        found = "more" if len(rows) > seal.row_count else len(rows)
        return f"{seal.row_count} rows were sealed and {found} are there"
    if _digest(previous, rows) != seal.digest:
        return "a row was changed after it was sealed"
    return None


def _anchor_problem(seal: AuditSeal, anchored: dict[int, str]) -> str | None:
    if anchored.get(seal.seq, seal.digest) != seal.digest:
        return "the seal is not the one in the head's file"
    return None


def read_head(head_file: Path) -> Head:
    """Return what the head's file holds; what a crash or a full disk has made of a line is counted."""
    head = Head({}, [])
    if not head_file.exists():
        return head
    for number, line in enumerate(head_file.read_bytes().splitlines(), 1):
        try:
            entry = orjson.loads(line)
            head.digests[entry["seal"]] = entry["digest"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            head.torn_lines.append(number)
    return head


def _is_torn(file: IO[bytes]) -> bool:
    """Tell whether the last line of a file has no end."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _digest(previous: str, rows: Any) -> str:
    chain = hashlib.sha256(previous.encode())
    for row in rows:
        # Keys sorted, since PostgreSQL's JSONB keeps no order; a line each, so that no two rows read as one.
        chain.update(orjson.dumps(list(row), option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
    return chain.hexdigest()


def _settled_seq() -> int:
    """Return a number up to which no further row can appear; 0 where that can't be told now.

    Numbers are taken before the commit, so on PostgreSQL a lower one may come after a higher one. Once all
    transactions that were open when the newest row was seen have ended, nothing below it is still on its way.
    SQLite has one writer at a time: its numbers come in the order of the commits.
    """
    newest, asked_at = db.session.execute(
        select(
            func.coalesce(func.max(_COLUMNS.seq), 0), func.now() if _is_sqlite() else func.clock_timestamp()
        )
    ).one()
    if _is_sqlite():
        return int(newest)
    for _ in range(LOOKS):
        if not db.session.scalar(_STILL_OPEN, {"asked_at": asked_at}):
            return int(newest)
        threading.Event().wait(LOOK_AGAIN_SECONDS)
    return 0


_STILL_OPEN = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend' AND xact_start <= :asked_at"
)


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
