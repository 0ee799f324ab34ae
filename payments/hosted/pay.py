"""pay: the customer's card, typed on the hosted page, pays a session's order."""

from dataclasses import dataclass, field
from typing import Any

from payments import bank
from payments.charging.cards import CardDetails
from payments.charging.confirm import Presence, confirm
from payments.charging.methods import METHODS
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import Means, PaymentMethod
from payments.charging.withdraw import withdraw
from payments.customers.customers import Customer
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.hosted.checkout_sessions import CheckoutSession


@dataclass(frozen=True, slots=True)
class Billing:
    """What the customer typed beside the card."""

    email: str
    name: str | None = None
    country: str | None = None
    postal_code: str | None = None

    def address(self) -> dict[str, str | None]:
        """Return the address as the wire has it."""
        return {
            "city": None, "country": self.country, "line1": None, "line2": None,
            "postal_code": self.postal_code, "state": None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """Another means than a card, chosen on the page, with what was typed for it."""

    type: str
    given: dict[str, str] = field(default_factory=dict, repr=False)


def pay(
    session: CheckoutSession, means: Means | Chosen, billing: Billing, method: PaymentMethod | None = None
) -> bank.Answer:
    """Try to pay a session; return the bank's answer, recorded, to be committed by the edge.

    `method` is that of the means where it is known by one already; what is typed on the page gets a new one.
    Raises InvalidRequest where the session can't be paid any more, LockTimeout or StaleWrite where another
    window is paying it at this moment.
    """
    if not session.is_payable:
        raise InvalidRequest("This Checkout Session can't be paid any more.", code="checkout_session_closed")
    if session.payment_intent_id is not None:
        withdraw(PaymentIntent.find(session.payment_intent_id), "confirmed")  # before anything is changed
    session.customer_details = {
        "address": billing.address(), "email": billing.email, "name": billing.name, "phone": None,
    }  # fmt: skip
    intent = _intent_of(session, billing)
    details = {"email": billing.email, "name": billing.name, "address": billing.address()}
    keep = bool(intent.details.get("setup_future_usage"))
    if isinstance(means, Chosen):
        method, means = PaymentMethod.of_kind(METHODS[means.type], means.given, billing=details, keep=keep)
    elif method is None and isinstance(means, CardDetails):
        method = PaymentMethod.of_card(means, billing=details, keep=keep)
    if method is None:
        raise TypeError("a means other than a card comes with its method")
    return confirm(intent, method, means, presence=Presence(return_url=addresses.pay_page(session.id)))


def _intent_of(session: CheckoutSession, billing: Billing) -> PaymentIntent:
    if session.payment_intent_id is not None:
        return PaymentIntent.find(session.payment_intent_id)
    if session.details.get("customer_creation") == "always" and session.customer_id is None:
        given: dict[str, Any] = {"email": billing.email}
        if billing.name:
            given["name"] = billing.name
        session.customer_id = Customer.create(given).id
    asked = {
        **session.intent_data,
        "amount": session.amount_total,
        "currency": session.currency,
        "allowed_payment_method_types": session.types,
    }
    if session.customer_id:
        asked["customer"] = session.customer_id
    intent = PaymentIntent.create(asked, checkout_session_id=session.id)
    session.payment_intent_id = intent.id
    return intent
