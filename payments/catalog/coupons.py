"""A coupon: so much off, or so many per cent, for whoever is given it or a promotion code of it."""

import re
from typing import Any, ClassVar, Self

import stripe
from sqlalchemy import CheckConstraint, Index, Select
from sqlalchemy.orm import Mapped

from kit import clock
from kit.database import Id, db
from payments import audit, events, lifecycle
from payments.catalog import coupon_rules as rules
from payments.catalog.discounts import Discount, times_redeemed
from payments.catalog.percentages import as_number
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata

CUSTOM_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")


class Coupon(Resource, WithMetadata):
    """What is taken off, how often and until when. A merchant's own id is an alias, as with products."""

    __tablename__ = "coupons"
    prefix = "coup_"
    object_name = "coupon"
    stripe_class = stripe.Coupon
    includes: ClassVar[dict[str, str]] = {
        "applies_to": "applies_to_hash",
        "currency_options": "all_currencies",
    }

    custom_id: Mapped[Id | None]
    former_id: Mapped[Id | None]  # its custom id until it was deleted, by which those who have it know it
    name: Mapped[str | None]
    percent_off: Mapped[str | None]
    amount_off: Mapped[int | None]
    currency: Mapped[str | None]
    currency_options: Mapped[dict[str, Any] | None]  # of the other currencies
    duration: Mapped[str]
    duration_in_months: Mapped[int | None]
    max_redemptions: Mapped[int | None]
    redeem_by: Mapped[int | None]
    products: Mapped[list[Any] | None]  # that it takes something off, as merchants know them; None is all
    deleted: Mapped[bool]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """One merchant's own ids are unique within each mode; a coupon takes something off."""
        return (
            Index("uq_coupons_custom_id", "account_id", "livemode", "custom_id", unique=True),
            CheckConstraint("amount_off > 0", name="ck_coupons_amount_off"),
            CheckConstraint(
                "(amount_off IS NULL) <> (percent_off IS NULL)", name="ck_coupons_amount_or_percent"
            ),
        )

    @classmethod
    def create(cls, params: dict[str, Any]) -> "Coupon":
        """Collect a new coupon; raises InvalidRequest naming the parameter."""
        _check_custom_id(params.get("id"))
        amount_off, currency = rules.checked_amount_off(params)
        coupon = cls.new(
            custom_id=params.get("id"),
            name=rules.checked_name(params.get("name")),
            percent_off=rules.checked_percent_off(params),
            amount_off=amount_off,
            currency=currency,
            currency_options=rules.checked_options(params, currency),
            duration=params.get("duration", "once"),
            duration_in_months=rules.checked_months(params),
            max_redemptions=rules.check_limit(params.get("max_redemptions")),
            redeem_by=rules.checked_redeem_by(params.get("redeem_by")),
            products=rules.checked_products(params.get("applies_to")),
            deleted=False,
            metadata_=merged_metadata({}, params.get("metadata")),
        )
        if coupon.duration == "forever" and amount_off is not None:
            raise InvalidRequest("A coupon with `amount_off` can't last forever.", param="duration")
        lifecycle.begin(coupon, "coupon.created")
        return coupon

    @classmethod
    def peek(cls, object_id: str) -> Self | None:
        """Return the caller's living coupon of that id, its own or the merchant's."""
        row = super().peek(object_id)
        if row is None or row.custom_id is not None:
            row = cls._of_custom_id(object_id)
        return None if row is None or row.deleted else row

    @classmethod
    def _of_custom_id(cls, custom_id: str) -> Self | None:
        if not CUSTOM_ID.fullmatch(custom_id):
            return None
        for row in db.session.new:
            if isinstance(row, cls) and row.custom_id == custom_id:
                return row
        return db.session.scalar(cls.mine().where(cls.custom_id == custom_id))

    @classmethod
    def behind(cls, row_id: str) -> "Coupon":
        """Return a coupon by our own id of it, deleted or not."""
        coupon = super().peek(row_id)
        if coupon is None:
            raise LookupError(row_id)
        return coupon

    @classmethod
    def listed(cls) -> Select[Self]:
        """Return the select of the caller's living coupons."""
        return cls.mine().where(cls.deleted.is_(False))

    @property
    def wire_id(self) -> str:
        """Return the id that merchants know the coupon by."""
        return self.custom_id or self.former_id or self.id

    @property
    def times_redeemed(self) -> int:
        """Return how often it has been used."""
        return times_redeemed(Discount.coupon_id, self.id)

    @property
    def in_time(self) -> bool:
        """Tell whether it may be used as far as its life and its last day go."""
        return not self.deleted and (self.redeem_by is None or self.redeem_by >= clock.now())

    @property
    def valid(self) -> bool:
        """Tell whether it may still be used."""
        return self._is_valid(self.times_redeemed if self.max_redemptions is not None else 0)

    def _is_valid(self, times: int) -> bool:
        return self.in_time and (self.max_redemptions is None or times < self.max_redemptions)

    def terms(self) -> dict[str, Any]:
        """Return what a discount keeps of it, so that later changes touch no order that has it."""
        return {
            "id": self.wire_id, "name": self.name, "percent_off": self.percent_off,
            "amount_off": self.amounts(), "products": self.products, "duration": self.duration,
            "duration_in_months": self.duration_in_months,
        }  # fmt: skip

    def amounts(self) -> dict[str, int] | None:
        """Return what it takes off in each currency that it knows; None for one of so many per cent."""
        if self.amount_off is None:
            return None
        others = {code: option["amount_off"] for code, option in (self.currency_options or {}).items()}
        return {str(self.currency): self.amount_off, **others}

    def update(self, params: dict[str, Any]) -> None:
        """Change the name, the metadata, or amounts in other currencies; all else is as it was promised."""
        before = self.as_stripe()
        if "name" in params:
            self.name = rules.checked_name(params["name"])
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "currency_options" in params:
            self.currency_options = (self.currency_options or {}) | (
                rules.checked_options(params, self.currency) or {}
            )
        audit.record("coupon.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def delete(self) -> dict[str, Any]:
        """Mark the coupon deleted; who has it keeps it, and its own id becomes free."""
        wire_id = self.wire_id
        events.record("coupon.deleted", self)
        self.deleted = True
        self.former_id, self.custom_id = self.custom_id, None
        audit.record("coupon.deleted", self.id)
        return {"id": wire_id, "object": "coupon", "deleted": True}

    def applies_to_hash(self) -> dict[str, Any] | None:
        """Return the products that it is limited to, for who asks for them."""
        return None if self.products is None else {"products": self.products}

    def all_currencies(self) -> dict[str, Any] | None:
        """Return what it takes off in each currency, for who asks for it."""
        amounts = self.amounts()
        return amounts and {code: {"amount_off": amount} for code, amount in amounts.items()}

    def as_stripe(self) -> dict[str, Any]:
        """Return the coupon as it goes over the wire."""
        times = self.times_redeemed
        return self.shape(
            id=self.wire_id,
            amount_off=self.amount_off,
            currency=self.currency,
            duration=self.duration,
            duration_in_months=self.duration_in_months,
            max_redemptions=self.max_redemptions,
            metadata=self.metadata_,
            name=self.name,
            percent_off=as_number(self.percent_off),
            redeem_by=self.redeem_by,
            times_redeemed=times,
            valid=self._is_valid(times),
        )


def _check_custom_id(custom_id: str | None) -> None:
    if custom_id is None:
        return
    if not CUSTOM_ID.fullmatch(custom_id):
        raise InvalidRequest(
            "Invalid id: use up to 200 letters, digits, dots, hyphens and underscores.", param="id"
        )
    if Coupon.peek(custom_id) is not None:
        raise InvalidRequest("Coupon already exists.", code="resource_already_exists", param="id")
