"""A shipping rate: what a way of delivery costs and how long it takes, as the customer is shown it."""

from typing import Any, ClassVar, Self

import stripe
from sqlalchemy import CheckConstraint, Select
from sqlalchemy.orm import Mapped

from payments import audit, lifecycle
from payments.charging.amounts import check_bounds, known_currency
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata

LONGEST_NAME = 100
HOURS = {"hour": 1, "day": 24, "business_day": 24, "week": 24 * 7, "month": 24 * 30}


class ShippingRate(Resource, WithMetadata):
    """A fixed amount, in one currency or several. It is archived, never deleted, and has no events."""

    __tablename__ = "shipping_rates"
    prefix = "shr_"
    object_name = "shipping_rate"
    stripe_class = stripe.ShippingRate
    includes: ClassVar[dict[str, str]] = {"fixed_amount.currency_options": "other_amounts"}

    display_name: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    currency_options: Mapped[dict[str, Any] | None]
    delivery_estimate: Mapped[dict[str, Any] | None]
    tax_behavior: Mapped[str]
    tax_code: Mapped[str | None]
    active: Mapped[bool]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Delivery costs nothing, or something."""
        return (CheckConstraint("amount BETWEEN 0 AND 99999999", name="ck_shipping_rates_amount"),)

    @classmethod
    def create(cls, params: dict[str, Any], *, within: str = "") -> "ShippingRate":
        """Collect a new rate; `within` is what the caller named its parameters, for error messages."""
        if len(params["display_name"]) > LONGEST_NAME:
            message = f"Invalid display_name: must have at most {LONGEST_NAME} characters."
            raise InvalidRequest(message, param=_named(within, "display_name"))
        fixed = params.get("fixed_amount")
        if not fixed:
            param = _named(within, "fixed_amount")
            raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
        currency = known_currency(fixed["currency"], param=_named(within, "fixed_amount", "currency"))
        check_bounds(fixed["amount"], currency, least_minor=0, param=_named(within, "fixed_amount", "amount"))
        rate = cls.new(
            display_name=params["display_name"],
            amount=fixed["amount"],
            currency=currency.code,
            currency_options=_options(fixed.get("currency_options") or {}, currency.code, {}, within),
            delivery_estimate=_estimate(params.get("delivery_estimate"), within),
            tax_behavior=params.get("tax_behavior", "unspecified"),
            tax_code=params.get("tax_code"),
            active=True,
            metadata_=merged_metadata({}, params.get("metadata")),
        )
        lifecycle.begin(rate, None)
        return rate

    @classmethod
    def listed(cls, params: dict[str, Any]) -> Select[Self]:
        """Return the select of the caller's rates that fit a list's filters."""
        query = cls.mine()
        if "active" in params:
            query = query.where(cls.active == params["active"])
        if "currency" in params:
            query = query.where(cls.currency == params["currency"].lower())
        return query

    def amount_in(self, currency: str) -> int | None:
        """Return what it costs in a currency; None where it has no price in it."""
        if currency == self.currency:
            return self.amount
        option = (self.currency_options or {}).get(currency)
        return option["amount"] if option else None

    def update(self, params: dict[str, Any]) -> None:
        """Archive it or take it out again; say how it is taxed where nothing was said; add currencies."""
        self.active = params.get("active", self.active)
        behavior = params.get("tax_behavior", self.tax_behavior)
        if self.tax_behavior not in ("unspecified", behavior):
            raise InvalidRequest(
                "The `tax_behavior` can't be changed once it is `inclusive` or `exclusive`.",
                param="tax_behavior",
            )
        self.tax_behavior = behavior
        others = (params.get("fixed_amount") or {}).get("currency_options")
        if others:
            self.currency_options = _options(others, self.currency, self.currency_options or {}, "")
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        audit.record("shipping_rate.updated", self.id, fields=sorted(params))

    def other_amounts(self) -> dict[str, Any]:
        """Return what it costs in further currencies, for who asks for it."""
        return self.currency_options or {}

    def as_stripe(self) -> dict[str, Any]:
        """Return the rate as it goes over the wire."""
        return self.shape(
            active=self.active,
            delivery_estimate=self.delivery_estimate,
            display_name=self.display_name,
            fixed_amount={"amount": self.amount, "currency": self.currency},
            metadata=self.metadata_,
            tax_behavior=self.tax_behavior,
            tax_code=self.tax_code,
            type="fixed_amount",
        )


def _named(within: str, *path: str) -> str:
    """Return a parameter's name in brackets, as the caller wrote it."""
    first, *rest = (within, *path) if within else path
    return first + "".join(f"[{name}]" for name in rest)


def _options(given: dict[str, Any], own: str, present: dict[str, Any], within: str) -> dict[str, Any] | None:
    options = dict(present)
    for name, option in given.items():
        param = _named(within, "fixed_amount", "currency_options", name)
        currency = known_currency(name, param=param)
        if currency.code == own:
            raise InvalidRequest(f"The amount in {own} is `fixed_amount` itself.", param=param)
        merged = {"tax_behavior": "unspecified"} | options.get(currency.code, {}) | option
        if "amount" not in merged:
            raise InvalidRequest(
                f"Missing required param: {param}[amount].",
                code="parameter_missing",
                param=f"{param}[amount]",
            )
        check_bounds(merged["amount"], currency, least_minor=0, param=f"{param}[amount]")
        options[currency.code] = merged
    return options or None


def _estimate(given: dict[str, Any] | None, within: str) -> dict[str, Any] | None:
    if not given:
        return None
    for bound, span in given.items():
        if span["value"] < 1:
            param = _named(within, "delivery_estimate", bound, "value")
            raise InvalidRequest("This value must be greater than 0.", param=param)
    least, most = given.get("minimum"), given.get("maximum")
    if least and most and HOURS[least["unit"]] * least["value"] > HOURS[most["unit"]] * most["value"]:
        raise InvalidRequest(
            "The minimum of a delivery estimate can't be longer than its maximum.",
            param=_named(within, "delivery_estimate"),
        )
    return {"maximum": most, "minimum": least}
