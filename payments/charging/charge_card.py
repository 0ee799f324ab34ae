"""charge card: a charge without a payment intent of the merchant's, as Stripe's older API makes one.

Behind it stands an intent of ours all the same, so that the bank is asked, the answer looked up and the money
captured and given back as with any payment. It is never shown, and no event is about it.
"""

from typing import Any

from payments import bank
from payments.charging.cards import CardDetails
from payments.charging.confirm import Presence, confirm
from payments.charging.methods import CARD
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.customers.customers import Customer
from payments.customers.sources import Source, method_of_token
from payments.errors import CardError, InvalidRequest

# Nobody can be sent to an issuer's page from here: what needs its holder is declined.
NOBODY_TO_ASK = Presence(can_act=False)
CHARGE_UNKNOWN = "The bank has not answered yet; the charge will be completed or undone."
KEPT = (
    "amount", "currency", "customer", "description", "metadata", "receipt_email", "shipping",
    "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip


def charge_card(params: dict[str, Any]) -> tuple[PaymentIntent, bank.Answer]:
    """Take an amount from a token's card, or from one of a customer's; return our intent and the answer.

    The answer is recorded, to be committed by the edge. Raises InvalidRequest or CardError where the
    parameters name no card.
    """
    method, card = _card_of(params)
    given = {name: params[name] for name in KEPT if name in params}
    given["capture_method"] = "automatic" if params.get("capture", True) else "manual"
    intent = PaymentIntent.create(given | {"allowed_payment_method_types": [CARD]}, is_shown=False)
    return intent, confirm(intent, method, card, presence=NOBODY_TO_ASK)


def _card_of(params: dict[str, Any]) -> tuple[PaymentMethod, CardDetails]:
    named = params.get("source")
    if params.get("customer"):
        method = _source_of(Customer.living(params["customer"]), named).method
        return method, method.card_details()
    if not named:
        raise InvalidRequest("Must provide source or customer.", code="parameter_missing", param="source")
    return method_of_token(named, keep=False)


def _source_of(customer: Customer, named: str | None) -> Source:
    source_id = named or customer.default_source_id
    if source_id is None:
        raise CardError("Cannot charge a customer that has no active card", code="missing", param="card")
    source = Source.peek(source_id)
    if source is None or source.method.customer_id != customer.id:
        raise InvalidRequest(
            f"Customer {customer.id} does not have a linked source with ID {source_id}.",
            code="missing",
            param="source",
        )
    return source
