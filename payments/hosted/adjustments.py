"""What changes an order's total beside its lines: a discount, taxes, and what delivery costs.

It is kept with the session as one document, None for a plain order, which so pays nothing for it:
`discount` (id, coupon, promotion_code, words, terms), `shipping` (options, chosen), the sums worked out, and
the `taxes` of all lines by rate. Each line keeps its own part (`LineItem.adjustments`).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from kit.money import CURRENCIES
from payments.catalog import redeem
from payments.catalog.coupons import Coupon
from payments.catalog.discounts import Discount
from payments.catalog.promotion_codes import PromotionCode
from payments.catalog.shipping_rates import ShippingRate
from payments.errors import InvalidRequest
from payments.hosted.line_items import LineItem
from payments.hosted.totals import Part, Rate, is_for, worked_out

MAXIMUM_SHIPPING_OPTIONS = 5
Adjusted = dict[str, Any]


def asked(params: dict[str, Any], lines: Sequence[LineItem]) -> bool:
    """Tell whether a session is to have anything of this."""
    return bool(
        params.get("discounts")
        or params.get("shipping_options")
        or any(line.adjustments is not None for line in lines)
    )


def opening(
    params: dict[str, Any], lines: Sequence[LineItem], session_id: str, *, again: bool = False
) -> Adjusted:
    """Return what a new session is given; raises InvalidRequest naming the parameter.

    `again`: as it was offered before, with ways of delivery that may be archived by now.
    """
    currency = lines[0].currency
    made: Adjusted = {}
    if params.get("discounts"):
        customer_id = params.get("customer") or None
        made["discount"] = _discount(params["discounts"], lines, session_id, customer_id)
    if params.get("shipping_options"):
        options = _options(params["shipping_options"], currency, again=again)
        made["shipping"] = {"options": options, "chosen": 0}
    return made


def rework(lines: Sequence[LineItem], adjusted: Adjusted) -> tuple[Adjusted, int]:
    """Work out every line anew; return the document with its sums, and the order's total."""
    currency = CURRENCIES[lines[0].currency]
    discount = adjusted.get("discount")
    sums = worked_out([_part(line) for line in lines], discount["terms"] if discount else None, currency)
    taxes: dict[str, dict[str, Any]] = {}
    for line, worked in zip(lines, sums, strict=True):
        line.adjust(worked)
        for tax, rate in zip(worked.taxes, line.rates, strict=True):
            entry = taxes.setdefault(tax.rate, {"rate": rate, "amount": 0, "taxable_amount": 0})
            entry["amount"] += tax.amount_minor
            entry["taxable_amount"] += tax.taxable_minor
    shipping = chosen_option(adjusted)
    shipping_minor = shipping["shipping_amount"] if shipping else 0
    worked_sums = {
        "amount_discount": sum(worked.discount_minor for worked in sums),
        "amount_tax": sum(worked.tax_minor for worked in sums),
        "amount_shipping": shipping_minor,
        "taxes": list(taxes.values()),
    }
    return adjusted | worked_sums, sum(worked.total_minor for worked in sums) + shipping_minor


def chosen_option(adjusted: Adjusted) -> dict[str, Any] | None:
    """Return the way of delivery that counts at present; the first one until the customer chooses."""
    shipping = adjusted.get("shipping")
    return shipping["options"][shipping["chosen"]] if shipping else None


def applied(
    coupon: Coupon,
    code: PromotionCode | None,
    lines: Sequence[LineItem],
    session_id: str,
    customer_id: str | None,
    *,
    param: str,
) -> dict[str, Any]:
    """Collect the use of a coupon, or of a code for it, by an order; return what the session keeps of it."""
    currency = lines[0].currency
    if code is not None:
        redeem.check_code(code, customer_id, param=param)
        redeem.check_order(code, sum(line.amount for line in lines), currency, param=param)
    elif not coupon.valid:
        raise redeem.exhausted(param)
    terms = coupon.terms()
    if terms["amount_off"] is not None and currency not in terms["amount_off"]:
        raise InvalidRequest(f"This discount has no amount in {currency}.", param=param)
    if not any(is_for(terms, line.product_id) for line in lines):
        raise InvalidRequest("This discount is for none of the products in this order.", param=param)
    discount = Discount.create(
        terms,
        coupon_id=coupon.id,
        promotion_code_id=code.id if code else None,
        session_id=session_id,
        customer_id=customer_id,
    )
    return {
        "id": discount.id,
        "coupon": None if code else coupon.wire_id,
        "promotion_code": code.id if code else None,
        "words": code.code if code else coupon.name or coupon.custom_id,  # None: the page has a word for it
        "terms": terms,
    }


def _discount(
    given: list[dict[str, Any]], lines: Sequence[LineItem], session_id: str, customer_id: str | None
) -> dict[str, Any]:
    if len(given) > 1:
        raise InvalidRequest("You may only specify up to one discount.", param="discounts")
    if ("coupon" in given[0]) == ("promotion_code" in given[0]):
        raise InvalidRequest(
            "You must specify either `coupon` or `promotion_code`, and not both.",
            param="discounts[0][coupon]",
        )
    if "coupon" in given[0]:
        param = "discounts[0][coupon]"
        coupon = Coupon.find(given[0]["coupon"], param=param)
        return applied(coupon, None, lines, session_id, customer_id, param=param)
    param = "discounts[0][promotion_code]"
    code = PromotionCode.find(given[0]["promotion_code"], param=param)
    return applied(code.coupon, code, lines, session_id, customer_id, param=param)


def _options(given: list[dict[str, Any]], currency: str, *, again: bool) -> list[dict[str, Any]]:
    if len(given) > MAXIMUM_SHIPPING_OPTIONS:
        message = f"You may only specify up to {MAXIMUM_SHIPPING_OPTIONS} shipping options."
        raise InvalidRequest(message, param="shipping_options")
    return [
        _option(option, currency, f"shipping_options[{number}]", again=again)
        for number, option in enumerate(given)
    ]


def _option(given: dict[str, Any], currency: str, param: str, *, again: bool) -> dict[str, Any]:
    if ("shipping_rate" in given) == ("shipping_rate_data" in given):
        raise InvalidRequest(
            f"You must specify either `shipping_rate` or `shipping_rate_data` for {param}, and not both.",
            param=f"{param}[shipping_rate]",
        )
    if "shipping_rate_data" in given:
        rate = ShippingRate.create(given["shipping_rate_data"], within=f"{param}[shipping_rate_data]")
    else:
        rate = ShippingRate.find(given["shipping_rate"], param=f"{param}[shipping_rate]")
        if not rate.active and not again:
            raise InvalidRequest(
                f"The shipping rate {rate.id} is inactive. Only active shipping rates can be used.",
                param=f"{param}[shipping_rate]",
            )
    amount = rate.amount_in(currency)
    if amount is None:
        raise InvalidRequest(f"The shipping rate {rate.id} has no amount in {currency}.", param=param)
    return {
        "shipping_rate": rate.id,
        "shipping_amount": amount,
        "display_name": rate.display_name,
        "delivery_estimate": rate.delivery_estimate,
    }


def _part(line: LineItem) -> Part:
    rates = tuple(
        Rate(rate["id"], Decimal(str(rate["percentage"])), rate["inclusive"]) for rate in line.rates
    )
    return Part(line.amount, line.product_id, rates)
