"""A balance transaction: one movement of a merchant's balance, posted to the ledger with it."""

from typing import Any

import stripe
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from kit import clock
from payments import ledger
from payments.balance.exchange import as_text, convert, rate
from payments.balance.fees import fee_minor
from payments.balance.regions import region_of
from payments.balance.terms import present_terms
from payments.ledger import Account, Entry
from payments.resource import Resource
from payments.shapes import shaped

SETTLEMENT_SECONDS = 2 * 24 * 3600  # available then at the latest, and as soon as the acquirer has settled
# Stripe's reporting categories, where they are not the type's own name.
CATEGORIES = {
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
    "adjustment": "dispute",
}


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
    exchange_rate: Mapped[str | None]
    reporting_category: Mapped[str | None]
    fold: Mapped[int | None]  # the number under which it entered the folded balance (folding.py)

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """What is not folded yet is summed by currency; what was is found by its fold."""
        waiting, folded = text("fold IS NULL"), text("fold IS NOT NULL")
        return (
            Index(
                "ix_balance_transactions_waiting", "account_id", "livemode", "currency", "available_on",
                sqlite_where=waiting, postgresql_where=waiting,
            ),
            Index(
                "ix_balance_transactions_folded", "account_id", "livemode", "currency", "fold",
                sqlite_where=folded, postgresql_where=folded,
            ),
            Index("ix_balance_transactions_source", "source_id"),
        )  # fmt: skip

    @property
    def net(self) -> int:
        """Return what it changes the balance by, in minor units."""
        return self.amount - self.fee

    @classmethod
    def of_capture(
        cls, charge_id: str, amount_minor: int, currency: str, description: str | None, *,
        at_once: bool = False, card: dict[str, Any] | None = None,
    ) -> "BalanceTransaction":  # fmt: skip
        """Collect the movement of a capture: the acquirer owes us, we owe the merchant all but the fee.

        `card` holds what is known of it: `funding` and `country`.
        """
        terms, card = present_terms(), card or {}
        settled_in = terms.settles_in(currency)
        fee = fee_minor(
            convert(amount_minor, currency, settled_in),
            settled_in,
            funding=card.get("funding"),
            region=region_of(card.get("country"), terms.country),
            converted=settled_in != currency,
        )
        available_on = clock.now() + (0 if at_once else SETTLEMENT_SECONDS)
        return cls._of_acquirer(
            "charge", charge_id, amount_minor, currency,
            description=description, fee=fee, available_on=available_on,
        )  # fmt: skip

    @classmethod
    def of_refund(cls, refund_id: str, amount_minor: int, currency: str) -> "BalanceTransaction":
        """Collect the movement of a refund; the payment's fee is not given back."""
        return cls._of_acquirer("refund", refund_id, -amount_minor, currency, description="REFUND FOR CHARGE")

    @classmethod
    def of_refund_failure(cls, refund_id: str, amount_minor: int, currency: str) -> "BalanceTransaction":
        """Collect the movement of a refund that came back."""
        return cls._of_acquirer(
            "refund_failure", refund_id, amount_minor, currency, description="REFUND FAILURE"
        )

    @classmethod
    def of_dispute(
        cls, dispute_id: str, amount_minor: int, currency: str, *, fee_minor: int = 0, reversal: bool = False
    ) -> "BalanceTransaction":
        """Collect what a dispute takes off the balance (negative), or its reversal gives back (positive).

        `fee_minor` is in the merchant's settlement currency and adds to what is taken.
        """
        what = "Chargeback reversal" if reversal else "Chargeback withdrawal"
        transaction = cls._of_acquirer(
            "adjustment",
            dispute_id,
            amount_minor,
            currency,
            description=f"{what} for {dispute_id}",
            fee=fee_minor,
        )
        transaction.reporting_category = "dispute_reversal" if reversal else "dispute"
        return transaction

    @classmethod
    def of_payout(
        cls, kind: str, payout_id: str, amount_minor: int, currency: str, *, fold: int | None = None
    ) -> "BalanceTransaction":
        """Collect what a payout takes off the balance (negative), or its failure or end gives back."""
        words = {
            "payout": "FLORIN PAYOUT",
            "payout_failure": "PAYOUT FAILURE",
            "payout_cancel": "PAYOUT CANCEL",
        }
        transaction = cls._collect(
            kind,
            payout_id,
            amount_minor,
            currency,
            description=words[kind],
            available_on=clock.now(),
            fold=fold,
        )
        moved = [
            Entry(Account.PAYOUTS_IN_TRANSIT, currency, amount_minor),
            Entry(Account.MERCHANT_PAYABLE, currency, -amount_minor),
        ]
        ledger.post(transaction.id, moved)
        return transaction

    @classmethod
    def _of_acquirer(
        cls, kind: str, source_id: str, amount_minor: int, currency: str, *, description: str | None,
        fee: int = 0, available_on: int | None = None,
    ) -> "BalanceTransaction":  # fmt: skip
        """Collect a movement between the acquirer and a merchant, in the currency that it is settled in."""
        settled_in = present_terms().settles_in(currency)
        settled = convert(amount_minor, currency, settled_in)
        entries = [Entry(Account.ACQUIRER_RECEIVABLE, currency, amount_minor)]
        ratio = None
        if settled_in != currency:
            ratio = as_text(rate(currency, settled_in))
            entries += [
                Entry(Account.EXCHANGE, currency, -amount_minor),
                Entry(Account.EXCHANGE, settled_in, settled),
            ]
        entries += [
            Entry(Account.MERCHANT_PAYABLE, settled_in, fee - settled),
            Entry(Account.FEE_INCOME, settled_in, -fee),
        ]
        at = clock.now() if available_on is None else available_on
        transaction = cls._collect(
            kind, source_id, settled, settled_in,
            description=description, fee=fee, available_on=at, exchange_rate=ratio,
        )  # fmt: skip
        ledger.post(transaction.id, entries)
        return transaction

    @classmethod
    def _collect(
        cls, kind: str, source_id: str, amount: int, currency: str, *, description: str | None,
        available_on: int, fee: int = 0, exchange_rate: str | None = None, fold: int | None = None,
    ) -> "BalanceTransaction":  # fmt: skip
        return cls.new(
            type=kind, amount=amount, fee=fee, currency=currency, source_id=source_id,
            description=description, available_on=available_on, exchange_rate=exchange_rate,
            reporting_category=None, fold=fold,
        )  # fmt: skip

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
            exchange_rate=None if self.exchange_rate is None else float(self.exchange_rate),
            fee=self.fee,
            fee_details=[fees] if self.fee else [],
            net=self.net,
            reporting_category=self.reporting_category or CATEGORIES.get(self.type, self.type),
            source=self.source_id,
            status="available" if self.available_on <= clock.now() else "pending",
            type=self.type,
        )
