"""A means of payment: a card's public face, and its number sealed only where it is kept for later."""

import re
from typing import Any

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from payments import audit, events, lifecycle, vault
from payments.charging import test_tokens
from payments.charging.cards import CardDetails, check_expiry, parse_card
from payments.customers.customers import Customer
from payments.emails import check_email
from payments.errors import InvalidRequest, LockTimeout, NotFound
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.scope import caller
from payments.shapes import shaped

COUNTRY = re.compile(r"[A-Za-z]{2}")
TEST_CVC = {"amex": "1234"}
NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


class PaymentMethod(Resource, WithMetadata):
    """A card as the merchant sees it."""

    __tablename__ = "payment_methods"
    prefix = "pm_"
    object_name = "payment_method"
    stripe_class = stripe.PaymentMethod
    expandable = frozenset(("customer",))

    type: Mapped[str]
    customer_id: Mapped[str | None]
    billing_details: Mapped[dict[str, Any]]
    card: Mapped[dict[str, Any]]
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
        """A customer's methods are listed newest first."""
        return (Index("ix_payment_methods_customer", "customer_id", "id"),)

    @classmethod
    def of_card(
        cls, card: CardDetails, *, billing: dict[str, Any] | None = None, token: str | None = None, keep: bool
    ) -> "PaymentMethod":
        """Collect a method for a card; `keep` seals the number, since a later request will need it."""
        country = test_tokens.country_of(card.number) or "US"
        method = cls.new(
            type="card",
            customer_id=None,
            billing_details=_billing(billing or {}),
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
    def of_token(cls, token: str, *, param: str = "payment_method") -> "PaymentMethod":
        """Collect a method for a test token such as `pm_card_visa`; raises NotFound for any other text."""
        card = card_of_token(token)
        if card is None:
            raise NotFound("PaymentMethod", token, param=param)
        return cls.of_card(card, token=token, keep=True)

    @classmethod
    def create(cls, params: dict[str, Any], *, keep: bool = True) -> tuple["PaymentMethod", CardDetails]:
        """Collect a method from API parameters; return it with the card, whose CVC is only in memory."""
        if "type" not in params:
            raise InvalidRequest("Missing required param: type.", code="parameter_missing", param="type")
        if params["type"] != "card":
            raise InvalidRequest(
                f"Florin does not take payment methods of type {params['type']} yet.", param="type"
            )
        given = params.get("card")
        if not given:
            raise InvalidRequest("Missing required param: card.", code="parameter_missing", param="card")
        billing = params.get("billing_details") or {}
        token = given.get("token")
        if token is not None:
            card = card_of_token(token)
            if card is None:
                raise InvalidRequest(
                    f"No such token: '{token}'", code="resource_missing", param="card[token]"
                )
        else:
            _check_complete(given)
            card = parse_card(given, holder_name=billing.get("name") or None)
        method = cls.of_card(card, billing=billing, token=token, keep=keep)
        method.metadata_ = merged_metadata({}, params.get("metadata") or {})
        method.allow_redisplay = params.get("allow_redisplay", "unspecified")
        lifecycle.begin(method, None)
        return method, card

    def card_details(self) -> CardDetails:
        """Return the card for a payment; raises InvalidRequest where its number was never kept."""
        if self.test_number_token is not None:
            card = card_of_token(self.test_number_token)
            if card is not None:
                return card
        if self.sealed_number is None:
            raise InvalidRequest(
                "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
                "attachment, shared with a connected account without Customer attachment, or was detached "
                "from a Customer. It may not be used again.",
                code="payment_method_unactivated",
                param="payment_method",
            )
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
            self.billing_details = _billing(_filled(self.billing_details) | (params["billing_details"] or {}))
        if "allow_redisplay" in params:
            self.allow_redisplay = params["allow_redisplay"]
        if params.get("card"):
            given = {key: self.card[key] for key in ("exp_month", "exp_year")} | params["card"]
            month, year = check_expiry(given["exp_month"], given["exp_year"])
            self.card = self.card | {"exp_month": month, "exp_year": year}
        audit.record("payment_method.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def learn(self, facts: dict[str, Any]) -> None:
        """Keep what the network told of the card."""
        known = {key: value for key, value in facts.items() if value is not None}
        if known and any(self.card.get(key) != value for key, value in known.items()):
            self.card = self.card | known

    def as_stripe(self) -> dict[str, Any]:
        """Return the method; nothing of it can pay."""
        return self.shape(
            type=self.type,
            allow_redisplay=self.allow_redisplay,
            billing_details=self.billing_details,
            customer=self.customer_id,
            metadata=self.metadata_,
            card=shaped(
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
            ),
        )


def card_of_token(token: str) -> CardDetails | None:
    """Return the test card of a token with a good expiry and security code; test mode alone knows tokens."""
    number = None if caller().livemode else test_tokens.number_of(token)
    if number is None:
        return None
    brand = "amex" if len(number) == 15 else ""
    return CardDetails(number, 12, 2034, TEST_CVC.get(brand, "123"))


def _check_complete(given: dict[str, Any]) -> None:
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise InvalidRequest(
                f"Missing required param: card[{name}].", code="parameter_missing", param=f"card[{name}]"
            )


def _filled(billing: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in billing.items() if value is not None}


def _billing(given: dict[str, Any]) -> dict[str, Any]:
    address = {key: value or None for key, value in (given.get("address") or {}).items()}
    country = address.get("country")
    if country is not None and COUNTRY.fullmatch(country) is None:
        raise InvalidRequest(
            f"Country '{country[:64]}' is unknown. Try using a 2-character alphanumeric country code "
            "instead, such as 'US', 'EG', or 'GB'.",
            code="country_code_invalid",
            param="billing_details[address][country]",
        )
    check_email(given.get("email"), "billing_details[email]")
    return shaped(
        stripe.PaymentMethod.BillingDetails,
        address=NO_ADDRESS | address,
        email=given.get("email") or None,
        name=given.get("name") or None,
        phone=given.get("phone") or None,
        tax_id=given.get("tax_id") or None,
    )
