"""recover: open an expired session's order anew, at the prices that it was offered at."""

from typing import Any

from kit import clock
from kit.database import db
from payments.catalog.coupons import Coupon
from payments.catalog.prices import Price
from payments.catalog.products import Product
from payments.catalog.promotion_codes import PromotionCode
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import ECHOED, CheckoutSession, Status
from payments.hosted.line_items import LineItem
from payments.hosted.setup_sessions import open_again
from payments.hosted.ways_back import own_page


def recoverable(session: CheckoutSession) -> bool:
    """Tell whether the merchant lets this session be opened anew, and its time for that is not over."""
    recovery = (session.after_expiration or {}).get("recovery") or {}
    in_time = (recovery.get("expires_at") or 0) > clock.now()
    return session.status == Status.EXPIRED and bool(recovery.get("enabled")) and in_time


def recover(session: CheckoutSession) -> CheckoutSession:
    """Return an open session with the same order; the one of an earlier click while it can still be paid.

    Raises InvalidRequest where the session can't be recovered.
    """
    if not recoverable(session):
        raise InvalidRequest("This Checkout Session can't be recovered.", code="checkout_session_closed")
    before = _opened_before(session)
    if before is not None:
        return before
    if session.keeps_card:
        return open_again(session, _customer_given(session))
    echoed = {name: session.details[name] for name in ECHOED if name in session.details}
    echoed["optional_items"] = _still_on_offer(echoed.get("optional_items"), session.currency)
    given = {
        **echoed,
        "mode": session.mode,
        "currency": session.currency,
        **_adjusted(session),
        "line_items": [
            _line(item)
            for item in LineItem.of_session(session.id)
            if not (item.choice and item.choice.optional)
        ],
        "success_url": session.success_url or own_page(),  # a hosted page, whatever it was
        "cancel_url": session.cancel_url,
        "customer": _customer_given(session),
        "metadata": session.metadata_,
        "payment_intent_data": session.intent_data,
    }
    return CheckoutSession.open(given, livemode=session.livemode, recovered_from=session.id)


def _still_on_offer(items: list[dict[str, Any]] | None, currency: str) -> list[dict[str, Any]] | None:
    """Return the items on offer without those whose price is gone: nobody has ordered them yet.

    An archived price is good, as it was on the page that has expired.
    """
    prices = [(item, Price.peek(item["price"])) for item in items or ()]
    return [item for item, price in prices if price is not None and price.cost_in(currency)] or None


def _customer_given(session: CheckoutSession) -> str | None:
    """Return the customer that the merchant named; one made at a try to pay can't be named beside these."""
    made = {"customer_creation", "customer_email"} & session.details.keys()
    return None if made else session.customer_id


def _opened_before(session: CheckoutSession) -> CheckoutSession | None:
    """Return the newest successor that can still be paid."""
    query = (
        CheckoutSession.mine()
        .where(
            CheckoutSession.status == Status.OPEN,
            CheckoutSession.expires_at > clock.now(),
            CheckoutSession.recovered_from == session.id,
        )
        .order_by(CheckoutSession.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def _adjusted(session: CheckoutSession) -> dict[str, Any]:
    """Return the parameters that offer discount and delivery again; a discount only while it is to be had."""
    adjusted = session.adjustments or {}
    again: dict[str, Any] = {}
    if adjusted.get("shipping"):
        options = adjusted["shipping"]["options"]
        again["shipping_options"] = [{"shipping_rate": option["shipping_rate"]} for option in options]
    recovery = (session.after_expiration or {}).get("recovery") or {}
    if recovery.get("allow_promotion_codes") or session.details.get("allow_promotion_codes"):
        return again | {"allow_promotion_codes": True}
    kept = adjusted.get("discount")
    if kept and kept["coupon"]:
        coupon = Coupon.peek(kept["coupon"])
        good = coupon is not None and coupon.valid
    else:
        code = PromotionCode.peek(kept["promotion_code"]) if kept else None
        good = code is not None and code.is_in_force()
    if kept and good:
        again["discounts"] = [
            {name: kept[name] for name in ("coupon", "promotion_code") if kept[name] is not None}
        ]
    return again


def _line(item: LineItem) -> dict[str, Any]:
    """Return the parameters that offer a line again: its stored price, or its amount if that has gone."""
    given = _offer(item) | {"quantity": item.quantity, "metadata": item.metadata_}
    if choice := item.choice:
        given |= {"quantity": item.quantity or choice.first, "adjustable_quantity": choice.as_stripe()}
    return given | {"tax_rates": [rate["id"] for rate in item.rates]} if item.rates else given


def _offer(item: LineItem) -> dict[str, Any]:
    price = Price.peek(item.price_id)
    cost = price.cost_in(item.currency) if price is not None else None
    if price is not None and not price.can_be_inline:
        if cost is None:
            raise InvalidRequest("This Checkout Session can't be recovered: a price of it is gone.")
        return {"price": item.price_id}
    # In another currency than the price's own it may have changed.
    if price is not None and price.active and cost is not None and cost.unit_minor == item.unit_amount:
        return {"price": item.price_id}
    offer: dict[str, Any] = {"currency": item.currency, "unit_amount": item.unit_amount}
    if Product.peek(item.product_id) is not None:
        offer["product"] = item.product_id
    else:
        described = {"name": item.name, "description": item.description, "images": item.images}
        offer["product_data"] = {name: value for name, value in described.items() if value}
    return {"price_data": offer}
