"""Double entry: every transaction's entries sum to zero in each currency."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from kit import clock
from kit.database import Base, Id, Sequence64, db
from payments.scope import caller

HOUSE = "acct_house"  # whose books hold what belongs to no merchant


class Account(StrEnum):
    """The books that money moves between; a merchant's payable is money that we owe it."""

    ACQUIRER_RECEIVABLE = "acquirer_receivable"  # captured, not yet settled by the acquirer
    BANK_CASH = "bank_cash"  # settled: it stands in our own account at the bank
    ACQUIRER_COST = "acquirer_cost"  # what the acquirer keeps for itself, the issuer and the scheme
    MERCHANT_PAYABLE = "merchant_payable"
    PAYOUTS_IN_TRANSIT = "payouts_in_transit"  # taken off a merchant's balance, not yet off our account
    FEE_INCOME = "fee_income"
    EXCHANGE = "exchange"  # both sides of a conversion; what stays in it is what we won or lost by it
    SUSPENSE = "suspense"  # settled money that fits none of our movements, until a person has looked


class Unbalanced(Exception):
    """The entries of a transaction don't sum to zero: a defect, never to be written."""


class LedgerEntry(Base):
    """One side of a movement: positive is a debit, negative a credit, in minor units. Append-only."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index("ix_ledger_entries_transaction", "transaction_id"),
        # The amount as well, so that a sum reads no row of the table.
        Index(
            "ix_ledger_entries_statement",
            "account_id",
            "livemode",
            "book",
            "currency",
            "seq",
            "amount_minor",
        ),
    )

    seq: Mapped[Sequence64]
    transaction_id: Mapped[Id]
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    book: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    created: Mapped[int]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry to be posted; a debit is positive."""

    book: Account
    currency: str
    amount_minor: int


def post(transaction_id: str, entries: list[Entry]) -> None:
    """Collect the entries of one transaction; raises Unbalanced where they don't sum to zero."""
    check(transaction_id, entries)
    who = caller()
    for entry in entries:
        if entry.amount_minor:
            db.session.add(
                LedgerEntry(
                    transaction_id=transaction_id,
                    account_id=who.account_id,
                    livemode=who.livemode,
                    book=entry.book.value,
                    currency=entry.currency,
                    amount_minor=entry.amount_minor,
                    created=clock.now(),
                )
            )


def check(transaction_id: str, entries: list[Entry]) -> None:
    """Raise Unbalanced where the entries of a transaction don't sum to zero in each currency."""
    totals: dict[str, int] = defaultdict(int)
    for entry in entries:
        totals[entry.currency] += entry.amount_minor
    if any(totals.values()):
        raise Unbalanced(f"{transaction_id}: {dict(totals)}")
