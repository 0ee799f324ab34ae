"""A discount: one use of a coupon, by a customer or an order; it counts against the coupon's limits once.

A limit is a row of numbered places. What holds a place has it in `coupon_slot` or `code_slot`, each unique
within its coupon or code, so that two orders can never take the last one (docs/decisions/0015).
"""

from calendar import monthrange
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped

from kit import clock
from kit.database import Id, db
from kit.states import StateMachine
from payments import lifecycle
from payments.places import Owner, free_place
from payments.resource import Resource


class Status(StrEnum):
    """How far the use has come."""

    APPLIED = "applied"  # to an open order, which may never be paid: it holds no place
    HELD = "held"  # its order is being paid, so nobody else may have its place
    REDEEMED = "redeemed"
    DROPPED = "dropped"  # never used
    REPLACED = "replaced"  # the customer got another one; the use counts all the same
    REMOVED = "removed"  # taken from the customer; the use counts all the same


S = Status
IN_USE = (S.APPLIED, S.HELD, S.REDEEMED)
COUNTED = (S.REDEEMED, S.REPLACED, S.REMOVED)


class Discount(Resource):
    """What a coupon takes off one order, or off what one customer buys; the coupon's terms are a snapshot."""

    __tablename__ = "discounts"
    prefix = "di_"
    object_name = "discount"
    stripe_class = stripe.Discount
    expandable = frozenset(("customer", "promotion_code", "source.coupon"))

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (S.APPLIED, S.HELD): None,
            (S.APPLIED, S.REDEEMED): None,
            (S.APPLIED, S.DROPPED): None,
            (S.HELD, S.APPLIED): None,
            (S.HELD, S.REDEEMED): None,
            (S.HELD, S.DROPPED): None,
            (S.REDEEMED, S.REPLACED): None,
            (S.REDEEMED, S.REMOVED): "customer.discount.deleted",
        }
    )

    status: Mapped[str]
    coupon_id: Mapped[Id]
    coupon: Mapped[dict[str, Any]]  # its terms when it was applied, `id` as merchants know it
    promotion_code_id: Mapped[Id | None]
    customer_id: Mapped[str | None]
    session_id: Mapped[str | None]
    start: Mapped[int]
    end: Mapped[int | None]
    coupon_slot: Mapped[int | None]
    code_slot: Mapped[int | None]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Uses are counted by coupon and by code; a place is held once."""
        return (
            Index("ix_discounts_coupon", "coupon_id", "status"),
            Index("ix_discounts_session", "session_id"),
            Index("ix_discounts_promotion_code", "promotion_code_id", "status"),
            Index("uq_discounts_coupon_slot", "coupon_id", "coupon_slot", unique=True),
            Index("uq_discounts_code_slot", "promotion_code_id", "code_slot", unique=True),
        )

    @classmethod
    def create(
        cls,
        coupon: dict[str, Any],
        *,
        coupon_id: str,
        promotion_code_id: str | None = None,
        session_id: str,
        customer_id: str | None,
    ) -> "Discount":
        """Collect the use of a coupon by an order that may be paid some day."""
        discount = cls._new(Status.APPLIED, coupon, coupon_id, promotion_code_id)
        discount.session_id = session_id
        discount.customer_id = customer_id
        lifecycle.begin(discount, None)
        return discount

    @classmethod
    def given(
        cls,
        coupon: dict[str, Any],
        *,
        coupon_id: str,
        promotion_code_id: str | None,
        customer_id: str,
        limits: tuple[int | None, int | None],
    ) -> "Discount | None":
        """Collect the use of a coupon by a customer, which counts at once; None where a limit is reached."""
        discount = cls._new(Status.REDEEMED, coupon, coupon_id, promotion_code_id)
        discount.customer_id = customer_id
        discount.end = _end(discount.start, coupon)
        return discount if discount.take_places(*limits) else None

    @classmethod
    def _new(
        cls, status: Status, coupon: dict[str, Any], coupon_id: str, promotion_code_id: str | None
    ) -> "Discount":
        return cls.new(
            status=status.value, coupon=coupon, coupon_id=coupon_id, promotion_code_id=promotion_code_id,
            customer_id=None, session_id=None, start=clock.now(), end=None, coupon_slot=None, code_slot=None,
        )  # fmt: skip

    def hold(self, coupon_limit: int | None, code_limit: int | None) -> bool:
        """Take a place for an order that is about to be paid; False where a limit is reached."""
        if self.status == Status.HELD:
            return True
        if not self.take_places(coupon_limit, code_limit):
            return False
        lifecycle.move(self, Status.HELD)
        return True

    def give_back(self) -> None:
        """Free the place of an order that was not paid after all."""
        if self.status == Status.HELD:
            self._leave_places()
            lifecycle.move(self, Status.APPLIED)

    def redeem(self) -> None:
        """Count the use for good."""
        if self.status in (Status.APPLIED, Status.HELD):
            lifecycle.move(self, Status.REDEEMED)

    def drop(self) -> None:
        """End a use that came to nothing; one that counts already stays."""
        if self.status in (Status.APPLIED, Status.HELD):
            self._leave_places()
            lifecycle.move(self, Status.DROPPED)

    def take_places(self, coupon_limit: int | None, code_limit: int | None) -> bool:
        """Take a place among those of the coupon and of the code, where these have a limit."""
        if coupon_limit is not None:
            self.coupon_slot = free_place(
                Discount.coupon_id, Discount.coupon_slot, self.coupon_id, coupon_limit
            )
            if self.coupon_slot is None:
                return False
        if code_limit is not None:
            code = str(self.promotion_code_id)
            self.code_slot = free_place(Discount.promotion_code_id, Discount.code_slot, code, code_limit)
            if self.code_slot is None:
                self.coupon_slot = None
                return False
        return True

    def _leave_places(self) -> None:
        self.coupon_slot = None
        self.code_slot = None

    def as_stripe(self) -> dict[str, Any]:
        """Return the discount; the coupon is named and not shown, as the pinned version has it."""
        return self.shape(
            checkout_session=self.session_id,
            customer=self.customer_id,
            end=self.end,
            promotion_code=self.promotion_code_id,
            source={"coupon": self.coupon["id"], "type": "coupon"},
            start=self.start,
        )


def times_redeemed(owner: Owner, owner_id: str) -> int:
    """Return how often a coupon or a code has been used."""
    query = select(func.count()).where(owner == owner_id, Discount.status.in_(COUNTED))
    return int(db.session.scalar(query) or 0)


def _end(start: int, coupon: dict[str, Any]) -> int | None:
    months = coupon.get("duration_in_months") if coupon["duration"] == "repeating" else None
    if months is None:
        return None
    begun = datetime.fromtimestamp(start, tz=UTC)
    years, month = divmod(begun.month - 1 + int(months), 12)
    day = min(begun.day, monthrange(begun.year + years, month + 1)[1])
    return int(begun.replace(year=begun.year + years, month=month + 1, day=day).timestamp())
