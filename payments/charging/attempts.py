"""One question to a bank: written before it is asked, closed by what is known of the answer."""

from enum import StrEnum
from typing import Any, ClassVar
from zlib import crc32

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, StaleWrite, db
from kit.ids import new_id
from kit.states import StateMachine
from payments.errors import NotFound
from payments.scope import caller


class Kind(StrEnum):
    """What was asked."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    REFUND = "refund"
    VOID = "void"
    VERIFY = "verify"  # an authorisation of zero, which keeps a card; its intent is a setup intent


class State(StrEnum):
    """How far the question has come; challenged: the customer is at the bank, pending: it is still open."""

    ASKED = "asked"
    UNKNOWN = "unknown"
    CHALLENGED = "challenged"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


ENDS = frozenset((State.SUCCEEDED, State.FAILED))
# The end comes without our asking: through the customer's return, a notice, or a look now and then.
WAITING = frozenset((State.CHALLENGED, State.PENDING))
FIRST_LOOK_SECONDS = 30
LONGEST_LOOK_SECONDS = 3600

# Longer than a bank's deadline, so that no request still waits for the answer.
ASKED_GRACE_SECONDS = 30
# From each look at a question without an answer to the next; the last one goes on. With a breaker's longest
# pause, a look's own deadline and the sweep's period it stays within 60 seconds after a bank's recovery.
LOOKS_SECONDS = (2, 2, 4, 8, 15, 20)
# So much longer than that, at most: what went wrong together does not come back together.
JITTER = 0.25


class Attempt(Base):
    """A question with its own reference, which the bank answers once and the same for ever."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index(
            "ix_attempts_open",
            "look_at",
            "id",
            postgresql_where=text("look_at IS NOT NULL"),
            sqlite_where=text("look_at IS NOT NULL"),
        ),
        Index("ix_attempts_intent", "intent_id"),
    )

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (State.ASKED, State.SUCCEEDED): None,
            (State.ASKED, State.FAILED): None,
            (State.ASKED, State.UNKNOWN): None,
            (State.ASKED, State.CHALLENGED): None,
            (State.ASKED, State.PENDING): None,
            (State.UNKNOWN, State.SUCCEEDED): None,
            (State.UNKNOWN, State.FAILED): None,
            (State.UNKNOWN, State.CHALLENGED): None,
            (State.UNKNOWN, State.PENDING): None,
            (State.CHALLENGED, State.PENDING): None,
            (State.CHALLENGED, State.SUCCEEDED): None,
            (State.CHALLENGED, State.FAILED): None,
            (State.PENDING, State.SUCCEEDED): None,
            (State.PENDING, State.FAILED): None,
        }
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    version: Mapped[int]
    kind: Mapped[str]
    status: Mapped[str]
    acquirer: Mapped[str]
    intent_id: Mapped[Id]
    charge_id: Mapped[Id]  # what will tell how it ended: the charge's id, or a setup attempt's
    refund_id: Mapped[Id | None]
    authorization: Mapped[Id]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    settled_at: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]
    return_url: Mapped[str | None]  # where the merchant wants the customer after a challenge
    look_at: Mapped[int | None]  # when the sweep asks the bank about an open end; null at an end
    looks: Mapped[int] = mapped_column(default=0)  # how often it has done so in vain

    @property
    def reference(self) -> str:
        """Return our reference at the bank, which is this row's own id."""
        return self.id

    @classmethod
    def begin(
        cls, kind: Kind, *, acquirer: str, intent_id: str, charge_id: str, amount_minor: int, currency: str,
        authorization: str | None = None, refund_id: str | None = None, return_url: str | None = None,
    ) -> "Attempt":  # fmt: skip
        """Collect a question; an authorisation's own reference is what later questions name."""
        who = caller()
        attempt_id = new_id("att_")
        attempt = cls(
            id=attempt_id,
            account_id=who.account_id,
            livemode=who.livemode,
            created=clock.now(),
            version=1,
            kind=kind.value,
            status=State.ASKED.value,
            acquirer=acquirer,
            intent_id=intent_id,
            charge_id=charge_id,
            refund_id=refund_id,
            authorization=authorization or attempt_id,
            amount_minor=amount_minor,
            currency=currency,
            settled_at=None,
            answer=None,
            return_url=return_url,
            look_at=clock.now() + ASKED_GRACE_SECONDS,
            looks=0,
        )
        db.session.add(attempt)
        return attempt

    def close(self, state: State, answer: dict[str, Any]) -> None:
        """Take the question to its end, or to UNKNOWN; an end is final."""
        if self.status == state == State.UNKNOWN:
            return  # Asked again, and still nobody knows.
        self.transitions.event_for(self.status, state)
        self.status = state.value
        self.answer = answer
        self.settled_at = clock.now() if state in ENDS else None
        self.looks = 0
        match state:
            case State.UNKNOWN:
                self.look_at = clock.now() + LOOKS_SECONDS[0]
            case State.CHALLENGED | State.PENDING:
                self.look_at = clock.now() + FIRST_LOOK_SECONDS
            case _:
                self.look_at = None

    def wait_longer(self) -> None:
        """Put off the next look after one in vain.

        An end that comes by itself is looked for half as long again as it has been open so far; a question
        without an answer by its own schedule.
        """
        self.looks += 1
        if self.status in WAITING:
            waited = clock.now() - self.created
            seconds = min(max(FIRST_LOOK_SECONDS, waited // 2), LONGEST_LOOK_SECONDS)
        else:
            seconds = LOOKS_SECONDS[min(self.looks, len(LOOKS_SECONDS) - 1)]
            seconds += crc32(f"{self.id}:{self.looks}".encode()) % (int(seconds * JITTER) + 1)
        self.look_at = clock.now() + seconds

    def look_again_soon(self) -> None:
        """Put off the next look after one at what waits at the bank, to which the bank gave no answer.

        Its end may have come by now, and the notice of that may have caused this very look.
        """
        self.look_at = clock.now() + LOOKS_SECONDS[min(self.looks, len(LOOKS_SECONDS) - 1)]
        self.looks += 1

    def require_open(self) -> None:
        """Read how the attempt stands now; raises StaleWrite where somebody has ended it meanwhile.

        To be called once all that is to change with it has been read: what ends it, changes them with it.
        """
        db.session.refresh(self)
        if self.status in ENDS:
            raise StaleWrite(f"attempt {self.id} is {self.status} by now")

    @classmethod
    def find(cls, attempt_id: str) -> "Attempt":
        """Return an attempt of the present caller's account."""
        attempt = db.session.get(cls, attempt_id)
        if attempt is None or attempt.account_id != caller().account_id:
            raise NotFound("attempt", attempt_id)
        return attempt

    @classmethod
    def holds_up(cls, attempt_id: str) -> bool:
        """Tell whether a bank is being asked, so that nothing else may be done meanwhile."""
        attempt = db.session.get(cls, attempt_id)
        return attempt is None or attempt.status not in WAITING
