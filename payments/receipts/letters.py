"""Letters that wait to be sent: facts that commit together with what they tell of, as events' deliveries do.

A letter has a key of its own, so the same one is never written twice. It is claimed before it is sent: two
workers never send one claim, and a worker that dies leaves a claim that ends. Its Message-ID stays the
same, so that a copy which a crash between sending and recording has caused can be told as one.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from kit.ids import new_id
from payments import audit
from payments.scope import caller

CLAIM_SECONDS = 120
# From each failure to the next try; after the last a letter is given up.
PAUSES_SECONDS = (60, 300, 1800, 7200, 6 * 3600, 24 * 3600)
MOST_TRIES = len(PAUSES_SECONDS) + 1
LONGEST_PROBLEM = 300
ENDED_ITS_WORKERS = "its workers ended before they could say what became of it"


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter written out; `sender` is the name beside the house's address, None for the house itself."""

    subject: str
    text: str
    html: str
    sender: str | None


class Letter(Base):
    """One mail to one recipient: `kind` says what about, `object_id` of what. Once sent it is not due."""

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_due", "due_at"),
        Index("ix_letters_object", "object_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    kind: Mapped[str]
    object_id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    facts: Mapped[dict[str, Any]]
    created: Mapped[int]
    due_at: Mapped[int | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[int | None]
    given_up_at: Mapped[int | None]
    problem: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def write(
        cls, kind: str, object_id: str, recipient: str, *, occasion: str = "", **facts: Any
    ) -> "Letter":
        """Collect a letter of the caller's account; `occasion` tells several about one object apart."""
        who = caller()
        letter = cls(
            id=new_id("letter_"), account_id=who.account_id, livemode=who.livemode, kind=kind,
            object_id=object_id, key=_key(kind, object_id, recipient, occasion), recipient=recipient,
            facts=facts, created=clock.now(), due_at=clock.now(), tries=0, sent_at=None, given_up_at=None,
            problem=None, version=1,
        )  # fmt: skip
        db.session.add(letter)
        return letter

    @classmethod
    def is_written(cls, kind: str, object_id: str, recipient: str, occasion: str = "") -> bool:
        """Tell whether there is such a letter already, collected in this very unit of work or before."""
        key = _key(kind, object_id, recipient, occasion)
        if any(isinstance(row, cls) and row.key == key for row in db.session.new):
            return True
        return db.session.scalar(select(cls.id).where(cls.key == key)) is not None

    def claim(self) -> bool:
        """Keep everybody else from sending it for a while; the commit of the claim says who has it.

        False where it has been tried as often as may be: its last worker left no word, having died of it, so
        it is given up here. Each worker that is left without an end waits as long as a failure does.
        """
        if self.tries >= MOST_TRIES:
            self._give_up(ENDED_ITS_WORKERS)
            return False
        self.tries += 1
        self.due_at = clock.now() + max(CLAIM_SECONDS, self._pause_seconds())
        return True

    def sent(self, way: str) -> None:
        """Collect that it has left the house, and by which way."""
        self.sent_at, self.due_at, self.problem = clock.now(), None, None
        audit.record("letter.sent", self.object_id, letter=self.id, kind=self.kind, way=way)

    def failed(self, problem: str, *, for_good: bool = False) -> None:
        """Collect that it could not be sent: it waits for the next try, or is given up."""
        self.problem = problem[:LONGEST_PROBLEM]
        if not for_good and self.tries < MOST_TRIES:
            self.due_at = clock.now() + self._pause_seconds()
            return
        self._give_up(problem)

    def _pause_seconds(self) -> int:
        return PAUSES_SECONDS[min(self.tries, len(PAUSES_SECONDS)) - 1]

    def _give_up(self, problem: str) -> None:
        self.problem = problem[:LONGEST_PROBLEM]
        self.due_at, self.given_up_at = None, clock.now()
        audit.record("letter.given_up", self.object_id, letter=self.id, kind=self.kind, tries=self.tries)


def due(count: int) -> list[str]:
    """Return the ids of letters that may be sent now, the longest due first."""
    query = select(Letter.id).where(Letter.due_at <= clock.now()).order_by(Letter.due_at, Letter.id)
    return list(db.session.scalars(query.limit(count)))


def _key(kind: str, object_id: str, recipient: str, occasion: str) -> str:
    return f"{kind}:{object_id}:{occasion}:{recipient.lower()}"
