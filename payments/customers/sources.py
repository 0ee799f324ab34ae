"""A source: a customer's card as Stripe's older API has it; behind it is a payment method of the same id."""

from typing import Any, ClassVar, cast

import stripe

from kit import bulk, clock
from kit.ids import new_id
from payments import audit, events
from payments.charging import old_cards
from payments.charging.attach import verify
from payments.charging.billing import billing_details
from payments.charging.cards import CardDetails
from payments.charging.payment_methods import PaymentMethod
from payments.charging.tokens import Token
from payments.customers.customers import Customer
from payments.errors import InvalidRequest, NotFound, StripeError
from payments.recordings import recorded
from payments.resource import Resource, merged_metadata

LOST_SECONDS = 3600  # no request takes so long to be answered by an issuer


class Source:
    """One card of one customer; what it is kept in is its payment method."""

    object_name: ClassVar[str] = "card"
    stripe_class: ClassVar[type] = stripe.Card
    expandable: ClassVar[frozenset[str]] = frozenset(("customer",))
    includes: ClassVar[dict[str, str]] = {}

    def __init__(self, method: PaymentMethod) -> None:
        self.method = method
        self.id = method.id

    @classmethod
    def peek(cls, source_id: str) -> "Source | None":
        """Return the caller's source of that id, or None."""
        method = PaymentMethod.peek(source_id) if source_id.startswith(old_cards.PREFIX) else None
        return None if method is None or method.customer_id is None else cls(method)

    @classmethod
    def of(cls, customer: Customer, source_id: str, *, param: str = "id") -> "Source":
        """Return a customer's source; raises NotFound for absent ones and another's."""
        source = cls.peek(source_id)
        if source is None or source.method.customer_id != customer.id:
            raise NotFound("source", source_id, param=param)
        return source

    def as_stripe(self) -> dict[str, Any]:
        """Return the card."""
        method = self.method
        return old_cards.as_card(
            method.id,
            method.card,
            method.billing_details,
            customer=method.customer_id,
            metadata=method.metadata_,
        )

    def update(self, params: dict[str, Any]) -> None:
        """Change holder, address, expiry or metadata."""
        before, method = self.as_stripe(), self.method
        if "metadata" in params:
            method.metadata_ = merged_metadata(method.metadata_, params["metadata"])
        if old_cards.ADDRESS.keys() & params.keys() or "name" in params:
            method.billing_details = billing_details(old_cards.billing_of(params, method.billing_details))
        if {"exp_month", "exp_year"} & params.keys():
            month, year = (params.get(name, method.card[name]) for name in ("exp_month", "exp_year"))
            month, year = old_cards.expiry_of(month, year)
            method.card = method.card | {"exp_month": month, "exp_year": year}
        audit.record("customer.source.updated", method.id, fields=sorted(params))
        self._tell("customer.source.updated", before)

    def delete(self, customer: Customer) -> dict[str, Any]:
        """Take the card from its customer; its number is forgotten, and the next card is the default."""
        self._tell("customer.source.deleted")
        audit.record("customer.source.deleted", self.id, customer=customer.id)
        self.method.customer_id = None
        self.method.spend()
        _choose_another(customer, self.id)
        return {"id": self.id, "object": "card", "deleted": True}

    def _tell(self, event_type: str, before: dict[str, Any] | None = None) -> None:
        noun = cast("Resource", self)
        if before is None:
            events.record(event_type, noun)
        else:
            events.record_update(noun, before, event_type)


def detach(method: PaymentMethod) -> None:
    """Release a method from its customer; where it was the default source, the next card is."""
    customer = Customer.peek(method.customer_id) if method.customer_id is not None else None
    method.detach()
    if customer is not None and not customer.deleted:
        _choose_another(customer, method.id)


def _choose_another(customer: Customer, gone: str) -> None:
    if customer.default_source_id == gone:
        others = [row for row in customer.sources() if row.id != gone]
        customer.choose_source(others[0].id if others else None)


def verified(token: str, metadata: dict[str, str] | None = None) -> str:
    """Use a token up, and ask its card's issuer whether it is good; return the id of its new method.

    The method belongs to nobody yet. Raises CardError where the card is not good, which is then forgotten,
    InvalidRequest for a token that is unknown or used up.
    """
    method, card = method_of_token(token, keep=True)
    method.metadata_ = merged_metadata({}, metadata or {})
    try:
        verify(method, card)
    except StripeError:
        method.spend()
        raise
    return method.id


def add_source(customer: Customer, token: str, metadata: dict[str, str] | None = None) -> Source:
    """Keep a token's card for a customer, once its issuer has said that it is good; raises as verified()."""
    method_id, customer_id = verified(token, metadata), customer.id
    return recorded(lambda: added(Customer.living(customer_id), method_id))


def added(customer: Customer, method_id: str) -> Source:
    """Collect that a verified card is the customer's from now on, and their default where they have none."""
    method = PaymentMethod.find(method_id)
    method.customer_id = customer.id
    source = Source(method)
    audit.record("customer.source.created", method.id, customer=customer.id)
    source._tell("customer.source.created")  # noqa: SLF001 - of its own module
    if customer.default_source_id is None:
        customer.choose_source(method.id)
    return source


def replace_source(customer: Customer, method_id: str) -> None:
    """Collect that a verified card is the customer's default, instead of the one before."""
    before = customer.default_source_id
    customer.choose_source(added(customer, method_id).id)
    replaced = Source.peek(before) if before is not None else None
    if replaced is not None:
        replaced.delete(customer)


def introduce_with_source(params: dict[str, Any], method_id: str) -> Customer:
    """Collect a new customer with a verified card."""
    method = PaymentMethod.find(method_id)
    customer = Customer.create(params)
    method.customer_id = customer.id
    customer.default_source_id = method.id
    Source(method)._tell("customer.source.created")  # noqa: SLF001 - of its own module
    return customer


def forget_lost() -> int:
    """Forget the numbers of cards whose request died before they were anybody's; return how many."""
    row = PaymentMethod
    lost = row.id.startswith(old_cards.PREFIX, autoescape=True) & row.customer_id.is_(None)
    old = row.sealed_number.is_not(None) & (row.created < clock.now() - LOST_SECONDS)
    forgotten = {"sealed_number": None, "test_number_token": None, "spent": True}
    return bulk.update_where(row, lost & old, forgotten)


def method_of_token(token: str, *, keep: bool) -> tuple[PaymentMethod, CardDetails]:
    """Use a token up: return a new method for its card, under the id that a source has, and the card itself.

    `keep` seals the number, since a later request will need it.
    """
    if PaymentMethod.peek(token) is not None:
        raise InvalidRequest("A source is a token; payment methods are attached.", param="source")
    kept = Token.peek(token)
    if kept is None:
        method = PaymentMethod.of_token(token, method_id=new_id(old_cards.PREFIX), param="source")
        return method, method.card_details()
    card = kept.take("source")
    return PaymentMethod.of_card(card, billing=kept.billing_details, keep=keep, method_id=kept.card_id), card
