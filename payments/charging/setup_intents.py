"""A setup intent: a card that is to be kept for later payments, and how far that has come."""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from kit.ids import random_text
from kit.states import StateMachine
from payments import audit, lifecycle
from payments.charging.attempts import Attempt
from payments.charging.methods import CARD, known_types
from payments.charging.payment_methods import PaymentMethod
from payments.charging.wrong_status import wrong_status
from payments.customers.customers import Customer
from payments.errors import InvalidRequest, LockTimeout
from payments.resource import Resource, WithMetadata, merged_metadata

PLAIN = ("description",)
USAGE = "off_session"


class Status(StrEnum):
    """Stripe's statuses of a setup intent."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


S = Status
CONFIRMABLE = frozenset((S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION, S.REQUIRES_ACTION))
CANCELABLE = CONFIRMABLE
# Whose card it is may change until an issuer has been asked.
CHANGEABLE = CONFIRMABLE - {S.REQUIRES_ACTION}


class SetupIntent(Resource, WithMetadata):
    """A card to be kept: verified by its issuer without money, and by its holder where that is asked for."""

    __tablename__ = "setup_intents"
    prefix = "seti_"
    object_name = "setup_intent"
    stripe_class = stripe.SetupIntent
    path_param = "intent"
    expandable = frozenset(("customer", "latest_attempt", "payment_method"))

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION): None,
            (S.REQUIRES_PAYMENT_METHOD, S.PROCESSING): None,
            (S.REQUIRES_PAYMENT_METHOD, S.CANCELED): "setup_intent.canceled",
            (S.REQUIRES_CONFIRMATION, S.PROCESSING): None,
            (S.REQUIRES_CONFIRMATION, S.CANCELED): "setup_intent.canceled",
            (S.REQUIRES_ACTION, S.PROCESSING): None,
            (S.REQUIRES_ACTION, S.REQUIRES_PAYMENT_METHOD): "setup_intent.setup_failed",
            (S.REQUIRES_ACTION, S.REQUIRES_CONFIRMATION): None,
            (S.REQUIRES_ACTION, S.SUCCEEDED): "setup_intent.succeeded",
            (S.REQUIRES_ACTION, S.CANCELED): "setup_intent.canceled",
            (S.PROCESSING, S.REQUIRES_PAYMENT_METHOD): "setup_intent.setup_failed",
            (S.PROCESSING, S.REQUIRES_ACTION): "setup_intent.requires_action",
            (S.PROCESSING, S.SUCCEEDED): "setup_intent.succeeded",
        }
    )

    status: Mapped[str]
    usage: Mapped[str]
    client_secret: Mapped[str]
    customer_id: Mapped[str | None]
    payment_method_id: Mapped[str | None]
    latest_attempt_id: Mapped[str | None]
    attempt_id: Mapped[str | None]  # the question to the bank that is open, which locks the intent
    checkout_session_id: Mapped[str | None]
    automatic_payment_methods: Mapped[dict[str, Any] | None]
    payment_method_types: Mapped[list[Any]]
    payment_method_options: Mapped[dict[str, Any] | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_setup_error: Mapped[dict[str, Any] | None]
    next_action: Mapped[dict[str, Any] | None]  # what the customer has to do, as it goes over the wire
    cancellation_reason: Mapped[str | None]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Lists may be narrowed by customer and by method."""
        return (
            Index("ix_setup_intents_customer", "customer_id", "id"),
            Index("ix_setup_intents_payment_method", "payment_method_id", "id"),
        )

    @classmethod
    def create(cls, params: dict[str, Any], *, checkout_session_id: str | None = None) -> "SetupIntent":
        """Collect a new intent without a payment method."""
        if params.get("customer"):
            Customer.living(params["customer"])
        intent_id = cls.mint()
        intent = cls.new(
            id=intent_id,
            status=Status.REQUIRES_PAYMENT_METHOD.value,
            usage=params.get("usage") or USAGE,
            client_secret=f"{intent_id}_secret_{random_text(25)}",
            customer_id=params.get("customer") or None,
            checkout_session_id=checkout_session_id,
            automatic_payment_methods=_automatic(params),
            payment_method_types=_types(params.get("allowed_payment_method_types")),
            payment_method_options=_options({}, params.get("payment_method_options")),
            details={name: params[name] for name in PLAIN if params.get(name) not in (None, "")},
            metadata_=merged_metadata({}, params.get("metadata") or {}),
        )
        lifecycle.begin(intent, "setup_intent.created")
        return intent

    def update(self, params: dict[str, Any]) -> None:
        """Change what may still change; Stripe tells of it by no event."""
        self.require_unlocked()
        if {"customer", "allowed_payment_method_types"} & params.keys():
            self.require_status(CHANGEABLE, "updated")
            self.require_no_session("updated")
        if params.get("customer"):
            self.give_to(Customer.living(params["customer"]))
        if params.get("allowed_payment_method_types"):
            self.automatic_payment_methods = None
            self.payment_method_types = _types(params["allowed_payment_method_types"])
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "payment_method_options" in params:
            present = self.payment_method_options or {}
            self.payment_method_options = _options(present, params["payment_method_options"])
        self.details = self.details | {name: params[name] or None for name in PLAIN if name in params}
        audit.record("setup_intent.updated", self.id, fields=sorted(params))

    def give_to(self, customer: Customer) -> None:
        """Name the customer whose card it will be; a method of another one's can't stay."""
        if self.payment_method_id is not None:
            self.check_owner(PaymentMethod.find(self.payment_method_id), customer.id)
        self.customer_id = customer.id

    def check_owner(self, method: PaymentMethod, customer_id: str | None) -> None:
        """Refuse a method that belongs to another customer than the intent's."""
        if method.customer_id is not None and method.customer_id != customer_id:
            raise InvalidRequest(
                f"The customer does not have a payment method with the ID {method.id}. The payment method "
                "must belong to the customer of the SetupIntent.",
                code="resource_missing",
                param="payment_method",
            )

    def check_accepted(self, method: PaymentMethod) -> None:
        """Refuse a method of a type that can't be set up."""
        if method.type not in self.payment_method_types:
            raise InvalidRequest(
                f"The PaymentMethod provided ({method.type}) is not allowed for this SetupIntent. Please "
                "attempt to confirm with one of the following payment method types: "
                f"{', '.join(self.payment_method_types)}.",
                code="setup_intent_invalid_parameter",
                param="payment_method",
            )

    def require_unlocked(self) -> None:
        """Refuse to touch the intent while a bank is being asked about it."""
        if self.attempt_id is not None and Attempt.holds_up(self.attempt_id):
            raise LockTimeout

    def require_status(self, allowed: frozenset[Status], participle: str) -> None:
        """Refuse a verb that the status doesn't allow, as Stripe words it."""
        if self.status in allowed:
            return
        raise InvalidRequest(
            wrong_status("SetupIntent", self.status, allowed, participle),
            code="setup_intent_unexpected_state",
            extra={"setup_intent": self.as_stripe()},
        )

    def require_confirmable(self) -> None:
        """Refuse to set up what is being set up, has been, or will not be."""
        self.require_unlocked()
        self.require_status(CONFIRMABLE, "confirmed")

    def require_no_session(self, participle: str) -> None:
        """Refuse what would part an open intent from its Checkout Session's page."""
        if self.checkout_session_id is not None and self.status in CONFIRMABLE:
            raise InvalidRequest(
                f"This SetupIntent belongs to the Checkout Session {self.checkout_session_id}, which the "
                f"customer can still complete, so it could not be {participle}. Expire the session instead.",
                code="setup_intent_unexpected_state",
            )

    @property
    def keeps(self) -> bool:
        """Tell whether the card is kept for payments without its holder."""
        return self.usage == USAGE

    def as_stripe(self) -> dict[str, Any]:
        """Return the intent."""
        automatic = self.automatic_payment_methods
        return self.shape(
            **self.details,
            status=self.status,
            usage=self.usage,
            allowed_payment_method_types=None if automatic else self.payment_method_types,
            automatic_payment_methods=automatic,
            cancellation_reason=self.cancellation_reason,
            client_secret=self.client_secret,
            customer=self.customer_id,
            last_setup_error=self.last_setup_error,
            latest_attempt=self.latest_attempt_id,
            metadata=self.metadata_,
            next_action=self.next_action,
            payment_method=self.payment_method_id,
            payment_method_options=self.payment_method_options or {},
            payment_method_types=self.payment_method_types,
        )


def _types(named: list[str] | None) -> list[str]:
    """Return the types named, each once; a card alone can be kept so far."""
    types = known_types(named or [CARD])
    for number, name in enumerate(types):
        if name != CARD:
            raise InvalidRequest(
                f"Florin sets up cards alone; a payment method of type {name[:64]} can't be.",
                code="setup_intent_invalid_parameter",
                param=f"allowed_payment_method_types[{number}]",
            )
    return types


def _options(present: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any] | None:
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
