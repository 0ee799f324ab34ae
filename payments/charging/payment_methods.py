"""A means of payment: a card's public face, and its number sealed only where it is kept for later."""

import json
from typing import Any

import stripe
from sqlalchemy.orm import Mapped, mapped_column

from payments import audit, events, lifecycle, vault
from payments.charging import test_tokens
from payments.charging.billing import billing_details, filled
from payments.charging.cards import CardDetails, check_complete, check_expiry, parse_card
from payments.charging.method_indexes import method_indexes
from payments.charging.methods import CARD, METHODS, MethodDetails, MethodKind, known_types
from payments.charging.methods.kinds import required
from payments.charging.tokens import Token
from payments.customers.customers import Customer
from payments.errors import InvalidRequest, LockTimeout, NotFound
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.scope import caller
from payments.shapes import shaped

Means = CardDetails | MethodDetails

TEST_CVC = {"amex": "1234"}
USED_UP = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
    "with a connected account without Customer attachment, or was detached from a Customer. It may not be "
    "used again."
)


class PaymentMethod(Resource, WithMetadata):
    """A means of payment as the merchant sees it; `card` is empty for other types, which have `data`."""

    __tablename__ = "payment_methods"
    prefix = "pm_"
    object_name = "payment_method"
    stripe_class = stripe.PaymentMethod
    expandable = frozenset(("customer",))

    type: Mapped[str]
    customer_id: Mapped[str | None]
    billing_details: Mapped[dict[str, Any]]
    card: Mapped[dict[str, Any]]
    data: Mapped[dict[str, Any] | None]
    allow_redisplay: Mapped[str]
    test_number_token: Mapped[str | None]
    sealed_number: Mapped[dict[str, Any] | None]
    spent: Mapped[bool] = mapped_column(default=False)
    held_by: Mapped[str | None]  # the intent that pays with it, as long as it belongs to no customer

    @classmethod
    def wire_name(cls) -> str:
        """Stripe's messages write the noun in its own case."""
        return "PaymentMethod"

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """See method_indexes.py."""
        return method_indexes()

    @classmethod
    def of_card(
        cls, card: CardDetails, *, billing: dict[str, Any] | None = None, token: str | None = None,
        method_id: str | None = None, keep: bool,
    ) -> "PaymentMethod":  # fmt: skip
        """Collect a method for a card; `keep` seals the number, since a later request will need it."""
        country = test_tokens.country_of(card.number) or "US"
        method = cls.new(
            id=method_id,
            type="card",
            customer_id=None,
            billing_details=billing_details(billing or {}),
            card=card.display() | {"country": country, "funding": "credit"},
            allow_redisplay="unspecified",
            metadata_={},
            test_number_token=token,
            sealed_number=None,
            spent=False,
        )
        if keep and token is None:
            method.sealed_number = vault.seal(card.number, purpose=method.id)
        return method

    @classmethod
    def of_kind(
        cls, kind: MethodKind, given: dict[str, Any], *, billing: dict[str, Any] | None = None, keep: bool
    ) -> tuple["PaymentMethod", MethodDetails]:
        """Collect a method of another kind, and what its bank is told; `keep` seals that for later."""
        known = billing_details(billing or {})
        for name in kind.billing:
            held = known["address"] if name == "country" else known
            place = "[address][country]" if name == "country" else f"[{name}]"
            required(held[name], f"billing_details{place}")
        data, details = kind.read(given, known)
        method = cls.new(
            type=kind.type,
            customer_id=None,
            billing_details=known,
            card={},
            data=data,
            allow_redisplay="unspecified",
            metadata_={},
            test_number_token=None,
            sealed_number=None,
            spent=False,
        )
        if keep:
            method.sealed_number = vault.seal(json.dumps(details), purpose=method.id)
        return method, MethodDetails(kind.type, details)

    @classmethod
    def of_token(
        cls, token: str, *, param: str = "payment_method", method_id: str | None = None
    ) -> "PaymentMethod":
        """Collect a method for a test token such as `pm_card_visa`; raises NotFound for any other text."""
        card = card_of_token(token)
        if card is None:
            raise NotFound("PaymentMethod" if method_id is None else "token", token, param=param)
        return cls.of_card(card, token=token, keep=True, method_id=method_id)

    @classmethod
    def create(cls, params: dict[str, Any], *, keep: bool = True) -> tuple["PaymentMethod", Means]:
        """Collect a method from API parameters; return it with its means, whose CVC is only in memory."""
        if "type" not in params:
            raise InvalidRequest("Missing required param: type.", code="parameter_missing", param="type")
        method, means = cls._made(params, keep=keep)
        method.metadata_ = merged_metadata({}, params.get("metadata") or {})
        method.allow_redisplay = params.get("allow_redisplay", "unspecified")
        lifecycle.begin(method, None)
        return method, means

    @classmethod
    def _made(cls, params: dict[str, Any], *, keep: bool) -> tuple["PaymentMethod", Means]:
        (named,) = known_types([params["type"]])
        if named in METHODS:
            given = params.get(named) or {}
            return cls.of_kind(METHODS[named], given, billing=params.get("billing_details"), keep=keep)
        if named != CARD:
            raise InvalidRequest(f"Florin does not take payment methods of type {named} yet.", param="type")
        given = params.get("card")
        if not given:
            raise InvalidRequest("Missing required param: card.", code="parameter_missing", param="card")
        billing = params.get("billing_details") or {}
        token = given.get("token")
        if token is not None:
            kept = Token.peek(token)
            card = card_of_token(token) if kept is None else kept.take("card[token]")
            if card is None:
                raise InvalidRequest(
                    f"No such token: '{token}'", code="resource_missing", param="card[token]"
                )
            token, billing = (token, billing) if kept is None else (None, kept.billing_details | billing)
        else:
            check_complete(given)
            card = parse_card(given, holder_name=billing.get("name") or None)
        return cls.of_card(card, billing=billing, token=token, keep=keep), card

    def means(self) -> Means:
        """Return what pays; raises InvalidRequest where it was never kept."""
        if self.type == CARD:
            return self.card_details()
        if self.sealed_number is None:
            raise InvalidRequest(USED_UP, code="payment_method_unactivated", param="payment_method")
        return MethodDetails(self.type, json.loads(vault.unseal(self.sealed_number, purpose=self.id)))

    def card_details(self) -> CardDetails:
        """Return the card for a payment; raises InvalidRequest where its number was never kept."""
        if self.test_number_token is not None:
            card = card_of_token(self.test_number_token)
            if card is not None:
                return card
        if self.sealed_number is None:
            raise InvalidRequest(USED_UP, code="payment_method_unactivated", param="payment_method")
        number = vault.unseal(self.sealed_number, purpose=self.id)
        name = self.billing_details.get("name")
        return CardDetails(number, self.card["exp_month"], self.card["exp_year"], None, name)

    def spend(self) -> None:
        """Forget the number of a method that belongs to no customer: it served once."""
        if self.customer_id is None and not self.spent:
            self.spent = True
            self.sealed_number = None
            self.test_number_token = None

    def hold(self, intent_id: str) -> None:
        """Keep a method that may serve once for one intent; raises LockTimeout while another one has it."""
        if self.customer_id is not None:
            return
        if self.held_by not in (None, intent_id):
            raise LockTimeout
        self.held_by = intent_id

    def release(self) -> None:
        """Let another intent have the method: nothing was paid with it."""
        if self.held_by is not None:
            self.held_by = None

    def check_attachable(self, customer: Customer | None) -> None:
        """Refuse a method that already belongs to another customer or has been used up."""
        if self.customer_id not in (None, customer and customer.id):
            raise InvalidRequest("The payment method you provided has already been attached to a customer.")
        if self.type != CARD:
            raise InvalidRequest(f"A payment method of type {self.type} serves once and can't be attached.")
        self.card_details()

    def attach(self, customer: Customer) -> None:
        """Keep the method for a customer."""
        self.customer_id = customer.id
        audit.record("payment_method.attached", self.id, customer=customer.id)
        events.record("payment_method.attached", self)

    def detach(self) -> None:
        """Release the method from its customer; its number is forgotten."""
        before = self.customer_id
        if before is None:
            raise InvalidRequest(
                "The payment method you provided is not attached to a customer so detachment is impossible."
            )
        self.customer_id = None
        self.spend()
        audit.record("payment_method.detached", self.id, customer=before)
        events.record("payment_method.detached", self, {"customer": before})

    def update(self, params: dict[str, Any]) -> None:
        """Change expiry, billing details or metadata."""
        before = self.as_stripe()
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "billing_details" in params:
            self.billing_details = billing_details(
                filled(self.billing_details) | (params["billing_details"] or {})
            )
        if "allow_redisplay" in params:
            self.allow_redisplay = params["allow_redisplay"]
        if params.get("card"):
            if self.type != CARD:
                raise InvalidRequest(f"This is a payment method of type {self.type}.", param="card")
            given = {key: self.card[key] for key in ("exp_month", "exp_year")} | params["card"]
            month, year = check_expiry(given["exp_month"], given["exp_year"])
            self.card = self.card | {"exp_month": month, "exp_year": year}
        audit.record("payment_method.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def learn(self, facts: dict[str, Any]) -> None:
        """Keep what the network told of the card, or the bank of another means."""
        known = {key: value for key, value in facts.items() if value is not None}
        if self.type != CARD:
            self.data = (self.data or {}) | known
            return
        if known and any(self.card.get(key) != value for key, value in known.items()):
            self.card = self.card | known

    def as_stripe(self) -> dict[str, Any]:
        """Return the method; nothing of it can pay."""
        kind = METHODS.get(self.type)
        return self.shape(
            type=self.type,
            allow_redisplay=self.allow_redisplay,
            billing_details=self.billing_details,
            customer=self.customer_id,
            metadata=self.metadata_,
            **{self.type: self._card() if kind is None else kind.shown(self.data or {})},
        )

    def _card(self) -> dict[str, Any]:
        return shaped(
            stripe.PaymentMethod.Card,
            brand=self.card["brand"],
            display_brand=self.card["brand"],
            last4=self.card["last4"],
            exp_month=self.card["exp_month"],
            exp_year=self.card["exp_year"],
            fingerprint=self.card["fingerprint"],
            country=self.card["country"],
            funding=self.card["funding"],
            checks={
                "address_line1_check": self.card.get("address_line1_check"),
                "address_postal_code_check": self.card.get("address_postal_code_check"),
                "cvc_check": self.card.get("cvc_check"),
            },
            networks={"available": [self.card["brand"]], "preferred": None},
            three_d_secure_usage={"supported": True},
            regulated_status="unregulated",
        )


def card_of_token(token: str) -> CardDetails | None:
    """Return the test card of a token with a good expiry and security code; test mode alone knows tokens."""
    number = None if caller().livemode else test_tokens.number_of(token)
    if number is None:
        return None
    brand = "amex" if len(number) == 15 else ""
    return CardDetails(number, 12, 2034, TEST_CVC.get(brand, "123"))
