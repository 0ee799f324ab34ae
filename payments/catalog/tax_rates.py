"""A tax rate: so many per cent, in the price or on top of it, that a merchant puts on lines of an order."""

import re
from typing import Any, Self

import stripe
from sqlalchemy import Select
from sqlalchemy.orm import Mapped, mapped_column

from payments import audit, events, lifecycle
from payments.catalog.percentages import as_number, checked_percentage
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata

PLAIN = ("country", "description", "jurisdiction", "state", "tax_type")
LONGEST = {"display_name": 50, "jurisdiction": 50}
COUNTRY = re.compile("[A-Z]{2}")


class TaxRate(Resource, WithMetadata):
    """The percentage, and whether prices include it, never change; a new rate takes its place."""

    __tablename__ = "tax_rates"
    prefix = "txr_"
    object_name = "tax_rate"
    stripe_class = stripe.TaxRate

    display_name: Mapped[str]
    percentage: Mapped[str]
    inclusive: Mapped[bool]
    active: Mapped[bool]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @classmethod
    def create(cls, params: dict[str, Any]) -> "TaxRate":
        """Collect a new tax rate; raises InvalidRequest naming the parameter."""
        _check(params)
        rate = cls.new(
            display_name=params["display_name"],
            percentage=checked_percentage(params["percentage"], "percentage", above_nothing=False),
            inclusive=params["inclusive"],
            active=params.get("active", True),
            details={name: params[name] for name in PLAIN if name in params},
            metadata_=merged_metadata({}, params.get("metadata")),
        )
        lifecycle.begin(rate, "tax_rate.created")
        return rate

    @classmethod
    def usable(cls, rate_id: str, *, param: str, archived_too: bool = False) -> "TaxRate":
        """Return a rate for a new order; raises InvalidRequest for an archived one."""
        rate = cls.find(rate_id, param=param)
        if not rate.active and not archived_too:
            raise InvalidRequest(
                f"The tax rate {rate_id} is inactive. Only active tax rates can be used.", param=param
            )
        return rate

    @classmethod
    def listed(cls, params: dict[str, Any]) -> Select[Self]:
        """Return the select of the caller's rates that fit a list's filters."""
        query = cls.mine()
        for name in ("active", "inclusive"):
            if name in params:
                query = query.where(getattr(cls, name) == params[name])
        return query

    def update(self, params: dict[str, Any]) -> None:
        """Change what it is called and where it is from; archive it, or take it out again."""
        _check(params)
        before = self.as_stripe()
        self.display_name = params.get("display_name", self.display_name)
        self.active = params.get("active", self.active)
        self.details = self.details | {name: params[name] for name in PLAIN if name in params}
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        audit.record("tax_rate.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def as_stripe(self) -> dict[str, Any]:
        """Return the rate as it goes over the wire; what only Stripe Tax knows is null."""
        return self.shape(
            **self.details,
            active=self.active,
            display_name=self.display_name,
            inclusive=self.inclusive,
            metadata=self.metadata_,
            percentage=as_number(self.percentage),
        )


def _check(params: dict[str, Any]) -> None:
    for name, longest in LONGEST.items():
        if len(params.get(name) or "") > longest:
            raise InvalidRequest(f"Invalid {name}: must have at most {longest} characters.", param=name)
    if params.get("country") and not COUNTRY.fullmatch(params["country"]):
        raise InvalidRequest("Country is expected to be a 2 character code in capitals.", param="country")
