"""A promotion code: what a customer types to get a coupon, with limits of its own."""

import hashlib
import secrets
from typing import Any, ClassVar, Self

import stripe
from sqlalchemy import CheckConstraint, Index, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from payments import audit, events, lifecycle
from payments.catalog import code_rules as rules
from payments.catalog.coupon_rules import check_limit
from payments.catalog.coupons import Coupon
from payments.catalog.discounts import COUNTED, Discount, times_redeemed
from payments.customers.customers import Customer
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.scope import caller

# Without letters and digits that look alike, since people read such codes to each other.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GENERATED_CHARS = 8


class CodeHolder(Base):
    """Which promotion code has a code at present; the id is the hash of account, mode, customer and code."""

    __tablename__ = "promotion_code_holders"

    id: Mapped[Id] = mapped_column(primary_key=True)
    promotion_code_id: Mapped[Id | None]
    created: Mapped[int]
    version: Mapped[int]


class PromotionCode(Resource, WithMetadata):
    """A code for a coupon. Among those in force a code stands once for each customer, whatever its case."""

    __tablename__ = "promotion_codes"
    prefix = "promo_"
    object_name = "promotion_code"
    stripe_class = stripe.PromotionCode
    expandable = frozenset(("customer", "promotion.coupon"))
    includes: ClassVar[dict[str, str]] = {"restrictions.currency_options": "other_minimums"}

    code: Mapped[str]
    coupon_id: Mapped[Id]
    customer_id: Mapped[str | None]
    active: Mapped[bool]
    expires_at: Mapped[int | None]
    max_redemptions: Mapped[int | None]
    restrictions: Mapped[dict[str, Any]]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Lists may be narrowed by code, coupon and customer."""
        return (
            Index("ix_promotion_codes_coupon", "coupon_id", "id"),
            Index("ix_promotion_codes_code", "account_id", "livemode", text("upper(code)"), "id"),
            Index("ix_promotion_codes_customer", "customer_id", "id"),
            CheckConstraint("max_redemptions > 0", name="ck_promotion_codes_limit"),
        )

    @classmethod
    def create(cls, params: dict[str, Any]) -> "PromotionCode":
        """Collect a new code for a coupon; raises InvalidRequest naming the parameter."""
        coupon = _coupon(params["promotion"])
        if params.get("customer"):
            Customer.living(params["customer"])
        code = cls.new(
            code=rules.checked_code(params.get("code")) or generated(),
            coupon_id=coupon.id,
            customer_id=params.get("customer") or None,
            active=params.get("active", True),
            expires_at=rules.checked_expiry(params.get("expires_at"), coupon.redeem_by),
            max_redemptions=rules.checked_limit(
                check_limit(params.get("max_redemptions")), coupon.max_redemptions
            ),
            restrictions=rules.checked_restrictions(params.get("restrictions") or {}),
            metadata_=merged_metadata({}, params.get("metadata")),
        )
        if code.active:
            code.take_code()
        lifecycle.begin(code, "promotion_code.created")
        return code

    @classmethod
    def listed(cls, params: dict[str, Any]) -> Select[Self]:
        """Return the select of the caller's codes that fit a list's filters."""
        query = cls.mine()
        if "code" in params:
            query = query.where(func.upper(cls.code) == params["code"].upper())
        if "coupon" in params:
            coupon = Coupon.peek(params["coupon"])
            query = query.where(cls.coupon_id == (coupon.id if coupon else ""))
        if "customer" in params:
            query = query.where(cls.customer_id == params["customer"])
        if "active" in params:
            query = query.where(in_force() if params["active"] else ~in_force())
        return query

    @classmethod
    def typed(cls, code: str, customer_id: str | None) -> "PromotionCode | None":
        """Return the code in force that somebody has typed: one of their own before one for everybody."""
        for owner in (customer_id, None) if customer_id else (None,):
            holder = db.session.get(CodeHolder, _holder_id(code, owner))
            found = cls.peek(str(holder.promotion_code_id)) if holder else None
            if found is not None and found.is_in_force():
                return found
        return None

    @property
    def coupon(self) -> Coupon:
        """Return the coupon behind it, deleted or not."""
        return Coupon.behind(self.coupon_id)

    @property
    def times_redeemed(self) -> int:
        """Return how often it has been used."""
        return times_redeemed(Discount.promotion_code_id, self.id)

    def is_in_force(self, times: int | None = None) -> bool:
        """Tell whether it may be used: switched on, in time, within its limit, and the coupon, too."""
        if not self.active or (self.expires_at is not None and self.expires_at < clock.now()):
            return False
        if self.max_redemptions is not None:
            times = self.times_redeemed if times is None else times
            if times >= self.max_redemptions:
                return False
        return self.coupon.valid

    def update(self, params: dict[str, Any]) -> None:
        """Switch it on or off, change the metadata, or the least orders in further currencies."""
        before = self.as_stripe()
        if "active" in params:
            self._switch(params["active"])
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        others = (params.get("restrictions") or {}).get("currency_options")
        if others:
            kept = self.restrictions.get("currency_options") or {}
            own = self.restrictions.get("minimum_amount_currency")
            changed = rules.checked_minimums(others, own)
            self.restrictions = self.restrictions | {"currency_options": kept | changed}
        audit.record("promotion_code.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def _switch(self, on: bool) -> None:
        if on and not self.active:
            self.active = True
            if not self.is_in_force():
                raise InvalidRequest(
                    "This promotion code cannot be reactivated because it, or its coupon, can no longer be "
                    "redeemed.",
                    param="active",
                )
            self.take_code()
        if not on and self.active:
            self.active = False
            holder = db.session.get(CodeHolder, _holder_id(self.code, self.customer_id))
            if holder is not None and holder.promotion_code_id == self.id:
                holder.promotion_code_id = None

    def take_code(self) -> None:
        """Make the code mean this one; raises InvalidRequest where it means another one in force."""
        holder_id = _holder_id(self.code, self.customer_id)
        holder = db.session.get(CodeHolder, holder_id)
        if holder is None:
            db.session.add(
                CodeHolder(id=holder_id, promotion_code_id=self.id, created=clock.now(), version=1)
            )
            return
        other = PromotionCode.peek(str(holder.promotion_code_id))
        if other is not None and other is not self and other.is_in_force():
            raise InvalidRequest(
                f"An active promotion code with `code: {self.code}` already exists.",
                code="resource_already_exists",
                param="code",
            )
        holder.promotion_code_id = self.id

    def other_minimums(self) -> dict[str, Any]:
        """Return the least orders in further currencies, for who asks for them."""
        return dict(self.restrictions.get("currency_options") or {})

    def as_stripe(self) -> dict[str, Any]:
        """Return the code; `active` tells whether it can be used, the coupon being taken into account."""
        times = self.times_redeemed
        coupon = self.coupon
        return self.shape(
            active=self.is_in_force(times),
            code=self.code,
            customer=self.customer_id,
            expires_at=self.expires_at,
            max_redemptions=self.max_redemptions,
            metadata=self.metadata_,
            promotion={"coupon": coupon.wire_id, "type": "coupon"},
            restrictions={name: self.restrictions.get(name, usual) for name, usual in rules.USUAL.items()},
            times_redeemed=times,
        )


def in_force() -> Any:
    """Return the SQL condition that a code may be used."""
    code, coupon, now = PromotionCode, Coupon, clock.now()

    def below(limit: Any, owner: Any, owner_id: Any) -> Any:
        used = select(func.count()).where(owner == owner_id, Discount.status.in_(COUNTED))
        return or_(limit.is_(None), limit > used.scalar_subquery())

    good_coupon = exists().where(
        coupon.id == code.coupon_id,
        coupon.deleted.is_(False),
        or_(coupon.redeem_by.is_(None), coupon.redeem_by >= now),
        below(coupon.max_redemptions, Discount.coupon_id, coupon.id),
    )
    return and_(
        code.active.is_(True),
        or_(code.expires_at.is_(None), code.expires_at >= now),
        below(code.max_redemptions, Discount.promotion_code_id, code.id),
        good_coupon,
    )


def generated() -> str:
    """Return a code that nobody guesses and everybody can type."""
    return "".join(secrets.choice(ALPHABET) for _ in range(GENERATED_CHARS))


def _coupon(promotion: dict[str, Any]) -> Coupon:
    if not promotion.get("coupon"):
        message = "Missing required param: promotion[coupon]."
        raise InvalidRequest(message, code="parameter_missing", param="promotion[coupon]")
    coupon = Coupon.find(promotion["coupon"], param="promotion[coupon]")
    if not coupon.valid:
        raise InvalidRequest(
            f"The coupon `{coupon.wire_id}` can no longer be redeemed.",
            code="coupon_expired",
            param="promotion[coupon]",
        )
    return coupon


def _holder_id(code: str, customer_id: str | None) -> str:
    who = caller()
    named = f"{who.account_id}/{who.livemode}/{customer_id or ''}/{code.upper()}"
    return hashlib.sha256(named.encode()).hexdigest()
