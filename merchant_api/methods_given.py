"""How a request names the means of payment: an id, a test token, or the card's own data."""

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Required, cast

from stripe.params import (
    PaymentMethodCreateParams,
    PaymentMethodCreateParamsAmazonPay,
    PaymentMethodCreateParamsBillingDetails,
    PaymentMethodCreateParamsCard,
    PaymentMethodCreateParamsIdeal,
    PaymentMethodCreateParamsSepaDebit,
)
from typing_extensions import TypedDict

from kit.params import shapes
from payments.charging.cards import CardDetails
from payments.charging.methods import METHODS, SPELLINGS
from payments.charging.payment_methods import Means, PaymentMethod
from payments.errors import InvalidRequest


class Upi(TypedDict):
    """Whom to ask on the phone; without it the customer scans a code."""

    vpa: NotRequired[str]


class Netbanking(TypedDict):
    """The bank that the customer has chosen already."""

    bank: NotRequired[str]


class Klarna(TypedDict):
    """Klarna asks for nothing here that Florin keeps."""


# Parameters of a payment method that the SDK doesn't declare; its words for types lack Florin's own.
_words = shapes.read_hash(PaymentMethodCreateParams, only={"type"}).fields["type"].choices
TYPE: Any = cast("Any", Literal)[*_words, *(name for name in (*METHODS, *SPELLINGS) if name not in _words)]
METHOD_HASHES = {"type": TYPE, "upi": Upi, "x_netbanking": Netbanking}
METHOD_DATA = "payment_method_data"
TYPES = {"allowed_payment_method_types": list[TYPE]}


class MethodData(TypedDict):
    """`payment_method_data` with a card: Stripe takes one, yet its SDK doesn't declare it."""

    type: Required[str]
    card: NotRequired[PaymentMethodCreateParamsCard]
    upi: NotRequired[Upi]
    x_netbanking: NotRequired[Netbanking]
    amazon_pay: NotRequired[PaymentMethodCreateParamsAmazonPay]
    klarna: NotRequired[Klarna]
    ideal: NotRequired[PaymentMethodCreateParamsIdeal]
    sepa_debit: NotRequired[PaymentMethodCreateParamsSepaDebit]
    billing_details: NotRequired[PaymentMethodCreateParamsBillingDetails]
    metadata: NotRequired[dict[str, str]]
    allow_redisplay: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Given:
    """A payment method with the card or the other means behind it, for this request alone."""

    method: PaymentMethod
    means: Means

    @property
    def card(self) -> CardDetails:
        """Return the card; raises InvalidRequest for another means where only a card will do."""
        if isinstance(self.means, CardDetails):
            return self.means
        raise InvalidRequest(f"A payment method of type {self.means.type} serves once and can't be attached.")

    @classmethod
    def stored(cls, method_id: str) -> "Given":
        """Return a method by id; a test token makes a new one."""
        if method_id.startswith(("pm_card_", "tok_")):
            method = PaymentMethod.of_token(method_id)
        else:
            method = PaymentMethod.find(method_id, param="payment_method")
        return cls(method, method.means())


def method_of(given: dict[str, Any], *, keep: bool, within: str = METHOD_DATA) -> Given | None:
    """Return the means of payment that a request names, or None; `keep` when a later request will pay.

    `within` is what errors call the hash of its data; empty where that stands on top.
    """
    data, method_id = given.get("payment_method_data"), given.get("payment_method")
    if data and method_id:
        raise InvalidRequest(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            param="payment_method",
        )
    if data:
        # A one-off method is used at once, so that its number need not be kept.
        keep = keep or bool(given.get("setup_future_usage"))
        try:
            return Given(*PaymentMethod.create(data, keep=keep))
        except InvalidRequest as error:
            if within and error.param:
                first, bracket, rest = error.param.partition("[")
                error.param = f"{within}[{first}]{bracket}{rest}"
            raise
    return Given.stored(method_id) if method_id else None
