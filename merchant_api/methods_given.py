"""How a request names the means of payment: an id, a test token, or the card's own data."""

from dataclasses import dataclass
from typing import Any, NotRequired, Required

from stripe.params import PaymentMethodCreateParamsBillingDetails, PaymentMethodCreateParamsCard
from typing_extensions import TypedDict

from payments.charging.cards import CardDetails
from payments.charging.payment_methods import PaymentMethod
from payments.errors import InvalidRequest


class MethodData(TypedDict):
    """`payment_method_data` with a card: Stripe takes one, yet its SDK doesn't declare it."""

    type: Required[str]
    card: NotRequired[PaymentMethodCreateParamsCard]
    billing_details: NotRequired[PaymentMethodCreateParamsBillingDetails]
    metadata: NotRequired[dict[str, str]]
    allow_redisplay: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Given:
    """A payment method with the card behind it, for this request alone."""

    method: PaymentMethod
    card: CardDetails

    @classmethod
    def stored(cls, method_id: str) -> "Given":
        """Return a method by id; a test token makes a new one."""
        if method_id.startswith(("pm_card_", "tok_")):
            method = PaymentMethod.of_token(method_id)
        else:
            method = PaymentMethod.find(method_id, param="payment_method")
        return cls(method, method.card_details())


def method_of(given: dict[str, Any], *, keep: bool) -> Given | None:
    """Return the means of payment that a request names, or None; `keep` when a later request will pay."""
    data, method_id = given.get("payment_method_data"), given.get("payment_method")
    if data and method_id:
        raise InvalidRequest(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            param="payment_method",
        )
    if data:
        # A one-off method is used at once, so that its number need not be kept.
        keep = keep or bool(given.get("setup_future_usage"))
        return Given(*PaymentMethod.create(data, keep=keep))
    return Given.stored(method_id) if method_id else None
