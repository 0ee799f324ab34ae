"""A plan: the older name of a recurring price. It is the same row, shown in the older form."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import stripe

from payments.resource import show_as
from payments.shapes import shaped

if TYPE_CHECKING:
    from payments.catalog.prices import Price

RECURRING = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")


@dataclass(frozen=True, slots=True)
class Plan:
    """A recurring price, as `/v1/plans` and the events `plan.*` have it."""

    price: "Price"

    object_name: ClassVar[str] = "plan"
    stripe_class: ClassVar[type] = stripe.Plan
    expandable: ClassVar[frozenset[str]] = frozenset(("product",))
    includes: ClassVar[dict[str, str]] = {"tiers": "all_tiers"}

    @property
    def id(self) -> str:
        """Return the price's own id."""
        return self.price.id

    def all_tiers(self) -> list[dict[str, Any]] | None:
        """Return the tiers, for who asks for them."""
        return self.price.all_tiers()

    def as_stripe(self) -> dict[str, Any]:
        """Return the plan as it goes over the wire."""
        price, recurring = self.price, self.price.recurring or {}
        scheme = price.scheme_wire()
        return shaped(
            stripe.Plan,
            id=price.wire_id,
            object=self.object_name,
            active=price.active,
            amount=price.unit_amount,
            amount_decimal=price.unit_amount_decimal or None,
            billing_scheme=scheme["billing_scheme"],
            created=price.created,
            currency=price.currency,
            livemode=price.livemode,
            metadata=price.metadata_,
            nickname=price.nickname,
            product=price.product,
            tiers_mode=scheme["tiers_mode"],
            transform_usage=scheme["transform_quantity"],
            **{name: recurring.get(name) for name in RECURRING},
        )


show_as(Plan)
