"""The port to what comes after a payment: disputes, fraud warnings, slow refunds, and missed notices.

A bank's desk is asked as its counter is (payments/bank.py): every answer is a value, and Unknown is never
guessed. A case is told with its whole history, so that who looks late has missed nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from kit import database
from payments import breakers
from payments.bank import NotFound, Refused, Unknown

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """How a dispute stands; `history` is every status that it has had, in Stripe's words, in order."""

    id: str
    authorization: str
    history: tuple[str, ...]
    reason: str
    network_reason_code: str | None
    amount_minor: int
    currency: str
    due_by: int


@dataclass(frozen=True, slots=True)
class WarningFacts:
    """What an issuer told of a payment that may be fraudulent."""

    id: str
    authorization: str
    fraud_type: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What an issuer has changed about a card, which the bank knows by one of its authorisations."""

    authorization: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """How a refund stands; `history` as of a dispute, in Stripe's words."""

    history: tuple[str, ...]
    acquirer_reference: str | None
    failure_reason: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One of all the notices that a bank ever gave, by its place among them."""

    seq: int
    id: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Notices in order."""

    notices: tuple[Notice, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """A merchant's move in a dispute: its evidence, or None where it gives in."""

    reference: str
    dispute_id: str
    texts: dict[str, str] | None


class Desk(Protocol):
    """What an adapter offers. None of its methods raises for what the bank or the line does."""

    def dispute(self, dispute_id: str) -> DisputeFacts | NotFound | Unknown:
        """Return how a dispute stands."""

    def fraud_warning(self, warning_id: str) -> WarningFacts | NotFound | Unknown:
        """Return a fraud warning."""

    def refund(self, reference: str) -> RefundFacts | NotFound | Unknown:
        """Return how a refund stands, by our reference."""

    def move(self, evidence: Evidence) -> DisputeFacts | Refused | Unknown:
        """Submit evidence or give in, once under each reference; return how the dispute stood then."""

    def notices(self, after: int) -> NoticePage | Unknown:
        """Return the notices that come after a place."""


@runtime_checkable
class TellsDisputes(Protocol):
    """A desk that tells all disputes of a payment; others tell of one once it has come."""

    def disputes_of(self, authorization: str) -> list[DisputeFacts] | NotFound | Unknown:
        """Return how each dispute of an authorisation stands, the first one first."""


@runtime_checkable
class TellsCardUpdates(Protocol):
    """A desk of a bank that takes part in its network's account updater."""

    def card_update(self, update_id: str) -> CardFacts | NotFound | Unknown:
        """Return what an issuer has changed about a card."""


desks: dict[str, Desk] = {}


def resting() -> list[str]:
    """Return the banks that have stopped answering and had better not be asked yet."""
    return [name for name in desks if breakers.is_open(name)]


class NotYet(Exception):
    """It can't be told now what became of a case; ask again soon."""


def ask(acquirer_name: str, question: Callable[[Desk], Told]) -> Told:
    """Commit the claim, then ask once, with no transaction open and no connection held."""
    database.commit()
    told = question(desks[acquirer_name])
    breakers.note(acquirer_name, answered=not isinstance(told, Unknown))
    return told


def fetch(acquirer_name: str, question: Callable[[Desk], Told | NotFound | Unknown]) -> Told | None:
    """Return what a bank tells of one of its cases, None where it has no such case; raises NotYet."""
    told = ask(acquirer_name, question)
    if isinstance(told, Unknown):
        raise NotYet(f"{acquirer_name} gave no answer: {told.reason}")
    return None if isinstance(told, NotFound) else told
