"""An early fraud warning: an issuer thinks that a charge may be fraudulent, and no money has moved yet."""

from typing import Any

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from payments import lifecycle
from payments.cases import WarningFacts
from payments.charging.charges import Charge
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
            acquirer=charge.acquirer,
            bank_warning_id=facts.id,
        )
        lifecycle.begin(warning, "radar.early_fraud_warning.created")
        return warning

    def as_stripe(self) -> dict[str, Any]:
        """Return the warning."""
        charge = Charge.find(self.charge_id)
        return self.shape(
            actionable=not charge.disputed and not charge.refunded,
            charge=self.charge_id,
            fraud_type=self.fraud_type,
            payment_intent=self.payment_intent_id,
        )
