"""The port to a bank's treasury: settlements and their files, and payouts from our account there.

As at payments/bank.py every answer is a value, and Unknown means that nobody may guess.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from payments.bank import NotFound, Unknown

PayoutStatus = Literal["pending", "paid", "failed", "returned"]


@dataclass(frozen=True, slots=True)
class Closed:
    """A settlement that the bank has closed; amounts in minor units of its currency."""

    id: str
    seq: int
    merchant_id: str
    currency: str
    business_date: str
    line_count: int
    gross_minor: int
    costs_minor: int
    net_minor: int
    sha256: str
    closed_at: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of settlements in the order of `seq`, and how many cut-offs the bank has had so far."""

    settlements: tuple[Closed, ...]
    cut_offs: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file has been handed over to its last byte."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A merchant's account at any bank."""

    number: str
    routing_number: str | None
    country: str
    holder_name: str | None


@dataclass(frozen=True, slots=True)
class PayOut:
    """Send an amount from our account as that merchant to a bank account."""

    reference: str
    merchant_id: str
    amount_minor: int
    currency: str
    to: Destination
    descriptor: str | None = None


@dataclass(frozen=True, slots=True)
class PayoutStands:
    """How a payout stands at the bank; `reason` says why it failed or came back."""

    status: PayoutStatus
    reason: str | None
    trace_id: str | None
    arrives_at: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """The bank could not read the order, or nothing left the house: surely no money moved."""

    reason: str


class Treasury(Protocol):
    """What an adapter offers. None of its methods raises for what the bank or the line does."""

    name: str

    def settlements(self, after: int) -> Listing | Unknown:
        """Return the settlements behind a `seq`."""

    def read_file(self, settlement_id: str, take: Callable[[bytes], None]) -> FileRead | Unknown:
        """Hand a settlement's file to `take`, piece by piece."""

    def pay_out(self, question: PayOut) -> PayoutStands | Rejected | Unknown:
        """Ask for a payout; the same reference is carried out once."""

    def look_up_payout(self, reference: str) -> PayoutStands | NotFound | Unknown:
        """Return how a payout stands now."""


treasuries: dict[str, Treasury] = {}  # by the acquirer's name; wired in app.py
