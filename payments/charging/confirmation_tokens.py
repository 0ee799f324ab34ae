"""A confirmation token: how a customer wants to pay, collected first and used once, to confirm an intent."""

from typing import Any

import stripe
from sqlalchemy.orm import Mapped

from kit import clock
from payments import audit, lifecycle
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.charging.return_urls import check_return_url
from payments.charging.setup_intents import SetupIntent
from payments.errors import InvalidRequest
from payments.resource import Resource
from payments.shapes import annotated_keys, shaped, with_whole_shipping

LIFE_SECONDS = 12 * 3600
CARRIED = ("return_url", "setup_future_usage", "shipping")  # beside the payment method
Preview = stripe.ConfirmationToken.PaymentMethodPreview


class ConfirmationToken(Resource):
    """A payment method with what was asked beside it; a number is kept, and forgotten, with the method."""

    __tablename__ = "confirmation_tokens"
    prefix = "ctoken_"
    object_name = "confirmation_token"
    stripe_class = stripe.ConfirmationToken

    expires_at: Mapped[int]
    payment_method_id: Mapped[str]
    carried: Mapped[dict[str, Any]]
    payment_intent_id: Mapped[str | None]
    setup_intent_id: Mapped[str | None]

    @classmethod
    def wire_name(cls) -> str:
        """Stripe's messages write the noun in its own case."""
        return "ConfirmationToken"

    @classmethod
    def create(cls, method: PaymentMethod, params: dict[str, Any]) -> "ConfirmationToken":
        """Collect a token for a method that is kept; raises InvalidRequest naming the parameter."""
        if params.get("return_url"):
            check_return_url(params["return_url"])
        token = cls.new(
            expires_at=clock.now() + LIFE_SECONDS,
            payment_method_id=method.id,
            carried={name: params[name] for name in CARRIED if params.get(name)},
            payment_intent_id=None,
            setup_intent_id=None,
        )
        lifecycle.begin(token, None)
        return token

    @classmethod
    def usable(cls, token_id: str) -> "ConfirmationToken":
        """Return a token that may still be used; raises InvalidRequest for any other, NotFound for none."""
        token = cls.find(token_id, param="confirmation_token")
        why = "has already been used" if token.used_by else None
        if token.expires_at <= clock.now():
            why = why or "has expired"
        if why:
            raise InvalidRequest(
                f"The ConfirmationToken {token.id} {why}. Create a new one to confirm with.",
                param="confirmation_token",
            )
        return token

    @property
    def used_by(self) -> str | None:
        """Return the intent that it has confirmed, or tried to."""
        return self.payment_intent_id or self.setup_intent_id

    def parameters(self) -> dict[str, Any]:
        """Return what it stands for, in the words of the parameters that say the same."""
        return {"payment_method": self.payment_method_id, **self.carried}

    def use(self, intent: PaymentIntent | SetupIntent) -> None:
        """Spend the token on an intent, in one write with the claim that asks the bank."""
        if isinstance(intent, PaymentIntent):
            self.payment_intent_id = intent.id
        else:
            self.setup_intent_id = intent.id
        audit.record("confirmation_token.used", self.id, intent=intent.id)

    def as_stripe(self) -> dict[str, Any]:
        """Return the token with a preview of its payment method, which names no id that could pay."""
        return self.shape(
            expires_at=self.expires_at,
            payment_intent=self.payment_intent_id,
            setup_intent=self.setup_intent_id,
            payment_method_preview=_preview(PaymentMethod.find(self.payment_method_id)),
            return_url=self.carried.get("return_url"),
            setup_future_usage=self.carried.get("setup_future_usage"),
            shipping=with_whole_shipping(self.carried).get("shipping"),
            use_stripe_sdk=True,
        )


def _preview(method: PaymentMethod) -> dict[str, Any]:
    told = method.as_stripe()
    known = {name: told[name] for name in annotated_keys(Preview) if name in told}
    if method.type == "card":
        face = {name: value for name, value in told["card"].items() if name in annotated_keys(Preview.Card)}
        known["card"] = shaped(Preview.Card, **face)
    return shaped(Preview, **known, **({} if method.type in known else {method.type: told[method.type]}))
