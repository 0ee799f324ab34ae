"""A token: a card that was typed elsewhere, to be used once; its security code is checked and forgotten."""

from typing import Any

import stripe
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import bulk, clock
from kit.ids import new_id
from payments import lifecycle, vault
from payments.charging import old_cards, test_tokens
from payments.charging.billing import billing_details
from payments.charging.cards import CardDetails, parse_card
from payments.errors import InvalidRequest
from payments.resource import Resource
from payments.scope import caller

LIFE_SECONDS = 24 * 3600  # a token that nobody has used until then is as good as used


class Token(Resource):
    """A single use of a card. The number is sealed until then, and forgotten with it."""

    __tablename__ = "tokens"
    prefix = "tok_"
    object_name = "token"
    stripe_class = stripe.Token

    type: Mapped[str]
    used: Mapped[bool] = mapped_column(default=False)
    client_ip: Mapped[str | None]
    card_id: Mapped[str]
    card: Mapped[dict[str, Any]]
    billing_details: Mapped[dict[str, Any]]
    sealed_number: Mapped[dict[str, Any] | None]

    @classmethod
    def create(cls, given: dict[str, Any]) -> "Token":
        """Collect a token for a card of the older parameters; raises CardError as a typed card does."""
        month, year = old_cards.expiry_of(given["exp_month"], given["exp_year"])
        card = parse_card(
            given | {"exp_month": month, "exp_year": year}, holder_name=given.get("name") or None
        )
        token = cls.new(
            type="card",
            used=False,
            client_ip=caller().address,
            card_id=new_id(old_cards.PREFIX),
            card=card.display()
            | {"country": test_tokens.country_of(card.number) or "US", "funding": "credit"},
            billing_details=billing_details(old_cards.billing_of(given)),
            sealed_number=None,
        )
        token.sealed_number = vault.seal(card.number, purpose=token.id)
        lifecycle.begin(token, None)
        return token

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """The sweep finds those whose number is still there."""
        kept = text("sealed_number IS NOT NULL")
        return (Index("ix_tokens_unused", "created", sqlite_where=kept, postgresql_where=kept),)

    def take(self, param: str) -> CardDetails:
        """Use the token; raises InvalidRequest where it was used before, or its time is over."""
        if not self.used and self.created <= clock.now() - LIFE_SECONDS:
            raise InvalidRequest(
                f"The token {self.id} has expired. Tokenize the card once more.",
                code="resource_missing",
                param=param,
            )
        if self.used or self.sealed_number is None:
            raise InvalidRequest(
                f"You cannot use a Stripe token more than once: {self.id}.",
                code="token_already_used",
                param=param,
            )
        number = vault.unseal(self.sealed_number, purpose=self.id)
        self.used, self.sealed_number = True, None
        card = self.card
        return CardDetails(
            number, card["exp_month"], card["exp_year"], None, self.billing_details.get("name")
        )

    @classmethod
    def forget_old(cls) -> int:
        """Forget the numbers of tokens that nobody has used in time; return how many."""
        old = cls.sealed_number.is_not(None) & (cls.created <= clock.now() - LIFE_SECONDS)
        return bulk.update_where(cls, old, {"sealed_number": None})

    def as_stripe(self) -> dict[str, Any]:
        """Return the token with its card's face."""
        card = old_cards.as_card(self.card_id, self.card, self.billing_details, metadata={})
        return self.shape(type=self.type, used=self.used, client_ip=self.client_ip, card=card)
