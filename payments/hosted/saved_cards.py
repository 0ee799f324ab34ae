"""A returning customer's cards on the hosted page: which are offered, which pays, and which is forgotten."""

from dataclasses import dataclass
from datetime import UTC, datetime

from kit import clock
from kit.database import db
from payments import audit
from payments.charging.methods import CARD
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.customers.customers import Customer
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import CheckoutSession

MOST_SHOWN = 50
SHOWN_UNLESS_ASKED = ("always",)  # values of `allow_redisplay`: the customer has agreed to see the card again
GONE = "saved_card_gone"


@dataclass(frozen=True, slots=True)
class Saved:
    """A card that is known already, chosen on the page by the id of its method."""

    method_id: str


def saved_cards(session: CheckoutSession) -> list[PaymentMethod]:
    """Return the cards that the session's customer may choose, the newest first; none that has expired."""
    if session.keeps_card or session.customer_id is None or CARD not in session.types:
        return []
    customer = Customer.peek(session.customer_id)
    if customer is None or customer.deleted:
        return []
    options = session.details.get("saved_payment_method_options") or {}
    row = PaymentMethod
    query = row.mine().where(
        row.customer_id == customer.id,
        row.type == CARD,
        row.allow_redisplay.in_(options.get("allow_redisplay_filters") or SHOWN_UNLESS_ASKED),
    )
    today = datetime.fromtimestamp(clock.now(), UTC)
    found = db.session.scalars(query.order_by(row.id.desc()).limit(MOST_SHOWN))
    return [
        card for card in found if (card.card["exp_year"], card.card["exp_month"]) >= (today.year, today.month)
    ]


def chosen_card(session: CheckoutSession, method_id: str) -> PaymentMethod:
    """Return the card of an id that was sent; raises InvalidRequest for any but those that are offered."""
    for card in saved_cards(session):
        if card.id == method_id:
            return card
    message = "This card is not among the saved cards of this order's customer any more."
    raise InvalidRequest(message, code=GONE, param="paymentMethod")


def may_remove(session: CheckoutSession) -> bool:
    """Tell whether the merchant lets its customer remove cards on the page."""
    options = session.details.get("saved_payment_method_options") or {}
    return bool(options.get("payment_method_remove") == "enabled")


def forget_card(session: CheckoutSession, method_id: str) -> None:
    """Detach a card at its customer's wish; raises InvalidRequest, LockTimeout while it may be paying."""
    if not session.is_payable:
        raise InvalidRequest("This Checkout Session can't be paid any more.", code="checkout_session_closed")
    if session.payment_intent_id is not None:
        PaymentIntent.find(session.payment_intent_id).require_unlocked()
    if not may_remove(session):
        raise InvalidRequest("Cards can't be removed on this page.", param="removeSavedCard")
    card = chosen_card(session, method_id)
    card.detach()
    audit.record("checkout.session.card_removed", session.id, payment_method=card.id)
