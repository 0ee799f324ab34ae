"""reprice: what a customer does on the page to an order's total, and what its discount's last use does to it.

Whatever changes the total changes the session and, where there is one, its payment intent in one write, so
that no payment under way can take another amount than the one it began with (docs/decisions/0001).
"""

from typing import Any

from payments import audit
from payments.catalog import redeem
from payments.catalog.promotion_codes import PromotionCode
from payments.charging.methods import fitting
from payments.charging.methods.offering import terms_of
from payments.charging.payment_intents import CHANGEABLE, PaymentIntent
from payments.errors import InvalidRequest
from payments.hosted.adjustments import applied, rework
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.line_items import AMOUNT_REFUSED, LineItem
from payments.hosted.opening_rules import check_total

UNKNOWN_CODE = "promotion_code_invalid"


def enter_code(session: CheckoutSession, typed: str) -> None:
    """Put a promotion code on an open order, in the place of one before; raises InvalidRequest."""
    intent = _changeable(session)
    if not session.details.get("allow_promotion_codes"):
        raise InvalidRequest("This order takes no promotion codes.", code=UNKNOWN_CODE)
    code = PromotionCode.typed(typed, session.customer_id)
    if code is None:
        raise InvalidRequest("This code is invalid.", code=UNKNOWN_CODE, param="promotionCode")
    kept = applied(
        code.coupon, code, session.line_items(), session.id, session.customer_id, param="promotionCode"
    )
    _drop(session)
    _rework(session, intent, {"discount": kept})
    audit.record("checkout.session.discounted", session.id, promotion_code=code.id)


def leave_code(session: CheckoutSession) -> None:
    """Take the promotion code that the customer has entered off again."""
    intent = _changeable(session)
    if session.details.get("allow_promotion_codes") and session.discount is not None:
        _drop(session)
        _rework(session, intent, {"discount": None})
        audit.record("checkout.session.undiscounted", session.id)


def change_quantity(session: CheckoutSession, line_id: str, quantity: int) -> None:
    """Set how many of a line the customer buys; none leaves the line out. Raises InvalidRequest.

    The order keeps its discount, whose terms it has to meet as before.
    """
    intent = _changeable(session)
    lines = LineItem.of_session(session.id)
    line = next((line for line in lines if line.id == line_id), None)
    if line is None:
        raise InvalidRequest("This item is not in the order.", param="line")
    line.change_to(quantity)
    bought = [line for line in lines if line.quantity]
    if not bought:
        raise InvalidRequest("An order needs at least one item.", param="quantity")
    subtotal = sum(line.amount for line in bought)
    kept = (session.adjustments or {}).get("discount")
    code = PromotionCode.peek(kept["promotion_code"]) if kept and kept["promotion_code"] else None
    if code is not None:
        redeem.check_order(code, subtotal, session.currency, param="quantity")
    session.amount_subtotal = subtotal
    _rework(session, intent, {}, bought, may_be_free=bool(kept))
    audit.record("checkout.session.quantity_changed", session.id, line=line_id, quantity=quantity)


def choose_amount(session: CheckoutSession, amount_minor: int) -> None:
    """Set what the customer pays for the line whose amount is theirs to choose; raises InvalidRequest."""
    intent = _changeable(session)
    lines = session.line_items()
    line = next((line for line in lines if line.custom_amount), None)
    if line is None:
        raise InvalidRequest(AMOUNT_REFUSED, param="customUnitAmount")
    line.choose_amount(amount_minor)
    session.amount_subtotal = sum(line.amount for line in lines)
    _rework(session, intent, {}, lines, may_be_free=False)
    audit.record("checkout.session.amount_chosen", session.id, line=line.id, amount=amount_minor)


def choose_shipping(session: CheckoutSession, rate_id: str) -> None:
    """Choose one of the ways of delivery that the order offers."""
    intent = _changeable(session)
    shipping = (session.adjustments or {}).get("shipping") or {"options": []}
    places = [option["shipping_rate"] for option in shipping["options"]]
    if rate_id not in places:
        raise InvalidRequest("Choose one of the ways of delivery.", param="shippingRate")
    _rework(session, intent, {"shipping": shipping | {"chosen": places.index(rate_id)}})
    audit.record("checkout.session.shipping_chosen", session.id, shipping_rate=rate_id)


def hold_discount(session: CheckoutSession) -> None:
    """Take the place of the order's discount before it is paid.

    Raises InvalidRequest (recorded) where it is used up: the order then costs what it costs without.
    """
    discount = session.discount
    if discount is None or redeem.hold(discount):
        return
    _drop(session)
    intent = PaymentIntent.find(session.payment_intent_id) if session.payment_intent_id else None
    _rework(session, intent, {"discount": None})
    audit.record("checkout.session.undiscounted", session.id, why="used up")
    error = redeem.exhausted("discounts")
    error.keep = True
    raise error


def _changeable(session: CheckoutSession) -> PaymentIntent | None:
    """Return the order's intent, where it has one; refuse while it is being paid or can't be any more."""
    if not session.is_payable:
        raise InvalidRequest("This Checkout Session can't be paid any more.", code="checkout_session_closed")
    if session.payment_intent_id is None:
        return None
    intent = PaymentIntent.find(session.payment_intent_id)
    intent.require_unlocked()
    intent.require_status(CHANGEABLE, "updated")
    return intent


def _drop(session: CheckoutSession) -> None:
    discount = session.discount
    if discount is not None:
        discount.drop()


def _rework(
    session: CheckoutSession,
    intent: PaymentIntent | None,
    changed: dict[str, Any],
    lines: list[LineItem] | None = None,
    *,
    may_be_free: bool = True,
) -> None:
    """Work the order out anew; raises InvalidRequest where it comes to too little to be charged."""
    present = {"types": session.types} | (session.adjustments or {})
    wanted = {name: value for name, value in (present | changed).items() if value is not None}
    adjusted, total = rework(lines or session.line_items(), wanted)
    check_total(total, session.currency, may_be_free=may_be_free)
    session.adjustments = adjusted
    session.amount_total = total
    if not total:
        return
    terms = terms_of(session.intent_data)
    session.payment_method_types = fitting(
        adjusted["types"], total, session.currency, manual=terms["manual"], redirects=terms["redirects"]
    )
    if intent is not None:
        intent.amount = total
        intent.payment_method_types = session.types
