"""A product: what a merchant sells."""

import re
from typing import Any, Self

import stripe
from sqlalchemy import Index, Select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Id, db
from payments import audit, events, lifecycle
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata

PLAIN = (
    "description", "images", "marketing_features", "package_dimensions", "shippable", "statement_descriptor",
    "tax_code", "tax_details", "unit_label", "url",
)  # fmt: skip
DEFAULTS: dict[str, Any] = {"images": [], "marketing_features": []}
LONGEST = {"statement_descriptor": 22, "unit_label": 12, "images": 8, "marketing_features": 15}
CUSTOM_ID = re.compile(r"[A-Za-z0-9_.-]{1,255}")
FORBIDDEN_IN_DESCRIPTOR = re.compile(r"[<>\\'\"*]")


class Product(Resource, WithMetadata):
    """Something for sale. A merchant's own id is an alias, so that our ids stay time-ordered."""

    __tablename__ = "products"
    prefix = "prod_"
    object_name = "product"
    stripe_class = stripe.Product
    expandable = frozenset(("default_price",))

    custom_id: Mapped[Id | None]
    name: Mapped[str]
    type: Mapped[str]
    active: Mapped[bool]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    default_price: Mapped[Id | None]
    has_prices: Mapped[bool]  # Set once: prices can't be deleted, so a product with one stays.
    updated: Mapped[int]
    deleted: Mapped[bool]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """One merchant's own ids are unique within each mode."""
        return (Index("uq_products_custom_id", "account_id", "livemode", "custom_id", unique=True),)

    @classmethod
    def create(cls, params: dict[str, Any], *, within: str = "") -> "Product":
        """Collect a new product; its event comes with `announce`, once the default price is known."""
        custom_id = params.get("id")
        if custom_id is not None:
            _check_custom_id(custom_id, within)
        product = cls._collect(
            params["name"], active=params.get("active", True), type=params.get("type", "service")
        )
        product.custom_id = custom_id
        product.write(params, within=within)
        return product

    @classmethod
    def inline(cls, params: dict[str, Any], *, param: str = "product_data") -> "Product":
        """Collect an inactive product for a single sale, without an event; `param` is for error messages."""
        product = cls._collect(params["name"], active=False, type="service")
        product.write(params, within=param)
        return product

    @classmethod
    def _collect(cls, name: str, *, active: bool, type: str) -> "Product":
        return cls.new(
            custom_id=None, name=name, type=type, active=active, details={}, metadata_={}, default_price=None,
            has_prices=False, updated=clock.now(), deleted=False,
        )  # fmt: skip

    @classmethod
    def peek(cls, object_id: str) -> Self | None:
        """Return the caller's living product of that id, its own or the merchant's."""
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
    def listed(cls, params: dict[str, Any]) -> Select[Self]:
        """Return the select of the caller's living products that fit a list's filters."""
        query = cls.mine().where(cls.deleted.is_(False))
        for name in ("active", "type"):
            if name in params:
                query = query.where(getattr(cls, name) == params[name])
        if "shippable" in params:
            query = query.where(cls.details["shippable"].as_boolean().is_(params["shippable"]))
        if "url" in params:
            query = query.where(cls.details["url"].as_string() == params["url"])
        if "ids" in params:
            if "starting_after" in params or "ending_before" in params:
                raise InvalidRequest("You cannot use ids with starting_after or ending_before.", param="ids")
            query = query.where(cls.custom_id.in_(params["ids"]) | cls.id.in_(params["ids"]))
        return query

    @property
    def wire_id(self) -> str:
        """Return the id that merchants know the product by."""
        return self.custom_id or self.id

    def announce(self) -> None:
        """Record that the product came to be."""
        lifecycle.begin(self, "product.created")

    def write(self, params: dict[str, Any], *, within: str = "") -> None:
        """Set the given attributes; an empty string unsets one."""
        _check(params, within)
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        given = {name: params[name] for name in PLAIN if name in params}
        unset = {name: DEFAULTS.get(name) for name, value in given.items() if value == ""}
        if isinstance(given.get("package_dimensions"), dict):
            # Lengths and weights are no money: JSON numbers will do, and orjson knows no Decimal.
            given["package_dimensions"] = {
                name: float(size) for name, size in given["package_dimensions"].items()
            }
        self.details = self.details | given | unset

    def update(self, params: dict[str, Any]) -> None:
        """Change the given attributes."""
        before = self.as_stripe()
        self.write(params)
        self.name = params.get("name", self.name)
        self.active = params.get("active", self.active)
        self.default_price = params.get("default_price", self.default_price) or None
        if self.as_stripe() != before:
            self.updated = clock.now()
        audit.record("product.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def delete(self) -> dict[str, Any]:
        """Delete a product that has no prices; its own id becomes free."""
        if self.has_prices:
            raise InvalidRequest(
                "This product cannot be deleted because it has one or more user-created prices."
            )
        wire_id = self.wire_id
        events.record("product.deleted", self)
        self.deleted = True
        self.custom_id = None
        audit.record("product.deleted", self.id)
        return {"id": wire_id, "object": "product", "deleted": True}

    def as_stripe(self) -> dict[str, Any]:
        """Return the product as it goes over the wire."""
        details = dict.fromkeys(PLAIN) | DEFAULTS | self.details
        return self.shape(
            **details,
            id=self.wire_id,
            active=self.active,
            default_price=self.default_price,
            metadata=self.metadata_,
            name=self.name,
            type=self.type,
            updated=self.updated,
        )


def _check_custom_id(custom_id: str, within: str) -> None:
    if not CUSTOM_ID.fullmatch(custom_id):
        raise _invalid(
            "Invalid id: use up to 255 letters, digits, dots, hyphens and underscores.", "id", within
        )
    if Product.peek(custom_id) is not None:
        param = f"{within}[id]" if within else "id"
        raise InvalidRequest("Product already exists.", code="resource_already_exists", param=param)


def _check(params: dict[str, Any], within: str) -> None:
    for name, longest in LONGEST.items():
        if len(params.get(name) or ()) > longest:
            unit = "characters" if isinstance(params[name], str) else "elements"
            raise _invalid(f"Invalid {name}: must have at most {longest} {unit}.", name, within)
    if FORBIDDEN_IN_DESCRIPTOR.search(params.get("statement_descriptor") or ""):
        raise _invalid(
            "The statement descriptor cannot contain the characters <, >, \\, ', \" and *.",
            "statement_descriptor",
            within,
        )


def _invalid(message: str, name: str, within: str) -> InvalidRequest:
    return InvalidRequest(message, param=f"{within}[{name}]" if within else name)
