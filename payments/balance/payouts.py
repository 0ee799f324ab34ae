"""A payout: money of a merchant's balance on its way to the merchant's bank account."""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import CheckConstraint, Index, or_, select
from sqlalchemy.orm import Mapped
from sqlalchemy.sql import Select

from kit import clock
from kit.database import db
from kit.states import StateMachine
from payments import audit, events, lifecycle
from payments.balance.balance_transactions import BalanceTransaction
from payments.balance.bank_accounts import BankAccount
from payments.balance.folding import FoldedBalance
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.shapes import shaped

WAY_SECONDS = 24 * 3600  # what a payout is expected to take before the bank has said so
# Stripe's words for its failure codes, in our own.
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "debit_not_authorized": "Debits are not authorised on the bank account.",
    "insufficient_funds": "Our own account does not hold enough to pay this out.",
    "invalid_currency": "The bank was unable to process this payout because of its currency.",
    "no_account": "The bank account could not be found.",
}
COULD_NOT_PROCESS = "could_not_process"


class Status(StrEnum):
    """Stripe's statuses of a payout."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


class Payout(Resource, WithMetadata):
    """Taken off the balance when it is made; its own id is its reference at the bank, which pays it once."""

    __tablename__ = "payouts"
    prefix = "po_"
    object_name = "payout"
    stripe_class = stripe.Payout
    expandable = frozenset(("balance_transaction", "destination", "failure_balance_transaction"))

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (Status.PENDING, Status.IN_TRANSIT): "payout.updated",
            (Status.PENDING, Status.CANCELED): "payout.canceled",
            (Status.PENDING, Status.FAILED): "payout.failed",
            (Status.IN_TRANSIT, Status.PAID): "payout.paid",
            (Status.IN_TRANSIT, Status.FAILED): "payout.failed",
            (Status.PAID, Status.FAILED): "payout.failed",
        }
    )

    status: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    automatic: Mapped[bool]
    acquirer: Mapped[str]
    destination_id: Mapped[str]
    arrival_date: Mapped[int]
    description: Mapped[str | None]
    statement_descriptor: Mapped[str | None]
    balance_transaction_id: Mapped[str]
    failure_balance_transaction_id: Mapped[str | None]
    failure_code: Mapped[str | None]
    trace_id: Mapped[str | None]
    after_fold: Mapped[int]  # an automatic payout holds the balance transactions of the folds behind this one
    last_fold: Mapped[int]  # up to and including this one
    asked: Mapped[bool]  # the bank may have heard of it
    look_at: Mapped[int | None]  # when it is sent, or looked up; null at an end

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """What is open is found by when it is due."""
        return (
            CheckConstraint("amount > 0", name="ck_payout_amount"),
            Index("ix_payouts_due", "look_at"),
            Index("ix_payouts_destination", "destination_id", "id"),
        )

    @classmethod
    def begin(
        cls, amount_minor: int, account: BankAccount, *, acquirer: str, automatic: bool = False, **given: Any
    ) -> "Payout":
        """Collect a payout and take its amount off the balance; whether it is there is the verb's to know."""
        payout_id = cls.mint()
        balance = FoldedBalance.of(account.currency)
        after_fold, last_fold = balance.paid_fold, balance.fold
        own_fold = balance.take(amount_minor)
        if automatic:
            balance.paid_fold = own_fold
        transaction = BalanceTransaction.of_payout(
            "payout", payout_id, -amount_minor, account.currency, fold=own_fold
        )
        payout = cls.new(
            id=payout_id,
            status=Status.PENDING.value,
            amount=amount_minor,
            currency=account.currency,
            automatic=automatic,
            acquirer=acquirer,
            destination_id=account.id,
            arrival_date=clock.now() + WAY_SECONDS,
            description=given.get("description"),
            statement_descriptor=given.get("statement_descriptor"),
            balance_transaction_id=transaction.id,
            failure_balance_transaction_id=None,
            failure_code=None,
            trace_id=None,
            after_fold=after_fold if automatic else 0,
            last_fold=last_fold if automatic else 0,
            asked=False,
            look_at=clock.now(),
            metadata_=merged_metadata({}, given.get("metadata") or {}),
        )
        lifecycle.begin(payout, "payout.created")
        if automatic:
            events.record("payout.reconciliation_completed", payout)
        return payout

    def give_back(self, kind: str) -> None:
        """Collect the balance transaction that returns the amount."""
        transaction = BalanceTransaction.of_payout(kind, self.id, self.amount, self.currency)
        self.failure_balance_transaction_id = transaction.id

    def update(self, params: dict[str, Any]) -> None:
        """Change the metadata, which is all that may change."""
        before = self.as_stripe()
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        audit.record("payout.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def transactions(self) -> Select[BalanceTransaction]:
        """Return the select of the balance transactions that it paid out, its own among them."""
        row = BalanceTransaction
        query = row.mine().where(row.currency == self.currency)
        own = row.id == self.balance_transaction_id
        if not self.automatic:
            return query.where(own)
        return query.where(or_(own, (row.fold > self.after_fold) & (row.fold <= self.last_fold)))

    def as_stripe(self) -> dict[str, Any]:
        """Return the payout."""
        supported = "supported" if self.trace_id else "unsupported"
        under_way = self.status in (Status.PENDING, Status.IN_TRANSIT)
        return self.shape(
            amount=self.amount,
            arrival_date=self.arrival_date,
            automatic=self.automatic,
            balance_transaction=self.balance_transaction_id,
            currency=self.currency,
            description=self.description,
            destination=self.destination_id,
            failure_balance_transaction=self.failure_balance_transaction_id,
            failure_code=self.failure_code,
            failure_message=self.failure_code and FAILURES.get(self.failure_code, "The bank did not pay it."),
            metadata=self.metadata_,
            method="standard",
            reconciliation_status="completed" if self.automatic else "not_applicable",
            source_type="card",
            statement_descriptor=self.statement_descriptor,
            status=self.status,
            trace_id=shaped(
                stripe.Payout.TraceId, status="pending" if under_way else supported, value=self.trace_id
            ),
            type="bank_account",
        )


def due(now: int, limit: int) -> list[str]:
    """Return the ids of payouts that are to be sent or looked up."""
    query = select(Payout.id).where(Payout.look_at <= now).order_by(Payout.look_at, Payout.id).limit(limit)
    return list(db.session.scalars(query))
