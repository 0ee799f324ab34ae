"""A price: what one unit of a product costs; its amount never changes, a new price replaces it."""

import hashlib
from typing import Any, ClassVar, Self

import stripe
from sqlalchemy import CheckConstraint, Index, Select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from kit.ids import new_id
from payments import audit, events, lifecycle
from payments.catalog import price_rules as rules
from payments.catalog.currency_options import WithCurrencyOptions
from payments.catalog.custom_amounts import shown_custom
from payments.catalog.plans import Plan
from payments.catalog.products import CUSTOM_ID, Product
from payments.catalog.tiers import WithScheme
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.scope import caller

LONGEST_LOOKUP_KEY = 200


class LookupKey(Base):
    """Which price holds a lookup key at present; the id is the hash of account, mode and key."""

    __tablename__ = "price_lookup_keys"

    id: Mapped[Id] = mapped_column(primary_key=True)
    price_id: Mapped[Id | None]
    created: Mapped[int]
    version: Mapped[int]


class Price(Resource, WithMetadata, WithCurrencyOptions, WithScheme):
    """An amount for one unit of a product, in one currency or several, once or at intervals."""

    __tablename__ = "prices"
    prefix = "price_"
    object_name = "price"
    stripe_class = stripe.Price
    expandable = frozenset(("product",))
    includes: ClassVar[dict[str, str]] = {"currency_options": "all_currencies", "tiers": "all_tiers"}

    custom_id: Mapped[Id | None]  # of a plan whose merchant chose it
    product: Mapped[Id]  # as merchants know it
    active: Mapped[bool]
    nickname: Mapped[str | None]
    lookup_key: Mapped[str | None]
    type: Mapped[str]
    recurring: Mapped[dict[str, Any] | None]
    deleted: Mapped[bool]  # Only plans can be.

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Lists may be narrowed by product and by lookup key; a merchant's own ids are unique."""
        return (
            Index("uq_prices_custom_id", "account_id", "livemode", "custom_id", unique=True),
            Index("ix_prices_product", "account_id", "livemode", "product", "id"),
            Index("ix_prices_lookup_key", "account_id", "livemode", "lookup_key"),
            CheckConstraint("unit_amount BETWEEN 0 AND 99999999", name="ck_prices_unit_amount"),
        )

    @classmethod
    def create(cls, params: dict[str, Any]) -> "Price":
        """Collect a new price, with a new product where `product_data` describes one."""
        if ("product" in params) == ("product_data" in params):
            raise rules.one_of("product", "product_data", given="product" in params)
        rules.checked_cost(
            params, ""
        )  # What is wrong with the amount is told before what is wrong with the product.
        if "product_data" in params:
            product = Product.create(params["product_data"], within="product_data")
            product.announce()
        else:
            product = Product.find(params["product"], param="product")
        price = cls.of_product(product, params)
        price.announce()
        return price

    @classmethod
    def of_product(
        cls,
        product: Product,
        params: dict[str, Any],
        *,
        within: str = "",
        id: str | None = None,
        prefix: str = prefix,
    ) -> "Price":
        """Collect a product's new price; its event comes with `announce`. A plan may bring its own id."""
        if id is not None:
            _check_custom_id(id)
        price = cls._collect(product, params, within, prefix)
        if params.get("currency_options"):
            price.set_options(params["currency_options"], within)
        price.custom_id = id
        product.has_prices = True
        price.nickname = params.get("nickname") or None
        price.metadata_ = merged_metadata({}, params.get("metadata"))
        if params.get("lookup_key"):
            price.take_lookup_key(params["lookup_key"], transfer=params.get("transfer_lookup_key", False))
        return price

    @classmethod
    def inline(cls, price_data: dict[str, Any], *, param: str = "price_data") -> "Price":
        """Collect the inactive price of a single sale, and its product, without events.

        `price_data` has `currency`, `unit_amount` or `unit_amount_decimal`, `product` or `product_data`, and
        may have `recurring` and `tax_behavior`; `param` is what the caller named it, for error messages.
        """
        if ("product" in price_data) == ("product_data" in price_data):
            raise rules.one_of(f"{param}[product]", f"{param}[product_data]", given="product" in price_data)
        rules.checked_cost(price_data, param)
        if "product_data" in price_data:
            product = Product.inline(price_data["product_data"], param=f"{param}[product_data]")
        else:
            product = Product.find(price_data["product"], param=f"{param}[product]")
        price = cls._collect(product, price_data, param)
        price.active = False
        return price

    @classmethod
    def _collect(cls, product: Product, params: dict[str, Any], within: str, prefix: str = prefix) -> "Price":
        cost = rules.checked_cost(params, within)
        cost["unit_amount_decimal"] = cost["unit_amount_decimal"] or ""
        return cls.new(
            id=new_id(prefix), custom_id=None, deleted=False, product=product.wire_id, **cost,
            currency_options=None, active=params.get("active", True), nickname=None, lookup_key=None,
            metadata_={}, tax_behavior=params.get("tax_behavior", "unspecified"),
            type="recurring" if params.get("recurring") else "one_time",
            recurring=rules.checked_recurring(params.get("recurring"), within),
        )  # fmt: skip

    @classmethod
    def peek(cls, object_id: str) -> Self | None:
        """Return the caller's living price of that id, its own or the merchant's."""
        row = super().peek(object_id)
        if (row is None or row.custom_id is not None) and not object_id.startswith(cls.prefix):
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
        """Return the select of the caller's living prices that fit a list's filters."""
        query = cls.mine().where(cls.deleted.is_(False))
        for name in ("active", "currency", "product", "type"):
            if name in params:
                query = query.where(getattr(cls, name) == params[name])
        if "lookup_keys" in params:
            query = query.where(cls.lookup_key.in_(params["lookup_keys"]))
        for name, wanted in params.get("recurring", {}).items():
            query = query.where(cls.recurring[name].as_string() == wanted)
        return query

    @property
    def wire_id(self) -> str:
        """Return the id that merchants know the price by."""
        return self.custom_id or self.id

    @property
    def can_be_inline(self) -> bool:
        """Tell whether the `price_data` of a line could say the same."""
        return self.custom_unit_amount is None and self.transform_quantity is None

    def announce(self) -> None:
        """Record that the price came to be; a recurring one is a plan, too."""
        lifecycle.begin(self, "price.created")
        if self.recurring:
            events.record("plan.created", Plan(self))

    def told(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return the price as it is shown, and as a plan where it is one."""
        return self.as_stripe(), Plan(self).as_stripe() if self.recurring else None

    def tell_changes(self, before: tuple[dict[str, Any], dict[str, Any] | None]) -> None:
        """Record what has changed since it was shown so."""
        events.record_update(self, before[0])
        if before[1] is not None:
            events.record_update(Plan(self), before[1])

    def take_lookup_key(self, key: str, *, transfer: bool) -> None:
        """Give this price a lookup key; one that another price has is only taken over with `transfer`."""
        if len(key) > LONGEST_LOOKUP_KEY:
            raise InvalidRequest("Invalid lookup_key: must be at most 200 characters.", param="lookup_key")
        holder = _lookup_key(key)
        if holder.price_id not in (None, self.id):
            other = Price.find(str(holder.price_id))
            if not transfer:
                raise InvalidRequest(
                    f"A price (`{other.id}`) already uses that lookup key.", param="lookup_key"
                )
            before = other.told()
            other.lookup_key = None
            other.tell_changes(before)
        if self.lookup_key not in (None, key):
            _lookup_key(str(self.lookup_key)).price_id = None
        holder.price_id = self.id
        self.lookup_key = key

    def leave_lookup_key(self) -> None:
        """Free the lookup key that this price has."""
        _lookup_key(str(self.lookup_key)).price_id = None
        self.lookup_key = None

    def update(self, params: dict[str, Any]) -> None:
        """Change what may change: not the amount, the currency, the product or the interval."""
        before = self.told()
        self.write(params)
        audit.record("price.updated", self.id, fields=sorted(params))
        self.tell_changes(before)

    def write(self, params: dict[str, Any]) -> None:
        """Set the given attributes, of those that may change."""
        self._set_active(params.get("active", self.active))
        behavior = params.get("tax_behavior", self.tax_behavior)
        rules.check_behavior(self.tax_behavior, behavior, "tax_behavior")
        self.tax_behavior = behavior
        if "currency_options" in params:
            self.set_options(params["currency_options"])
        if "nickname" in params:
            self.nickname = params["nickname"] or None
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "lookup_key" in params:
            self.take_lookup_key(params["lookup_key"], transfer=params.get("transfer_lookup_key", False))

    def _set_active(self, active: bool) -> None:
        if self.active and not active:
            product = Product.peek(self.product)
            if product is not None and product.default_price == self.wire_id:
                raise InvalidRequest(
                    "This price cannot be archived because it is the default price of its product.",
                    param="active",
                )
        self.active = active

    def as_stripe(self) -> dict[str, Any]:
        """Return the price as it goes over the wire."""
        return self.shape(
            id=self.wire_id,
            active=self.active,
            **self.scheme_wire(),
            currency=self.currency,
            custom_unit_amount=shown_custom(self.custom_unit_amount),
            lookup_key=self.lookup_key,
            metadata=self.metadata_,
            nickname=self.nickname,
            product=self.product,
            recurring=self.recurring,
            tax_behavior=self.tax_behavior,
            type=self.type,
            unit_amount=self.unit_amount,
            unit_amount_decimal=self.unit_amount_decimal or None,
        )


def _check_custom_id(custom_id: str) -> None:
    if not CUSTOM_ID.fullmatch(custom_id) or custom_id.startswith(Price.prefix):
        raise InvalidRequest(
            "Invalid id: use up to 255 letters, digits, dots, hyphens and underscores.", param="id"
        )
    if Price.peek(custom_id) is not None:
        raise InvalidRequest("Plan already exists.", code="resource_already_exists", param="id")


def _lookup_key(key: str) -> LookupKey:
    who = caller()
    key_id = hashlib.sha256(f"{who.account_id}/{who.livemode}/{key}".encode()).hexdigest()
    row = db.session.get(LookupKey, key_id)
    if row is None:
        row = LookupKey(id=key_id, price_id=None, created=clock.now(), version=1)
        db.session.add(row)
    return row
