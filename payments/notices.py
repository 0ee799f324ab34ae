"""Notices of banks: what came in, once each, and who looks after which kind.

A notice is only a wake-up. Its handler fetches the truth from the bank and records what follows, whatever
the order in which notices come and however often. Without any notice the sweeps reach the same end.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import bulk, clock
from kit.database import Base, Id, db, load

# kind -> (acquirer's name, subject at that bank); wired in app.py. It may ask the bank, never with rows
# of its own unwritten, and collects what follows; the job's edge commits that with the notice's end.
HANDLERS: dict[str, Callable[[str, str], None]] = {}

# Seconds until a notice whose handler failed is tried again; the last of them goes on, as a bank may be
# away for days.
RETRY_SECONDS = (1, 2, 5, 10, 20, 30)
KEPT_SECONDS = 30 * 24 * 3600  # so long a repetition is known as one, and a failure is tried again
BATCH = 100


class BankNotice(Base):
    """One notice of one bank, whose name stands in the id: two banks may give out the same one."""

    __tablename__ = "bank_notices"
    __table_args__ = (
        Index(
            "ix_bank_notices_due", "due_at", "id",
            sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    acquirer: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    created: Mapped[int]
    version: Mapped[int]
    attempts: Mapped[int]
    due_at: Mapped[int | None]  # when its handler is due; None once that is over

    @classmethod
    def take_in(cls, acquirer: str, notice_id: str, kind: str, subject: str) -> "BankNotice":
        """Collect a notice; the edge learns from DuplicateRow that it is an old acquaintance."""
        now = clock.now()
        notice = cls(
            id=f"{acquirer}:{notice_id}",
            acquirer=acquirer,
            kind=kind,
            subject=subject,
            created=now,
            version=1,
            attempts=0,
            due_at=now if kind in HANDLERS else None,
        )
        db.session.add(notice)
        return notice

    def failed(self) -> None:
        """Put the notice off until its next attempt."""
        self.due_at = clock.now() + RETRY_SECONDS[min(self.attempts, len(RETRY_SECONDS) - 1)]
        self.attempts += 1


def due(after: str = "", *, resting: Sequence[str] = ()) -> list[str]:
    """Return the ids of notices that wait for their handlers, a batch from behind `after`.

    Those of banks that are `resting` are left out, so that no outage holds up what others have told.
    """
    row = BankNotice
    waiting = (row.due_at <= clock.now()) & row.acquirer.not_in(resting) & (row.id > after)
    return list(db.session.scalars(select(row.id).where(waiting).order_by(row.id).limit(BATCH)))


class NoticeCursor(Base):
    """How far we have read a bank's notices again, which come to light there in order."""

    __tablename__ = "bank_notice_cursors"

    id: Mapped[Id] = mapped_column(primary_key=True)  # the acquirer's name
    seq: Mapped[int]
    version: Mapped[int]

    @classmethod
    def of(cls, acquirer: str) -> "NoticeCursor":
        """Return an acquirer's cursor, a new one where it has none yet."""
        cursor = load(cls, acquirer)
        if cursor is None:
            cursor = cls(id=acquirer, seq=0, version=1)
            db.session.add(cursor)
        return cursor


def unknown_of(acquirer: str, notice_ids: Sequence[str]) -> set[str]:
    """Return those of a bank's notices that never reached us."""
    ids = [f"{acquirer}:{notice_id}" for notice_id in notice_ids]
    known = set(db.session.scalars(select(BankNotice.id).where(BankNotice.id.in_(ids))))
    return {notice_id for notice_id in notice_ids if f"{acquirer}:{notice_id}" not in known}


def forget_old() -> int:
    """Delete old notices; return how many."""
    return bulk.delete_where(BankNotice, BankNotice.created < clock.now() - KEPT_SECONDS)
