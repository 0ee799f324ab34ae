"""A charge: one attempt on a card, whether the bank approved it or not."""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import db
from kit.states import StateMachine
from payments import audit, events
from payments.charging import old_cards
from payments.charging.methods import CARD, METHODS
from payments.customers.customers import Customer
from payments.emails import check_email
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.receipts import numbers
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.shapes import shaped, with_whole_shipping

# Begins the ids of intents that stand behind charges of the older API; before `pi_` in order.
UNSHOWN_INTENT = "dpi_"
CHANGEABLE = ("description", "fraud_details", "receipt_email", "shipping", "transfer_group")


class Status(StrEnum):
    """Stripe's statuses of a charge."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Charge(Resource, WithMetadata):
    """What the bank said to one attempt, and how much was taken and given back since."""

    __tablename__ = "charges"
    prefix = "ch_"
    object_name = "charge"
    stripe_class = stripe.Charge
    expandable = frozenset(("balance_transaction", "customer", "payment_intent"))
    includes: ClassVar[dict[str, str]] = {"refunds": "refunds_list"}

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (Status.PENDING, Status.SUCCEEDED): "charge.succeeded",
            (Status.PENDING, Status.FAILED): "charge.failed",
        }
    )

    status: Mapped[str]
    amount: Mapped[int]
    amount_captured: Mapped[int] = mapped_column(default=0)
    amount_refunded: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    captured: Mapped[bool]
    voided: Mapped[bool] = mapped_column(default=False)
    disputed: Mapped[bool] = mapped_column(default=False)  # ever, however it ended
    payment_intent_id: Mapped[str | None]
    customer_id: Mapped[str | None]
    payment_method_id: Mapped[str | None]
    acquirer: Mapped[str]
    authorization: Mapped[str]
    balance_transaction_id: Mapped[str | None]
    billing_details: Mapped[dict[str, Any]]
    card: Mapped[dict[str, Any]]
    method_type: Mapped[str | None]  # where it is no card; what is known of it then
    method_data: Mapped[dict[str, Any] | None]
    outcome: Mapped[dict[str, Any]]
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Refunded <= captured <= authorised."""
        return (
            CheckConstraint("amount_captured >= 0 AND amount_captured <= amount", name="ck_charge_captured"),
            CheckConstraint(
                "amount_refunded >= 0 AND amount_refunded <= "
                "CASE WHEN voided THEN amount ELSE amount_captured END",
                name="ck_charge_refunded",
            ),
            Index("ix_charges_payment_intent", "payment_intent_id", "id"),
            Index("ix_charges_customer", "customer_id", "id"),
        )

    @property
    def refundable(self) -> int:
        """Return what may still be given back, in minor units."""
        return self.amount_captured - self.amount_refunded

    @property
    def refunded(self) -> bool:
        """Tell whether all of it was given back or released."""
        return self.status == Status.SUCCEEDED and self.amount_refunded >= (
            self.amount_captured or self.amount
        )

    @property
    def is_direct(self) -> bool:
        """Tell whether it was made without an intent of the merchant's."""
        return self.payment_intent_id is not None and shown_intent(self.payment_intent_id) is None

    def update(self, params: dict[str, Any]) -> None:
        """Change what the merchant keeps with it; whose it is, where it is nobody's yet."""
        before = self.as_stripe()
        check_email(params.get("receipt_email"), "receipt_email")
        if params.get("customer"):
            customer = Customer.living(params["customer"])
            if self.customer_id not in (None, customer.id):
                message = f"Charge {self.id} already belongs to the customer {self.customer_id}."
                raise InvalidRequest(message, param="customer")
            self.customer_id = customer.id
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        given = {name: params[name] or None for name in CHANGEABLE if name in params}
        self.details = self.details | given
        audit.record("charge.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def refunds_list(self) -> dict[str, Any]:
        """Return the ten newest refunds as a list object."""
        from payments.charging.refunds import Refund  # noqa: PLC0415 - a refund knows its charge, too

        query = select(Refund).where(Refund.charge_id == self.id).order_by(Refund.id.desc()).limit(11)
        rows = db.session.scalars(query).all()
        return {
            "object": "list",
            "data": [refund.as_stripe() for refund in rows[:10]],
            "has_more": len(rows) > 10,
            "url": f"/v1/charges/{self.id}/refunds",
        }

    def as_stripe(self) -> dict[str, Any]:
        """Return the charge."""
        details = with_whole_shipping(self.details) | {
            "fraud_details": self.details.get("fraud_details") or {}
        }
        return self.shape(
            **details,
            status=self.status,
            amount=self.amount,
            amount_captured=self.amount_captured,
            amount_refunded=self.amount_refunded,
            balance_transaction=self.balance_transaction_id,
            billing_details=self.billing_details,
            calculated_statement_descriptor=self.details.get("statement_descriptor"),
            captured=self.captured,
            currency=self.currency,
            customer=self.customer_id,
            disputed=self.disputed,
            failure_code=self.failure_code,
            failure_message=self.failure_message,
            metadata=self.metadata_,
            outcome=shaped(stripe.Charge.Outcome, **self.outcome),
            paid=self.status == Status.SUCCEEDED,
            payment_intent=shown_intent(self.payment_intent_id),
            payment_method=self.payment_method_id,
            payment_method_details=self._method(),
            receipt_url=self.receipt_url,
            refunded=self.refunded,
            source=self._source(),
        )

    def _source(self) -> dict[str, Any] | None:
        """Return the card of the older kind that it was made with."""
        method_id = self.payment_method_id or ""
        if not method_id.startswith(old_cards.PREFIX):
            return None
        return old_cards.as_card(
            method_id, self.card, self.billing_details, customer=self.customer_id, metadata={}
        )

    @property
    def receipt_url(self) -> str | None:
        """Return the address of the receipt's page; None for what was not taken."""
        taken = self.status == Status.SUCCEEDED and self.captured
        return addresses.receipt_page(self.id, numbers.seal(self.id)) if taken else None

    def _method(self) -> dict[str, Any]:
        if self.method_type is None:
            return {"type": CARD, CARD: self._card()}
        charged = METHODS[self.method_type].charged(self.method_data or {})
        return {"type": self.method_type, self.method_type: charged}

    def _card(self) -> dict[str, Any]:
        card = self.card
        checks = ("address_line1_check", "address_postal_code_check", "cvc_check")
        return shaped(
            stripe.Charge.PaymentMethodDetails.Card,
            brand=card["brand"],
            last4=card["last4"],
            exp_month=card["exp_month"],
            exp_year=card["exp_year"],
            fingerprint=card["fingerprint"],
            country=card.get("country"),
            funding=card.get("funding"),
            network=card.get("network"),
            authorization_code=card.get("authorization_code"),
            network_transaction_id=card.get("network_transaction_id"),
            amount_authorized=self.amount if self.status == Status.SUCCEEDED else None,
            checks={name: card.get(name) for name in checks},
            three_d_secure=_three_d_secure(card.get("three_d_secure")),
        )


def shown_intent(intent_id: str | None) -> str | None:
    """Return the id of a charge's intent, None where that stands behind it unseen."""
    return None if intent_id is None or intent_id.startswith(UNSHOWN_INTENT) else intent_id


def _three_d_secure(known: dict[str, Any] | None) -> dict[str, Any] | None:
    return known and shaped(stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure, **known)
