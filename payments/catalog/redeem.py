"""redeem: whether a coupon or a promotion code may be used for something, and taking its last place."""

from sqlalchemy import select

from kit.database import db
from payments.catalog.coupons import Coupon
from payments.catalog.discounts import Discount
from payments.catalog.promotion_codes import PromotionCode
from payments.charging.charges import Charge
from payments.charging.charges import Status as ChargeStatus
from payments.errors import InvalidRequest

EXPIRED = "coupon_expired"
WORDS = {"coupon": "coupon", "promotion_code": "promotion code"}


def exhausted(param: str) -> InvalidRequest:
    """Return the refusal of a coupon or code that is not in force any more."""
    words = WORDS.get(param.rpartition("[")[2].rstrip("]"), "discount")
    return InvalidRequest(
        f"This {words} is expired or has been redeemed as often as it may be.", code=EXPIRED, param=param
    )


def check_code(code: PromotionCode, customer_id: str | None, *, param: str) -> None:
    """Refuse a code that is not in force, is somebody else's, or is for a first purchase and this is none."""
    if not code.is_in_force():
        raise exhausted(param)
    if code.customer_id is not None and code.customer_id != customer_id:
        raise InvalidRequest("This promotion code can only be used by another customer.", param=param)
    if code.restrictions.get("first_time_transaction") and customer_id and has_paid(customer_id):
        raise InvalidRequest("This promotion code is only for a customer's first purchase.", param=param)


def check_order(code: PromotionCode, subtotal_minor: int, currency: str, *, param: str) -> None:
    """Refuse a code that wants a larger order, or one in another currency."""
    least = code.restrictions.get("minimum_amount")
    if least is None:
        return
    if code.restrictions["minimum_amount_currency"] != currency:
        option = (code.restrictions.get("currency_options") or {}).get(currency)
        if option is None:
            raise InvalidRequest(f"This promotion code can't be used for orders in {currency}.", param=param)
        least = option["minimum_amount"]
    if subtotal_minor < least:
        raise InvalidRequest(
            "The order is below the least amount that this promotion code is for.", param=param
        )


def has_paid(customer_id: str) -> bool:
    """Tell whether a customer has ever paid anything."""
    query = select(Charge.id).where(
        Charge.customer_id == customer_id, Charge.status == ChargeStatus.SUCCEEDED
    )
    return db.session.scalar(query.limit(1)) is not None


def hold(discount: Discount) -> bool:
    """Take a place for an order that is about to be paid; False where the coupon or code is used up."""
    coupon = Coupon.behind(discount.coupon_id)
    code = PromotionCode.peek(discount.promotion_code_id) if discount.promotion_code_id else None
    if not coupon.in_time or (code is not None and not code.is_in_force()):
        return False
    return discount.hold(coupon.max_redemptions, code.max_redemptions if code else None)
