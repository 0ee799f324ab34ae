"""give_discount: give a customer a coupon, or take away what they have."""

from typing import Any

from payments import audit, events, lifecycle
from payments.catalog.coupons import Coupon
from payments.catalog.discounts import Discount, Status
from payments.catalog.promotion_codes import PromotionCode
from payments.catalog.redeem import check_code, exhausted
from payments.customers.customers import Customer
from payments.errors import InvalidRequest, NotFound


def asked(params: dict[str, Any]) -> bool:
    """Tell whether a request changes the customer's discount; older clients word it so."""
    return "coupon" in params or "promotion_code" in params


def check(params: dict[str, Any], customer_id: str | None) -> None:
    """Refuse what give() would refuse, as far as that is known before the customer is there."""
    if params.get("coupon") or params.get("promotion_code"):
        _wanted(params, customer_id)


def give(customer: Customer, params: dict[str, Any]) -> None:
    """Give what `coupon` or `promotion_code` names instead of what the customer had; "" takes that away."""
    if not params.get("coupon") and not params.get("promotion_code"):
        if customer.discount_id is not None:
            take_away(customer)
        return
    coupon, code = _wanted(params, customer.id)
    new = Discount.given(
        coupon.terms(),
        coupon_id=coupon.id,
        promotion_code_id=code.id if code else None,
        customer_id=customer.id,
        limits=(coupon.max_redemptions, code.max_redemptions if code else None),
    )
    if new is None:
        raise exhausted("promotion_code" if code else "coupon")
    _put(customer, new)


def take_away(customer: Customer) -> dict[str, Any]:
    """Take a customer's discount away; raises NotFound where there is none."""
    discount = customer.discount
    if discount is None:
        raise NotFound("discount", customer.id)
    before = customer.as_stripe()
    lifecycle.move(discount, Status.REMOVED)
    customer.discount_id = None
    audit.record("customer.updated", customer.id, fields=["discount"])
    events.record_update(customer, before)
    return discount.as_stripe() | {"deleted": True}


def _wanted(params: dict[str, Any], customer_id: str | None) -> tuple[Coupon, PromotionCode | None]:
    if params.get("coupon") and params.get("promotion_code"):
        raise InvalidRequest(
            "You may only specify one of these parameters: coupon, promotion_code.", param="promotion_code"
        )
    code = None
    if params.get("promotion_code"):
        code = PromotionCode.find(params["promotion_code"], param="promotion_code")
        check_code(code, customer_id, param="promotion_code")
    coupon = code.coupon if code else Coupon.find(params["coupon"], param="coupon")
    if not coupon.in_time:
        raise exhausted("coupon")
    return coupon, code


def _put(customer: Customer, new: Discount) -> None:
    before, old = customer.as_stripe(), customer.discount
    customer.discount_id = new.id
    if old is None:
        lifecycle.begin(new, "customer.discount.created")
    else:
        lifecycle.begin(new, None)
        lifecycle.move(old, Status.REPLACED)
        events.record_update(new, old.as_stripe(), "customer.discount.updated")
    audit.record("customer.updated", customer.id, fields=["discount"])
    events.record_update(customer, before)
