"""A setup attempt: one try to keep a card, and how it ended; a setup intent may take several."""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from kit.states import StateMachine
from payments.charging.payment_methods import PaymentMethod
from payments.charging.setup_intents import SetupIntent
from payments.resource import Resource
from payments.shapes import shaped

SHOWN = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
CHECKS = ("address_line1_check", "address_postal_code_check", "cvc_check")
Card = stripe.SetupAttempt.PaymentMethodDetails.Card


class Status(StrEnum):
    """Stripe's statuses of a setup attempt; abandoned: the intent went another way."""

    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABANDONED = "abandoned"


ENDS = frozenset((Status.SUCCEEDED, Status.FAILED, Status.ABANDONED))


class SetupAttempt(Resource):
    """What the issuer and the card's holder said to one try to keep a card."""

    __tablename__ = "setup_attempts"
    prefix = "setatt_"
    object_name = "setup_attempt"
    stripe_class = stripe.SetupAttempt
    expandable = frozenset(("customer", "payment_method", "setup_intent"))

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (Status.PROCESSING, Status.SUCCEEDED): None,
            (Status.PROCESSING, Status.FAILED): None,
            (Status.PROCESSING, Status.REQUIRES_ACTION): None,
            (Status.REQUIRES_ACTION, Status.SUCCEEDED): None,
            (Status.REQUIRES_ACTION, Status.FAILED): None,
            (Status.REQUIRES_ACTION, Status.ABANDONED): None,
        }
    )

    status: Mapped[str]
    setup_intent_id: Mapped[str]
    payment_method_id: Mapped[str]
    customer_id: Mapped[str | None]
    usage: Mapped[str]
    card: Mapped[dict[str, Any]]
    setup_error: Mapped[dict[str, Any] | None]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Attempts are listed by their intent."""
        return (Index("ix_setup_attempts_setup_intent", "setup_intent_id", "id"),)

    @classmethod
    def begin(cls, intent: SetupIntent, method: PaymentMethod) -> "SetupAttempt":
        """Collect a new try of an intent with a card."""
        return cls.new(
            status=Status.PROCESSING.value,
            setup_intent_id=intent.id,
            payment_method_id=method.id,
            customer_id=intent.customer_id,
            usage=intent.usage,
            card={name: method.card.get(name) for name in SHOWN},
            setup_error=None,
        )

    def as_stripe(self) -> dict[str, Any]:
        """Return the attempt."""
        return self.shape(
            status=self.status,
            setup_intent=self.setup_intent_id,
            payment_method=self.payment_method_id,
            payment_method_details={"type": "card", "card": self._card()},
            customer=self.customer_id,
            usage=self.usage,
            setup_error=self.setup_error,
        )

    def _card(self) -> dict[str, Any]:
        proven = self.card.get("three_d_secure")
        return shaped(
            Card,
            **{name: self.card.get(name) for name in (*SHOWN, "network")},
            checks={name: self.card.get(name) for name in CHECKS},
            three_d_secure=proven and {name: proven.get(name) for name in shaped(Card.ThreeDSecure)},
        )
