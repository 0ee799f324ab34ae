"""One move in a dispute: written before the bank is asked, closed by what is known of its answer."""

from typing import Any

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from kit.ids import new_id
from payments.cases import Evidence
from payments.charging.disputes import Dispute
from payments.scope import caller

# Longer than a bank's deadline, so that no request still waits for the answer; then from look to look.
FIRST_LOOK_SECONDS = 30
LOOK_SECONDS = 5
BATCH = 100


class Filing(Base):
    """Evidence for the bank, or None for giving in. Its id is our reference there, carried out once."""

    __tablename__ = "dispute_filings"
    __table_args__ = (
        Index(
            "ix_dispute_filings_open", "look_at", "id",
            sqlite_where=text("look_at IS NOT NULL"), postgresql_where=text("look_at IS NOT NULL"),
        ),
        Index("ix_dispute_filings_dispute", "dispute_id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    version: Mapped[int]
    dispute_id: Mapped[Id]
    evidence: Mapped[dict[str, Any] | None]
    look_at: Mapped[int | None]  # when to ask again; None once the bank has answered
    refusal: Mapped[str | None]

    @classmethod
    def begin(cls, dispute: Dispute, evidence: dict[str, Any] | None) -> "Filing":
        """Collect a move and lock the dispute until it is answered."""
        who = caller()
        now = clock.now()
        filing = cls(
            id=new_id("dfl_"),
            account_id=who.account_id,
            livemode=who.livemode,
            created=now,
            version=1,
            dispute_id=dispute.id,
            evidence=evidence,
            look_at=now + FIRST_LOOK_SECONDS,
            refusal=None,
        )
        db.session.add(filing)
        dispute.filing_id = filing.id
        return filing

    def question(self, dispute: Dispute) -> Evidence:
        """Return what the bank is asked, the same each time it is asked."""
        return Evidence(self.id, dispute.bank_dispute_id, self.evidence)

    def close(self, refusal: str | None = None) -> None:
        """Take the move to its end; it is final."""
        self.look_at = None
        self.refusal = refusal

    def wait(self) -> None:
        """The bank gave no answer: ask again in a while."""
        self.look_at = clock.now() + LOOK_SECONDS


def open_filings(after: str = "") -> list[str]:
    """Return the ids of moves that are due to be asked again, a batch from behind `after`."""
    row = Filing
    query = select(row.id).where(row.look_at <= clock.now(), row.id > after).order_by(row.id).limit(BATCH)
    return list(db.session.scalars(query))
