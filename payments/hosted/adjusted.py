"""The part of a checkout session that a discount, taxes and delivery change, as it is kept and shown."""

from typing import Any

import stripe
from sqlalchemy.orm import Mapped

from payments.catalog.discounts import Discount
from payments.hosted.adjustments import chosen_option
from payments.shapes import shaped

Session = stripe.checkout.Session


class WithAdjustments:
    """What payments/hosted/adjustments.py has worked out; None for a plain order."""

    adjustments: Mapped[dict[str, Any] | None]

    @property
    def discount(self) -> Discount | None:
        """Return the discount on the order."""
        kept = (self.adjustments or {}).get("discount")
        return Discount.peek(kept["id"]) if kept else None

    def adjusted_wire(self) -> dict[str, Any]:
        """Return the keys of the session that this file is about."""
        adjusted = self.adjustments or {}
        sums = {name: adjusted.get(name, 0) for name in ("amount_discount", "amount_shipping", "amount_tax")}
        wire: dict[str, Any] = {"total_details": shaped(Session.TotalDetails, **sums), "shipping_options": []}
        if not adjusted:
            return wire
        if adjusted.get("discount"):
            named = {name: adjusted["discount"][name] for name in ("coupon", "promotion_code")}
            wire["discounts"] = [named]
        option = chosen_option(adjusted)
        if option is not None:
            cost = option["shipping_amount"]
            wire["shipping_options"] = [
                {name: offered[name] for name in ("shipping_amount", "shipping_rate")}
                for offered in adjusted["shipping"]["options"]
            ]
            wire["shipping_cost"] = shaped(
                Session.ShippingCost, amount_subtotal=cost, amount_tax=0, amount_total=cost,
                shipping_rate=option["shipping_rate"],
            )  # fmt: skip
        return wire

    def breakdown(self) -> dict[str, Any]:
        """Return what the discount and each tax rate come to, for who asks for it."""
        adjusted, discount = self.adjustments or {}, self.discount
        return {
            "discounts": []
            if discount is None
            else [{"amount": adjusted["amount_discount"], "discount": discount.as_stripe()}],
            "taxes": [
                shaped(Session.TotalDetails.Breakdown.Tax, **entry) for entry in adjusted.get("taxes", [])
            ],
        }
