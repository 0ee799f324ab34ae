"""A payment intent: one amount to be paid, through as many attempts as it takes."""

from enum import StrEnum
from typing import Any, ClassVar, Self

import stripe
from sqlalchemy import CheckConstraint, Index, Select
from sqlalchemy.orm import Mapped, mapped_column

from kit.ids import new_id, random_text
from kit.states import StateMachine
from payments import audit, lifecycle
from payments.charging import amounts
from payments.charging.attempts import Attempt
from payments.charging.charges import UNSHOWN_INTENT
from payments.charging.descriptors import check_descriptors
from payments.charging.methods.offering import offered, terms_of
from payments.charging.wrong_status import wrong_status
from payments.customers.customers import Customer
from payments.emails import check_email
from payments.errors import InvalidRequest, LockTimeout
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.shapes import with_whole_shipping

PLAIN = (
    "description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip

# What the types of payment methods depend on.
OFFERING = frozenset(
    ("allowed_payment_method_types", "amount", "capture_method", "currency", "setup_future_usage")
)


class Status(StrEnum):
    """Stripe's statuses of a payment intent."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


S = Status
CONFIRMABLE = frozenset((S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION, S.REQUIRES_ACTION))
CANCELABLE = CONFIRMABLE | {S.REQUIRES_CAPTURE}
# What is paid may change until the bank has been asked; a challenge shows the customer an amount.
CHANGEABLE = CONFIRMABLE - {S.REQUIRES_ACTION}


class PaymentIntent(Resource, WithMetadata):
    """What a merchant wants to be paid, and how far that has come."""

    __tablename__ = "payment_intents"
    prefix = "pi_"
    object_name = "payment_intent"
    stripe_class = stripe.PaymentIntent
    path_param = "intent"
    expandable = frozenset(("customer", "latest_charge", "payment_method"))

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION): None,
            (S.REQUIRES_PAYMENT_METHOD, S.PROCESSING): None,
            (S.REQUIRES_PAYMENT_METHOD, S.CANCELED): "payment_intent.canceled",
            (S.REQUIRES_CONFIRMATION, S.REQUIRES_PAYMENT_METHOD): None,
            (S.REQUIRES_CONFIRMATION, S.PROCESSING): None,
            (S.REQUIRES_CONFIRMATION, S.CANCELED): "payment_intent.canceled",
            (S.REQUIRES_ACTION, S.PROCESSING): None,
            (S.REQUIRES_ACTION, S.REQUIRES_PAYMENT_METHOD): "payment_intent.payment_failed",
            (S.REQUIRES_ACTION, S.REQUIRES_CONFIRMATION): None,
            (S.REQUIRES_ACTION, S.REQUIRES_CAPTURE): "payment_intent.amount_capturable_updated",
            (S.REQUIRES_ACTION, S.SUCCEEDED): "payment_intent.succeeded",
            (S.REQUIRES_ACTION, S.CANCELED): "payment_intent.canceled",
            (S.PROCESSING, S.REQUIRES_PAYMENT_METHOD): "payment_intent.payment_failed",
            (S.PROCESSING, S.REQUIRES_ACTION): "payment_intent.requires_action",
            (S.PROCESSING, S.REQUIRES_CAPTURE): "payment_intent.amount_capturable_updated",
            (S.PROCESSING, S.SUCCEEDED): "payment_intent.succeeded",
            (S.REQUIRES_CAPTURE, S.SUCCEEDED): "payment_intent.succeeded",
            (S.REQUIRES_CAPTURE, S.CANCELED): "payment_intent.canceled",
        }
    )

    status: Mapped[str]
    amount: Mapped[int]
    amount_capturable: Mapped[int] = mapped_column(default=0)
    amount_received: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    capture_method: Mapped[str]
    confirmation_method: Mapped[str]
    client_secret: Mapped[str]
    customer_id: Mapped[str | None]
    payment_method_id: Mapped[str | None]
    latest_charge_id: Mapped[str | None]
    attempt_id: Mapped[str | None]  # the question to the bank that is open, which locks the intent
    checkout_session_id: Mapped[str | None]
    automatic_payment_methods: Mapped[dict[str, Any] | None]
    payment_method_types: Mapped[list[Any]]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_payment_error: Mapped[dict[str, Any] | None]
    next_action: Mapped[dict[str, Any] | None]  # what the customer has to do, as it goes over the wire
    payment_method_options: Mapped[dict[str, Any] | None]
    canceled_at: Mapped[int | None]
    cancellation_reason: Mapped[str | None]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Captured never exceeds authorised; a customer's intents are listed."""
        return (
            CheckConstraint("amount_received >= 0 AND amount_received <= amount", name="ck_intent_received"),
            CheckConstraint(
                "amount_capturable >= 0 AND amount_capturable <= amount", name="ck_intent_capturable"
            ),
            Index("ix_payment_intents_customer", "customer_id", "id"),
        )

    @classmethod
    def create(
        cls, params: dict[str, Any], *, checkout_session_id: str | None = None, is_shown: bool = True
    ) -> "PaymentIntent":
        """Collect a new intent without a payment method; one that is not shown stands behind a charge."""
        currency = amounts.known_currency(params["currency"])
        amounts.check_charge(params["amount"], currency)
        check_email(params.get("receipt_email"), "receipt_email")
        check_descriptors(params)
        if params.get("customer"):
            Customer.living(params["customer"])
        intent_id = cls.mint() if is_shown else new_id(UNSHOWN_INTENT)
        intent = cls.new(
            id=intent_id,
            status=Status.REQUIRES_PAYMENT_METHOD.value,
            amount=params["amount"],
            amount_capturable=0,
            amount_received=0,
            currency=currency.code,
            capture_method=params.get("capture_method", "automatic"),
            confirmation_method=params.get("confirmation_method", "automatic"),
            client_secret=f"{intent_id}_secret_{random_text(25)}",
            customer_id=params.get("customer") or None,
            automatic_payment_methods=_automatic(params),
            payment_method_types=offered(
                params.get("allowed_payment_method_types"),
                params["amount"],
                currency.code,
                **terms_of(params),
            ),
            checkout_session_id=checkout_session_id,
            payment_method_options=_options({}, params.get("payment_method_options")),
            details={name: params[name] for name in PLAIN if params.get(name) not in (None, "")},
            metadata_=merged_metadata({}, params.get("metadata") or {}),
        )
        lifecycle.begin(intent, "payment_intent.created")
        return intent

    def update(self, params: dict[str, Any]) -> None:
        """Change what may still change; raises InvalidRequest for an amount after the payment began."""
        self.require_unlocked()
        before = self.as_stripe()
        if {"amount", "currency", "customer", "capture_method"} & params.keys():
            self.require_status(CHANGEABLE, "updated")
            self.require_no_session("updated")
        currency = amounts.known_currency(params.get("currency", self.currency))
        if "amount" in params or "currency" in params:
            amounts.check_charge(params.get("amount", self.amount), currency)
            self.amount = params.get("amount", self.amount)
            self.currency = currency.code
        if params.get("customer"):
            self.customer_id = Customer.living(params["customer"]).id
        self.capture_method = params.get("capture_method", self.capture_method)
        if OFFERING & params.keys():
            self._offer_anew(params)
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        check_email(params.get("receipt_email"), "receipt_email")
        check_descriptors(params)
        if "payment_method_options" in params:
            present = self.payment_method_options or {}
            self.payment_method_options = _options(present, params["payment_method_options"])
        self.details = self.details | {name: params[name] or None for name in PLAIN if name in params}
        audit.record("payment_intent.updated", self.id, fields=sorted(params))
        if self.as_stripe() != before:
            audit.record("payment_intent.changed", self.id)

    def _offer_anew(self, params: dict[str, Any]) -> None:
        """Set the types again after a change of what they depend on; named ones must fit all of it."""
        named = params.get("allowed_payment_method_types")
        if named:
            self.automatic_payment_methods = None
        elif self.automatic_payment_methods is None:
            named = self.payment_method_types
        given = {"setup_future_usage": self.details.get("setup_future_usage")} | params
        terms = terms_of(
            given
            | {
                "capture_method": self.capture_method,
                "automatic_payment_methods": self.automatic_payment_methods,
            }
        )
        self.payment_method_types = offered(named, self.amount, self.currency, **terms)

    def keep_for(self, usage: str | None) -> None:
        """Set whether the means of the next try is kept for later payments; None for not."""
        if usage != self.details.get("setup_future_usage"):
            rest = {name: value for name, value in self.details.items() if name != "setup_future_usage"}
            self.details = rest | ({"setup_future_usage": usage} if usage else {})

    def require_unlocked(self) -> None:
        """Refuse to touch the intent while a bank is being asked about it."""
        if self.attempt_id is not None and Attempt.holds_up(self.attempt_id):
            raise LockTimeout

    def require_status(self, allowed: frozenset[Status], participle: str) -> None:
        """Refuse a verb that the status doesn't allow, as Stripe words it."""
        if self.status in allowed:
            return
        raise InvalidRequest(
            wrong_status("PaymentIntent", self.status, allowed, participle),
            code="payment_intent_unexpected_state",
            extra={"payment_intent": self.as_stripe()},
        )

    def require_confirmable(self) -> None:
        """Refuse to pay an intent that is being paid, has been paid or will not be."""
        self.require_unlocked()
        self.require_status(CONFIRMABLE, "confirmed")

    def require_no_session(self, participle: str) -> None:
        """Refuse what would part an unpaid intent from the order on its Checkout Session's page."""
        if self.checkout_session_id is not None and self.status in CONFIRMABLE:
            raise InvalidRequest(
                f"This PaymentIntent belongs to the Checkout Session {self.checkout_session_id}, which the "
                f"customer can still pay, so it could not be {participle}. Expire the session instead.",
                code="payment_intent_unexpected_state",
            )

    @property
    def is_shown(self) -> bool:
        """Tell whether it is the merchant's own; the intent behind a charge of the older API is not."""
        return not self.id.startswith(UNSHOWN_INTENT)

    @classmethod
    def shown(cls) -> Select[Self]:
        """Return the select of the intents that the caller knows of."""
        return cls.mine().where(cls.id > cls.prefix)

    @property
    def manual(self) -> bool:
        """Tell whether the money is taken by a later capture."""
        return self.capture_method == "manual"

    def as_stripe(self) -> dict[str, Any]:
        """Return the intent."""
        return self.shape(
            **with_whole_shipping(self.details),
            status=self.status,
            amount=self.amount,
            amount_capturable=self.amount_capturable,
            amount_received=self.amount_received,
            automatic_payment_methods=self.automatic_payment_methods,
            canceled_at=self.canceled_at,
            cancellation_reason=self.cancellation_reason,
            capture_method=self.capture_method,
            client_secret=self.client_secret,
            confirmation_method=self.confirmation_method,
            currency=self.currency,
            customer=self.customer_id,
            last_payment_error=self.last_payment_error,
            latest_charge=self.latest_charge_id,
            metadata=self.metadata_,
            next_action=self.next_action,
            payment_method=self.payment_method_id,
            allowed_payment_method_types=None
            if self.automatic_payment_methods
            else self.payment_method_types,
            payment_method_options=self.payment_method_options or {},
            payment_method_types=self.payment_method_types,
        )


def _options(present: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what holds for each method, after a merchant's wish for some."""
    changed = {name: present.get(name, {}) | options for name, options in (given or {}).items() if options}
    return (present | changed) or None


def _automatic(params: dict[str, Any]) -> dict[str, Any] | None:
    given = params.get("automatic_payment_methods")
    if given and params.get("allowed_payment_method_types"):
        raise InvalidRequest(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "allowed_payment_method_types.",
            param="automatic_payment_methods",
        )
    if given is None and not params.get("allowed_payment_method_types"):
        return {"enabled": True, "allow_redirects": "always"}
    return None if given is None else {"allow_redirects": "always", **given}
