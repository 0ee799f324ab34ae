"""A settlement: what an acquirer says it has paid us for a day, its lines, and what of them differs."""

from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.bulk import Step
from kit.database import Base, Id, Sequence64, db
from kit.states import StateMachine
from payments.treasury import Closed

CLAIM_SECONDS = 30  # a claim that nobody has renewed for so long is a dead process's
RENEW_SECONDS = 5
RETRY_SECONDS = 15
# Of a file that is not what it should be, before it is refused; a bad line to the bank spoils some of them.
MAXIMUM_DOWNLOADS = 8
RENEW = "UPDATE settlements SET due_at = ? WHERE id = ? AND version = ? AND status = ?"


class State(StrEnum):
    """How far a settlement has come."""

    FOUND = "found"  # named by the bank, its file not yet here
    STAGED = "staged"  # its lines are here, and hash and totals are right
    POSTED = "posted"  # in the ledger
    REFUSED = "refused"  # its file is wrong: a person has to look
    FOREIGN = "foreign"  # of a merchant id that none of our contracts names


class Settlement(Base):
    """One file of one acquirer; posted to the ledger once, under its own id."""

    __tablename__ = "settlements"
    __table_args__ = (Index("ix_settlements_status", "status", "acquirer"),)

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (State.FOUND, State.STAGED): None,
            (State.FOUND, State.REFUSED): None,
            (State.STAGED, State.POSTED): None,
            (State.REFUSED, State.FOUND): None,
        }
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    acquirer: Mapped[str]
    bank_id: Mapped[str]
    seq: Mapped[int]
    merchant_id: Mapped[str]
    currency: Mapped[str]
    business_date: Mapped[str]
    line_count: Mapped[int]
    gross_minor: Mapped[int]
    costs_minor: Mapped[int]
    net_minor: Mapped[int]
    sha256: Mapped[str]
    closed_at: Mapped[int]
    created: Mapped[int]
    version: Mapped[int]
    status: Mapped[str]
    download: Mapped[int]  # which download's lines count
    due_at: Mapped[int]  # a claim or a failed attempt puts it into the future
    staged_at: Mapped[int | None]
    posted_at: Mapped[int | None]
    matched_count: Mapped[int | None]
    difference_count: Mapped[int | None]

    @classmethod
    def found(cls, acquirer: str, closed: Closed, *, ours: bool) -> "Settlement":
        """Collect a settlement that the bank has named; DuplicateRow tells the edge that it is known."""
        now = clock.now()
        settlement = cls(
            id=f"{acquirer}:{closed.id}", acquirer=acquirer, bank_id=closed.id, seq=closed.seq,
            merchant_id=closed.merchant_id, currency=closed.currency, business_date=closed.business_date,
            line_count=closed.line_count, gross_minor=closed.gross_minor, costs_minor=closed.costs_minor,
            net_minor=closed.net_minor, sha256=closed.sha256, closed_at=closed.closed_at, created=now,
            version=1, status=(State.FOUND if ours else State.FOREIGN).value, download=0, due_at=now,
            staged_at=None, posted_at=None, matched_count=None, difference_count=None,
        )  # fmt: skip
        db.session.add(settlement)
        return settlement

    def claim(self) -> None:
        """Take the file for this process: a download of its own, whose lines stand apart from any other's."""
        self.download += 1
        self.due_at = clock.now() + CLAIM_SECONDS

    def renewal(self) -> Step:
        """Return the step that keeps the claim; it touches no row where another process has taken it over."""
        values = (clock.now() + CLAIM_SECONDS, self.id, self.version, State.FOUND.value)
        return Step(RENEW, values, 1)

    def put_off(self) -> None:
        """Let another attempt come later."""
        self.due_at = clock.now() + RETRY_SECONDS

    def move(self, state: State) -> None:
        """Take the settlement to its next state; raises IllegalTransition."""
        self.transitions.event_for(self.status, state)
        self.status = state.value
        self.due_at = clock.now()


class SettlementLine(Base):
    """One movement of one download; `transaction_id` is the balance transaction it settles, once ever."""

    __tablename__ = "settlement_lines"
    __table_args__ = (
        Index("ux_settlement_lines_transaction", "transaction_id", unique=True),
        Index("ix_settlement_lines_reference", "reference"),
    )

    settlement_id: Mapped[Id] = mapped_column(primary_key=True)
    download: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    reference: Mapped[str]
    authorization: Mapped[str]
    presentment_minor: Mapped[int]
    presentment_currency: Mapped[str]
    gross_minor: Mapped[int]
    interchange_minor: Mapped[int]
    scheme_minor: Mapped[int]
    margin_minor: Mapped[int]
    net_minor: Mapped[int]
    transaction_id: Mapped[Id | None]


class Difference(Base):
    """One thing that an acquirer's books and ours don't agree on. It is named and kept; it mends nothing."""

    __tablename__ = "settlement_differences"
    __table_args__ = (
        Index("ix_settlement_differences_open", "resolved_at", "seq"),
        Index("ix_settlement_differences_transaction", "transaction_id"),
    )

    seq: Mapped[Sequence64]
    created: Mapped[int]
    acquirer: Mapped[str]
    settlement_id: Mapped[Id | None]
    number: Mapped[int | None]
    kind: Mapped[str]
    reference: Mapped[str | None]
    transaction_id: Mapped[Id | None]
    account_id: Mapped[Id | None]
    ours: Mapped[str | None]
    theirs: Mapped[str | None]
    resolved_at: Mapped[int | None]

    def as_json(self) -> dict[str, Any]:
        """Return the difference as a report shows it."""
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class SettledAccount(Base):
    """A merchant whose money a settlement has brought, until its balance has been announced and paid out."""

    __tablename__ = "settled_accounts"
    __table_args__ = (Index("ix_settled_accounts_waiting", "announced_at", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    settlement_id: Mapped[Id]
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    version: Mapped[int]
    announced_at: Mapped[int | None]


class SettlementSource(Base):
    """How far an acquirer's list has been read, and until when its cut-offs surely hold all our movements."""

    __tablename__ = "settlement_sources"

    acquirer: Mapped[Id] = mapped_column(primary_key=True)
    version: Mapped[int]
    seq: Mapped[int]
    cut_offs: Mapped[int]
    asked_at: Mapped[int]  # when the list was last asked for, before the answer
    complete_until: Mapped[int]  # what we had recorded by then has been cleared, or is missing there
    checked_until: Mapped[int]  # up to where that has been looked for

    @classmethod
    def of(cls, acquirer: str) -> "SettlementSource":
        """Return an acquirer's row, a new one where there is none."""
        found = db.session.get(cls, acquirer, populate_existing=True)
        if found is None:
            found = cls(
                acquirer=acquirer, version=1, seq=0, cut_offs=0, asked_at=0, complete_until=0, checked_until=0
            )
            db.session.add(found)
        return found


def due(state: State, acquirer: str | None = None, limit: int = 100) -> list[str]:
    """Return the ids of settlements in a state that nobody has claimed, in the order of their closing."""
    query = select(Settlement.id).where(Settlement.status == state.value, Settlement.due_at <= clock.now())
    if acquirer is not None:
        query = query.where(Settlement.acquirer == acquirer)
    return list(db.session.scalars(query.order_by(Settlement.acquirer, Settlement.seq).limit(limit)))
