"""A balance transaction: one movement of a merchant's balance, posted to the ledger with it."""

from typing import Any

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from kit import clock
from payments import ledger
from payments.balance.fees import fee_minor
from payments.ledger import Account, Entry
from payments.resource import Resource
from payments.shapes import shaped

SETTLEMENT_SECONDS = 2 * 24 * 3600


class BalanceTransaction(Resource):
    """An amount with its fee; `net` is what changes the balance, from `available_on` payable."""

    __tablename__ = "balance_transactions"
    prefix = "txn_"
    object_name = "balance_transaction"
    stripe_class = stripe.BalanceTransaction
    expandable = frozenset(("source",))

    type: Mapped[str]
    amount: Mapped[int]
    fee: Mapped[int]
    currency: Mapped[str]
    source_id: Mapped[str]
    description: Mapped[str | None]
    available_on: Mapped[int]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """The balance sums by currency and day of availability."""
        return (
            Index("ix_balance_transactions_balance", "account_id", "livemode", "currency", "available_on"),
            Index("ix_balance_transactions_source", "source_id"),
        )

    @classmethod
    def of_capture(
        cls,
        charge_id: str,
        amount_minor: int,
        currency: str,
        description: str | None,
        *,
        at_once: bool = False,
    ) -> "BalanceTransaction":
        """Collect the movement of a capture: the acquirer owes us, we owe the merchant all but the fee."""
        fee = fee_minor(amount_minor, currency)
        transaction = cls.new(
            type="charge", amount=amount_minor, fee=fee, currency=currency, source_id=charge_id,
            description=description, available_on=clock.now() + (0 if at_once else SETTLEMENT_SECONDS),
        )  # fmt: skip
        ledger.post(
            transaction.id,
            [
                Entry(Account.ACQUIRER_RECEIVABLE, currency, amount_minor),
                Entry(Account.MERCHANT_PAYABLE, currency, fee - amount_minor),
                Entry(Account.FEE_INCOME, currency, -fee),
            ],
        )
        return transaction

    @classmethod
    def of_refund(cls, refund_id: str, amount_minor: int, currency: str) -> "BalanceTransaction":
        """Collect the movement of a refund; the payment's fee is not given back."""
        transaction = cls.new(
            type="refund", amount=-amount_minor, fee=0, currency=currency, source_id=refund_id,
            description="REFUND FOR CHARGE", available_on=clock.now(),
        )  # fmt: skip
        ledger.post(
            transaction.id,
            [
                Entry(Account.MERCHANT_PAYABLE, currency, amount_minor),
                Entry(Account.ACQUIRER_RECEIVABLE, currency, -amount_minor),
            ],
        )
        return transaction

    def as_stripe(self) -> dict[str, Any]:
        """Return the transaction."""
        fees = shaped(
            stripe.BalanceTransaction.FeeDetail,
            amount=self.fee, currency=self.currency, description="Florin processing fees", type="stripe_fee",
        )  # fmt: skip
        return self.shape(
            amount=self.amount,
            available_on=self.available_on,
            balance_type="payments",
            currency=self.currency,
            description=self.description,
            fee=self.fee,
            fee_details=[fees] if self.fee else [],
            net=self.amount - self.fee,
            reporting_category=self.type,
            source=self.source_id,
            status="available" if self.available_on <= clock.now() else "pending",
            type=self.type,
        )
