"""A mandate: a customer's leave to debit an account, once; given with the payment that it is for.

Florin's debits serve once, so every mandate is for a single use: it ends as soon as its payment is decided.
"""

from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy.orm import Mapped

from kit import clock
from kit.ids import random_text
from kit.states import StateMachine
from payments import lifecycle
from payments.charging.methods import METHODS
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.resource import Resource
from payments.scope import caller
from payments.shapes import shaped

REFERENCE_CHARS = 20  # a SEPA mandate's reference has up to 35
ONLINE, OFFLINE = "online", "offline"
UNDECIDED = "mandates"  # in a method's data, by intent: a kept account may pay several debits at once
Acceptance = stripe.Mandate.CustomerAcceptance
Details = stripe.Mandate.PaymentMethodDetails


class Status(StrEnum):
    """Whether money may be asked for under it."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class Mandate(Resource):
    """Who allowed what, when and how; its reference is what the customer's bank knows it by."""

    __tablename__ = "mandates"
    prefix = "mandate_"
    object_name = "mandate"
    stripe_class = stripe.Mandate
    expandable = frozenset(("payment_method",))

    transitions: ClassVar[StateMachine] = StateMachine({(Status.ACTIVE, Status.INACTIVE): "mandate.updated"})

    status: Mapped[str]
    type: Mapped[str]  # of the payment method
    payment_method_id: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    reference: Mapped[str]
    acceptance: Mapped[dict[str, Any]]

    @classmethod
    def accept(cls, intent: PaymentIntent, method: PaymentMethod, given: dict[str, Any] | None) -> "Mandate":
        """Collect the mandate of a payment that is about to be tried; `given` is the `customer_acceptance`.

        Without it a customer on Florin's page has accepted what stands there, online; a merchant's server
        answers for what it has in writing.
        """
        mandate = cls.new(
            status=Status.ACTIVE.value,
            type=method.type,
            payment_method_id=method.id,
            amount=intent.amount,
            currency=intent.currency,
            reference=random_text(REFERENCE_CHARS).upper(),
            acceptance=_accepted(given or _unsaid()),
        )
        lifecycle.begin(mandate, None)
        return mandate

    def use(self) -> None:
        """End it: the one payment that it was for is decided."""
        if self.status == Status.ACTIVE:
            lifecycle.move(self, Status.INACTIVE)

    def as_stripe(self) -> dict[str, Any]:
        """Return the mandate as it goes over the wire."""
        details = {"reference": self.reference, "url": addresses.mandate_page(self.id)}
        return self.shape(
            customer_acceptance=self.acceptance,
            payment_method=self.payment_method_id,
            payment_method_details=shaped(Details, type=self.type, **{self.type: details}),
            single_use={"amount": self.amount, "currency": self.currency},
            status=self.status,
            type="single_use",
        )


def _unsaid() -> dict[str, Any]:
    who = caller()
    if who.actor == "customer" or who.publishable:
        return {"type": ONLINE, ONLINE: {"ip_address": who.address}}
    return {"type": OFFLINE}


def _accepted(given: dict[str, Any]) -> dict[str, Any]:
    online = shaped(Acceptance.Online, **(given.get(ONLINE) or {})) if given["type"] == ONLINE else None
    return shaped(
        Acceptance,
        accepted_at=given.get("accepted_at") or clock.now(),
        offline={} if given["type"] == OFFLINE else None,
        online=online,
        type=given["type"],
    )


def accept_where_needed(intent: PaymentIntent, method: PaymentMethod, given: dict[str, Any] | None) -> None:
    """Collect the mandate of a method that needs one; the method keeps it until the payment is decided."""
    if method.type in METHODS and METHODS[method.type].mandate:
        _keep(method, _undecided(method) | {intent.id: Mandate.accept(intent, method, given).id})


def mandate_of(intent: PaymentIntent, method: PaymentMethod) -> str | None:
    """Return the id of the mandate that an undecided payment is made under, None where it needs none."""
    return _undecided(method).get(intent.id)


def use_mandate(intent: PaymentIntent, method: PaymentMethod) -> None:
    """End the mandate of a payment that is decided, if it was made under one."""
    undecided = _undecided(method)
    mandate_id = undecided.pop(intent.id, None)
    if mandate_id is not None:
        _keep(method, undecided)
        Mandate.find(mandate_id).use()


def _undecided(method: PaymentMethod) -> dict[str, str]:
    return dict((method.data or {}).get(UNDECIDED) or {})


def _keep(method: PaymentMethod, undecided: dict[str, str]) -> None:
    method.data = (method.data or {}) | {UNDECIDED: undecided}


def check_mandate(mandate_id: str) -> None:
    """Refuse a mandate that is named for a further payment: each serves for its own."""
    mandate = Mandate.find(mandate_id, param="mandate")
    raise InvalidRequest(
        f"The mandate {mandate.id} is for a single use and belongs to another payment. Use `mandate_data` to "
        "give a new one.",
        param="mandate",
    )
