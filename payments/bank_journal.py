"""A bank's own journal, where it shows one: every operation in order, to compare both sides' books."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from payments.bank import Unknown


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One operation as the bank has it: the caller's reference, and that of the payment it is about."""

    seq: int
    kind: str
    reference: str
    authorization: str
    outcome: str
    amount_minor: int
    currency: str | None


@runtime_checkable
class KeepsJournal(Protocol):
    """An acquirer that shows its journal."""

    name: str

    def journal(self, after: int) -> list[JournalEntry] | Unknown:
        """Return the next entries behind a `seq`, none where there are no more."""
