"""A dispute: the holder of a card asks for the money of a charge back, and the merchant may answer."""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped

from kit.database import db
from kit.states import StateMachine
from payments.balance.balance_transactions import BalanceTransaction
from payments.cases import DisputeFacts
from payments.charging.charges import Charge, shown_intent
from payments.errors import InvalidRequest, LockTimeout
from payments.resource import Resource, WithMetadata
from payments.shapes import shaped


class Status(StrEnum):
    """Stripe's statuses of a dispute, but for appeals and preventions; a warning is an inquiry."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


INQUIRIES = frozenset((Status.WARNING_NEEDS_RESPONSE, Status.WARNING_UNDER_REVIEW, Status.WARNING_CLOSED))
ENDS = frozenset((Status.WARNING_CLOSED, Status.WON, Status.LOST))
# The money is with the holder, or may stay there: it can't be given back once more.
WITHDRAWN = frozenset((Status.NEEDS_RESPONSE, Status.UNDER_REVIEW, Status.LOST))


class Dispute(Resource, WithMetadata):
    """Disputed money: withdrawn when the dispute comes (an inquiry takes none), reinstated when it is won."""

    __tablename__ = "disputes"
    prefix = "du_"
    object_name = "dispute"
    stripe_class = stripe.Dispute
    expandable = frozenset(("charge", "payment_intent"))

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (Status.WARNING_NEEDS_RESPONSE, Status.WARNING_UNDER_REVIEW): "charge.dispute.updated",
            (Status.WARNING_NEEDS_RESPONSE, Status.WARNING_CLOSED): "charge.dispute.closed",
            (Status.WARNING_NEEDS_RESPONSE, Status.NEEDS_RESPONSE): "charge.dispute.updated",
            (Status.WARNING_UNDER_REVIEW, Status.WARNING_CLOSED): "charge.dispute.closed",
            (Status.WARNING_UNDER_REVIEW, Status.NEEDS_RESPONSE): "charge.dispute.updated",
            (Status.NEEDS_RESPONSE, Status.UNDER_REVIEW): "charge.dispute.updated",
            (Status.NEEDS_RESPONSE, Status.LOST): "charge.dispute.closed",
            (Status.UNDER_REVIEW, Status.LOST): "charge.dispute.closed",
            # The money first: `charge.dispute.closed` follows (follow_dispute.py).
            (Status.UNDER_REVIEW, Status.WON): "charge.dispute.funds_reinstated",
        }
    )

    status: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    charge_id: Mapped[str]
    payment_intent_id: Mapped[str | None]
    reason: Mapped[str]
    network_reason_code: Mapped[str | None]
    due_by: Mapped[int]
    card: Mapped[dict[str, Any]]  # its brand and network
    evidence: Mapped[dict[str, Any]]
    submission_count: Mapped[int]
    filing_id: Mapped[
        str | None
    ]  # the move that the bank has not answered yet; nothing else changes meanwhile
    withdrawal_id: Mapped[str | None]
    reversal_id: Mapped[str | None]
    acquirer: Mapped[str]
    bank_dispute_id: Mapped[str]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """A bank's dispute is one of ours, and disputes are listed by charge and by intent."""
        return (
            CheckConstraint("amount > 0", name="ck_dispute_amount"),
            Index("uq_disputes_bank", "acquirer", "bank_dispute_id", unique=True),
            Index("ix_disputes_charge", "charge_id", "id"),
            Index("ix_disputes_payment_intent", "payment_intent_id", "id"),
        )

    @classmethod
    def collect(cls, charge: Charge, facts: DisputeFacts) -> "Dispute":
        """Collect a new dispute in its first status; its audit row and event are the verb's."""
        return cls.new(
            status=facts.history[0],
            amount=facts.amount_minor,
            currency=charge.currency,
            charge_id=charge.id,
            payment_intent_id=charge.payment_intent_id,
            reason=facts.reason,
            network_reason_code=facts.network_reason_code,
            due_by=facts.due_by,
            card={"brand": charge.card["brand"], "network": charge.card.get("network")},
            evidence={},
            metadata_={},
            submission_count=0,
            filing_id=None,
            withdrawal_id=None,
            reversal_id=None,
            acquirer=charge.acquirer,
            bank_dispute_id=facts.id,
        )

    @classmethod
    def of_bank(cls, acquirer: str, bank_dispute_id: str) -> "Dispute | None":
        """Return the dispute that a bank knows by an id of its own."""
        query = select(cls).where(cls.acquirer == acquirer, cls.bank_dispute_id == bank_dispute_id)
        return db.session.scalars(query).one_or_none()

    @classmethod
    def withholds(cls, charge_id: str) -> bool:
        """Tell whether a dispute has taken money of a charge away, so that it can't be refunded."""
        query = select(cls.id).where(cls.charge_id == charge_id, cls.status.in_(WITHDRAWN)).limit(1)
        return db.session.scalar(query) is not None

    def require_open(self) -> None:
        """Raise InvalidRequest where the dispute has ended, LockTimeout while the bank is being asked."""
        if self.filing_id is not None:
            raise LockTimeout
        if self.status in ENDS:
            raise InvalidRequest("This dispute is already closed")

    def as_stripe(self) -> dict[str, Any]:
        """Return the dispute."""
        return self.shape(
            amount=self.amount,
            balance_transactions=self._balance_transactions(),
            charge=self.charge_id,
            currency=self.currency,
            enhanced_eligibility_types=[],
            evidence=shaped(stripe.Dispute.Evidence, **self.evidence, enhanced_evidence={}),
            evidence_details={
                "due_by": self.due_by,
                "enhanced_eligibility": {},
                "has_evidence": bool(self.evidence),
                "past_due": False,  # what comes too late is refused by the bank
                "submission_count": self.submission_count,
                "submission_method": "manual" if self.submission_count else "not_submitted",
            },
            intended_submission_method="manual",
            is_charge_refundable=self.status not in WITHDRAWN,
            metadata=self.metadata_,
            network_reason_code=self.network_reason_code,
            payment_intent=shown_intent(self.payment_intent_id),
            payment_method_details={"type": "card", "card": self._card()},
            reason=self.reason,
            status=self.status,
        )

    def _card(self) -> dict[str, Any]:
        return shaped(
            stripe.Dispute.PaymentMethodDetails.Card,
            brand=self.card["brand"],
            case_type="inquiry" if self.status in INQUIRIES else "chargeback",
            network=self.card["network"],
            network_reason_code=self.network_reason_code,
        )

    def _balance_transactions(self) -> list[dict[str, Any]]:
        known = (self.withdrawal_id, self.reversal_id)
        return [BalanceTransaction.find(one).as_stripe() for one in known if one is not None]
