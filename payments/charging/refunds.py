"""A refund: all or part of a captured charge, given back to the card."""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from kit.states import StateMachine
from payments import audit, events, lifecycle
from payments.charging.charges import Charge, shown_intent
from payments.charging.methods import CARD
from payments.charging.methods.amazon_pay import AMAZON_PAY
from payments.charging.methods.klarna import KLARNA
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.shapes import shaped

# The hash of a refund's destination, of the types that Stripe has one for beside the card.
DESTINATIONS: dict[str, dict[str, Any]] = {
    AMAZON_PAY.type: {},
    KLARNA.type: {"reference": None, "reference_status": None},
}


class Status(StrEnum):
    """Stripe's statuses of a refund that Florin uses so far."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Refund(Resource, WithMetadata):
    """Money on its way back; it counts against its charge from the moment it is asked for."""

    __tablename__ = "refunds"
    prefix = "re_"
    object_name = "refund"
    stripe_class = stripe.Refund
    expandable = frozenset(
        ("balance_transaction", "charge", "failure_balance_transaction", "payment_intent", "payment_method")
    )

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (Status.PENDING, Status.SUCCEEDED): "refund.updated",
            (Status.PENDING, Status.FAILED): "refund.failed",
            (Status.SUCCEEDED, Status.FAILED): "refund.failed",  # the holder's bank sent it back
        }
    )

    status: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    charge_id: Mapped[str]
    payment_intent_id: Mapped[str | None]
    payment_method_id: Mapped[str | None]
    method_type: Mapped[str | None]  # None is a card
    reason: Mapped[str | None]
    balance_transaction_id: Mapped[str | None]
    failure_reason: Mapped[str | None]
    failure_balance_transaction_id: Mapped[str | None]
    acquirer_reference: Mapped[str | None]
    instructions_email: Mapped[str | None]
    receipt_number: Mapped[str | None]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Refunds are listed by charge and by intent."""
        return (
            CheckConstraint("amount > 0", name="ck_refund_amount"),
            Index("ix_refunds_charge", "charge_id", "id"),
            Index("ix_refunds_payment_intent", "payment_intent_id", "id"),
        )

    @classmethod
    def create(cls, charge: Charge, amount_minor: int, params: dict[str, Any]) -> "Refund":
        """Collect a pending refund and reserve its amount on the charge."""
        refund = cls.new(
            status=Status.PENDING.value,
            amount=amount_minor,
            currency=charge.currency,
            charge_id=charge.id,
            payment_intent_id=charge.payment_intent_id,
            payment_method_id=charge.payment_method_id,
            method_type=charge.method_type,
            reason=params.get("reason"),
            instructions_email=params.get("instructions_email"),
            metadata_=merged_metadata({}, params.get("metadata") or {}),
        )
        charge.amount_refunded += amount_minor
        lifecycle.begin(refund, "refund.created")
        return refund

    @classmethod
    def of_release(cls, charge: Charge, params: dict[str, Any]) -> "Refund":
        """Collect the refund of a charge that was never captured: nothing moves, so it is done at once."""
        refund = cls.new(
            status=Status.SUCCEEDED.value,
            amount=charge.amount,
            currency=charge.currency,
            charge_id=charge.id,
            payment_intent_id=charge.payment_intent_id,
            payment_method_id=charge.payment_method_id,
            reason=params.get("reason"),
            metadata_=merged_metadata({}, params.get("metadata") or {}),
        )
        lifecycle.begin(refund, "refund.created")
        return refund

    def update(self, params: dict[str, Any]) -> None:
        """Change the metadata, which is all that may change."""
        before = self.as_stripe()
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        audit.record("refund.updated", self.id, fields=sorted(params))
        events.record_update(self, before)
        events.record_update(self, before, "charge.refund.updated")  # under its older name, too

    def as_stripe(self) -> dict[str, Any]:
        """Return the refund."""
        return self.shape(
            status=self.status,
            amount=self.amount,
            balance_transaction=self.balance_transaction_id,
            charge=self.charge_id,
            currency=self.currency,
            destination_details=self._destination(),
            failure_balance_transaction=self.failure_balance_transaction_id,
            failure_reason=self.failure_reason,
            instructions_email=self.instructions_email,
            metadata=self.metadata_,
            payment_intent=shown_intent(self.payment_intent_id),
            payment_method=self.payment_method_id,
            pending_reason="processing" if self.status == Status.PENDING else None,
            reason=self.reason,
            receipt_number=self.receipt_number,
        )

    def _destination(self) -> dict[str, Any]:
        """Return where the money goes: back the way that it came. Stripe has a hash for some types only."""
        kind, reference = self.method_type or CARD, self.acquirer_reference
        if kind != CARD:
            return {"type": kind} | ({kind: DESTINATIONS[kind]} if kind in DESTINATIONS else {})
        card = shaped(
            stripe.Refund.DestinationDetails.Card,
            type="refund",
            reference=reference,
            reference_status="available" if reference else "pending",
            reference_type="acquirer_reference_number",
        )
        return {"type": CARD, CARD: card}
