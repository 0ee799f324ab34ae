"""An early fraud warning: an issuer thinks that a charge may be fraudulent, and no money has moved yet."""

from typing import Any

import stripe
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped

from kit.database import db
from payments import events, lifecycle
from payments.cases import WarningFacts
from payments.charging.charges import Charge, shown_intent
from payments.resource import Resource


class EarlyFraudWarning(Resource):
    """One warning about one charge. It is actionable until the charge is refunded or disputed."""

    __tablename__ = "early_fraud_warnings"
    prefix = "issfr_"
    object_name = "radar.early_fraud_warning"
    stripe_class = stripe.radar.EarlyFraudWarning
    expandable = frozenset(("charge", "payment_intent"))

    charge_id: Mapped[str]
    payment_intent_id: Mapped[str | None]
    fraud_type: Mapped[str]
    actionable: Mapped[bool]
    acquirer: Mapped[str]
    bank_warning_id: Mapped[str]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """A bank warns once under each of its ids."""
        return (
            Index("uq_early_fraud_warnings_bank", "acquirer", "bank_warning_id", unique=True),
            Index("ix_early_fraud_warnings_charge", "charge_id", "id"),
            Index("ix_early_fraud_warnings_payment_intent", "payment_intent_id", "id"),
        )

    @classmethod
    def open(cls, charge: Charge, facts: WarningFacts) -> "EarlyFraudWarning":
        """Collect a new warning."""
        warning = cls.new(
            charge_id=charge.id,
            payment_intent_id=charge.payment_intent_id,
            fraud_type=facts.fraud_type,
            actionable=_is_actionable(charge),
            acquirer=charge.acquirer,
            bank_warning_id=facts.id,
        )
        lifecycle.begin(warning, "radar.early_fraud_warning.created")
        return warning

    @classmethod
    def reconsider(cls, charge: Charge) -> None:
        """Collect what a dispute, or a refund of all, means for the warnings of a charge."""
        for warning in db.session.scalars(select(cls).where(cls.charge_id == charge.id)):
            before = warning.as_stripe()
            warning.actionable = _is_actionable(charge)
            events.record_update(warning, before)

    def as_stripe(self) -> dict[str, Any]:
        """Return the warning."""
        return self.shape(
            actionable=self.actionable,
            charge=self.charge_id,
            fraud_type=self.fraud_type,
            payment_intent=shown_intent(self.payment_intent_id),
        )


def _is_actionable(charge: Charge) -> bool:
    return not charge.disputed and not charge.refunded
