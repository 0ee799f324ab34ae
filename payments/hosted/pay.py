"""pay: the customer's card, typed on the hosted page, pays a session's order."""

from dataclasses import dataclass, field

from payments import bank
from payments.charging.cancel import cancel
from payments.charging.cards import CardDetails
from payments.charging.confirm import Presence, confirm
from payments.charging.methods import CARD, METHODS
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import Means, PaymentMethod
from payments.charging.withdraw import withdraw
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession, PaymentStatus
from payments.hosted.hold_place import hold_place
from payments.hosted.keep_customer import corrected_customer, made_customer
from payments.hosted.payment_links import PaymentLink
from payments.hosted.reprice import hold_discount
from payments.hosted.saved_cards import Saved, chosen_card

TOTAL_CHANGED = "total_changed"
CUSTOMERS_WISH = "on_session"  # `setup_future_usage` of a card that its holder wants to find the next time


@dataclass(frozen=True, slots=True)
class Chosen:
    """Another means than a card, chosen on the page, with what was typed for it."""

    type: str
    given: dict[str, str] = field(default_factory=dict, repr=False)


def pay(
    session: CheckoutSession,
    means: Means | Chosen | Saved | None,
    billing: Billing,
    method: PaymentMethod | None = None,
    *,
    expected_minor: int | None = None,
) -> bank.Answer:
    """Try to pay a session; return the bank's answer, recorded, to be committed by the edge.

    `method` is that of the means where it is known by one already; what is typed on the page gets a new one.
    `expected_minor` is the total that the customer was shown. No means is needed where that is nothing.
    Raises InvalidRequest where the session can't be paid any more or its payment link has no place left,
    LockTimeout or StaleWrite where another window is paying it at this moment.
    """
    _check_payable(session, expected_minor)
    if session.payment_intent_id is not None:
        withdraw(PaymentIntent.find(session.payment_intent_id), "confirmed")  # before anything is changed
    _hold(session)
    if isinstance(means, Saved):
        method = chosen_card(session, means.method_id)
        means, billing = method.means(), billing.completed_by(method.billing_details)
    session.customer_details = billing.customer_details()
    session.note_answers(billing.answers)
    if billing.shipping:
        session.adjustments = (session.adjustments or {}) | {"shipping_details": billing.shipping}
    if not session.amount_total:
        return _without_a_payment(session, billing)
    if means is None:
        raise InvalidRequest("A payment method is needed to pay this order.", param="payment_method")
    intent = _intent_of(session, billing)
    if method is None or isinstance(means, Chosen):
        method, means = _made(means, billing, keep=_keeps(session, intent, means))
        if method.type == CARD and intent.details.get("setup_future_usage"):
            method.allow_redisplay = "always" if session.saves_card else "limited"
    return confirm(intent, method, means, presence=Presence(return_url=addresses.pay_page(session.id)))


def _check_payable(session: CheckoutSession, expected_minor: int | None) -> None:
    if session.keeps_card:
        raise InvalidRequest("This Checkout Session keeps a card; there is nothing to pay.")
    if not session.is_payable:
        raise InvalidRequest("This Checkout Session can't be paid any more.", code="checkout_session_closed")
    if expected_minor not in (None, session.amount_total):
        raise InvalidRequest("The total of this order has changed.", code=TOTAL_CHANGED)


def _hold(session: CheckoutSession) -> None:
    """Take the last of what there is only so much of, before the bank is asked."""
    if session.adjustments is not None:
        hold_discount(session)
    if session.payment_link_id is not None:
        hold_place(session, PaymentLink.find(session.payment_link_id))


def _keeps(session: CheckoutSession, intent: PaymentIntent, means: Means | Chosen) -> bool:
    """Tell whether the means is kept: at the merchant's wish, or at the customer's, until the next try."""
    asked = session.intent_data.get("setup_future_usage")
    if not asked and session.saves_card and isinstance(means, CardDetails):
        asked = CUSTOMERS_WISH
    intent.keep_for(asked)
    return bool(asked)


def _made(means: Means | Chosen, billing: Billing, *, keep: bool) -> tuple[PaymentMethod, Means]:
    """Return the new payment method of what was typed on the page, and the means itself."""
    details = billing.details()
    if isinstance(means, Chosen):
        return PaymentMethod.of_kind(METHODS[means.type], means.given, billing=details, keep=keep)
    if not isinstance(means, CardDetails):
        raise TypeError("a means other than a card comes with its method")
    return PaymentMethod.of_card(means, billing=details, keep=keep), means


def _without_a_payment(session: CheckoutSession, billing: Billing) -> bank.Answer:
    """End a session whose discount leaves nothing to pay; no bank is asked, and no guest is served."""
    if session.payment_intent_id is not None:
        cancel(PaymentIntent.find(session.payment_intent_id), "abandoned")
        session.payment_intent_id = None
    if session.customer_id is None:
        session.customer_id = made_customer(billing).id
    session.paid_for(PaymentStatus.NO_PAYMENT_REQUIRED)
    return bank.Done()


def _intent_of(session: CheckoutSession, billing: Billing) -> PaymentIntent:
    if session.details.get("customer_creation") == "always" and session.customer_id is not None:
        corrected_customer(session.customer_id, billing)
    if session.payment_intent_id is not None:
        intent = PaymentIntent.find(session.payment_intent_id)
        if billing.shipping:
            intent.details = intent.details | {"shipping": billing.shipping}
        return intent
    if session.details.get("customer_creation") == "always" and session.customer_id is None:
        session.customer_id = made_customer(billing).id
    asked = {
        **session.intent_data,
        "amount": session.amount_total,
        "currency": session.currency,
        "allowed_payment_method_types": session.types,
    }
    if billing.shipping:
        asked["shipping"] = billing.shipping
    if session.customer_id:
        asked["customer"] = session.customer_id
    intent = PaymentIntent.create(asked, checkout_session_id=session.id)
    session.payment_intent_id = intent.id
    return intent
