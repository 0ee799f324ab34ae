"""A customer of a merchant."""

from typing import Any, ClassVar

import stripe
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Id, collected, db
from payments import audit, events, lifecycle
from payments.catalog.discounts import Discount
from payments.emails import check_email
from payments.errors import NotFound
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.shapes import whole_address, with_whole_shipping

PLAIN = (
    "address",
    "balance",
    "business_name",
    "description",
    "email",
    "individual_name",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
    "tax_exempt",
)
DEFAULTS: dict[str, Any] = {"balance": 0, "preferred_locales": [], "tax_exempt": "none"}


class Customer(Resource, WithMetadata):
    """Someone who pays a merchant, with details kept for later; deleting one keeps its id."""

    __tablename__ = "customers"
    prefix = "cus_"
    object_name = "customer"
    stripe_class = stripe.Customer
    expandable = frozenset(
        ("default_source", "discount", "invoice_settings.default_payment_method", "test_clock")
    )
    includes: ClassVar[dict[str, str]] = {"sources": "sources_list"}

    email: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    default_payment_method: Mapped[str | None]
    default_source_id: Mapped[Id | None]
    discount_id: Mapped[Id | None]
    invoice_prefix: Mapped[str]
    deleted: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Merchants search for whose address it is, whatever its case."""
        return (Index("ix_customers_email", "account_id", "livemode", text("lower(email)"), "id"),)

    @classmethod
    def create(cls, params: dict[str, Any]) -> "Customer":
        """Collect a new customer."""
        customer = cls.new(email=None, details={}, metadata_={}, invoice_prefix="", deleted=False)
        customer.invoice_prefix = customer.id[-8:].upper()
        customer.write(params)
        lifecycle.begin(customer, "customer.created")
        return customer

    @classmethod
    def living(cls, customer_id: str, *, param: str = "customer") -> "Customer":
        """Return a customer that isn't deleted; raises NotFound."""
        customer = cls.find(customer_id, param=param)
        if customer.deleted:
            raise NotFound("customer", customer_id, param=param)
        return customer

    @staticmethod
    def check(params: dict[str, Any]) -> None:
        """Refuse what write() would refuse of a new customer; for who asks a bank before there is one."""
        merged_metadata({}, params.get("metadata") or {})
        check_email(params.get("email"), "email")

    def write(self, params: dict[str, Any]) -> None:
        """Set the given attributes; an empty string unsets one."""
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "email" in params:
            check_email(params["email"], "email")
            self.email = params["email"] or None
        if "invoice_settings" in params:
            self.default_payment_method = params["invoice_settings"].get("default_payment_method") or None
        given = {name: params[name] for name in PLAIN if name in params and name != "email"}
        unset = {name: DEFAULTS.get(name) for name, value in given.items() if value == ""}
        self.details = self.details | given | unset

    def update(self, params: dict[str, Any]) -> None:
        """Change the given attributes."""
        before = self.as_stripe()
        self.write(params)
        audit.record("customer.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def sources(self) -> list[Any]:
        """Return the customer's cards of the older kind, the newest first."""
        from payments.charging.old_cards import PREFIX  # noqa: PLC0415 - a method knows its customer, too
        from payments.charging.payment_methods import PaymentMethod  # noqa: PLC0415

        row = PaymentMethod
        query = row.mine().where(row.customer_id == self.id, row.id.startswith(PREFIX, autoescape=True))
        # What this request has made or given to the customer is not in the database yet.
        known: dict[str, Any] = {found.id: found for found in db.session.scalars(query)}
        known |= {made.id: made for made in (*collected(), *db.session) if isinstance(made, row)}
        own = [found for found in known.values() if found.customer_id == self.id]
        return sorted(
            (found for found in own if found.id.startswith(PREFIX)),
            key=lambda found: str(found.id),
            reverse=True,
        )

    def sources_list(self) -> dict[str, Any]:
        """Return the ten newest of them as a list object."""
        from payments.customers.sources import Source  # noqa: PLC0415 - a source knows its customer, too

        methods = self.sources()
        return {
            "object": "list",
            "data": [Source(method).as_stripe() for method in methods[:10]],
            "has_more": len(methods) > 10,
            "url": f"/v1/customers/{self.id}/sources",
        }

    def choose_source(self, source_id: str | None) -> None:
        """Make one of the customer's sources the default, or none."""
        before = self.as_stripe()
        self.default_source_id = source_id
        events.record_update(self, before)

    def delete(self) -> dict[str, Any]:
        """Mark the customer deleted; what it paid stays."""
        if self.deleted:
            raise NotFound("customer", self.id)
        events.record("customer.deleted", self)
        self.deleted = True
        audit.record("customer.deleted", self.id)
        return {"id": self.id, "object": "customer", "deleted": True}

    @property
    def discount(self) -> Discount | None:
        """Return the discount that the customer has at present."""
        return Discount.peek(self.discount_id) if self.discount_id else None

    def as_stripe(self) -> dict[str, Any]:
        """Return the customer, or only its id and `deleted` once it is."""
        if self.deleted:
            return {"id": self.id, "object": "customer", "deleted": True}
        details = DEFAULTS | with_whole_shipping(self.details)
        details["address"] = whole_address(details.get("address"))
        return self.shape(
            **details,
            email=self.email,
            metadata=self.metadata_,
            default_source=self.default_source_id,
            delinquent=False,
            discount=discount.as_stripe() if (discount := self.discount) else None,
            invoice_prefix=self.invoice_prefix,
            invoice_settings={
                "custom_fields": None,
                "default_payment_method": self.default_payment_method,
                "footer": None,
                "rendering_options": None,
            },
            next_invoice_sequence=1,
        )
