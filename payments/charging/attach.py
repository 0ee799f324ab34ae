"""attach: keep a card for a customer, once its issuer has said that the card is good."""

from functools import partial
from typing import Any

from kit.ids import new_id
from payments import bank, routing
from payments.charging import declines
from payments.charging.cards import CardDetails
from payments.charging.payment_methods import PaymentMethod
from payments.customers.customers import Customer
from payments.errors import ApiError, CardError, InvalidRequest
from payments.recordings import recorded
from payments.scope import caller

VERIFICATION_CURRENCY = "usd"
DEFAULT_METHOD = "invoice_settings[default_payment_method]"


def attach(method: PaymentMethod, card: CardDetails, customer: Customer) -> PaymentMethod:
    """Verify the card with its issuer, then attach its method; return the method.

    Raises CardError where the issuer refuses the card, InvalidRequest where the method can't be attached.
    """
    method.check_attachable(customer)
    if method.customer_id == customer.id:
        return method
    verify(method, card)
    return recorded(partial(_attached, method.id, customer.id))


def _attached(method_id: str, customer_id: str) -> PaymentMethod:
    method, customer = PaymentMethod.find(method_id), Customer.living(customer_id)
    method.check_attachable(customer)
    if method.customer_id is None:
        method.attach(customer)
    return method


def introduce(params: dict[str, Any], method_id: str) -> Customer:
    """Collect a new customer with a card whose issuer has said that it is good; raises as attach()."""
    method = PaymentMethod.find(method_id)
    method.check_attachable(None)
    customer = Customer.create(params)
    method.attach(customer)
    return customer


def check_default_method(params: dict[str, Any], customer: Customer | None) -> None:
    """Refuse a default for invoices that is no method of the customer's own; a new customer has none yet."""
    default = (params.get("invoice_settings") or {}).get("default_payment_method")
    if not default:
        return
    method = PaymentMethod.find(default, param=DEFAULT_METHOD)
    if customer is None or method.customer_id != customer.id:
        raise InvalidRequest(
            f"The customer does not have a payment method with the ID {method.id}. The payment method must "
            "be attached to the customer.",
            code="resource_missing",
            param=DEFAULT_METHOD,
        )


def verify(method: PaymentMethod, card: CardDetails) -> None:
    """Ask for an authorisation of zero; raises CardError where the issuer refuses the card."""
    reference = new_id("vrf_")
    route = routing.first(routing.Payment(caller().account_id, reference, VERIFICATION_CURRENCY, card.brand))
    question = bank.Authorize(
        reference=reference, amount_minor=0, currency=VERIFICATION_CURRENCY, capture=False, card=card,
        initiator="customer", merchant_id=route.merchant_id,
    )  # fmt: skip
    match bank.ask(route.acquirer, question):
        case bank.Authorized() as answer:
            method.learn({"cvc_check": answer.facts.cvc_check, "country": answer.facts.country})
        case bank.Declined() as answer:
            raise CardError(
                declines.message_for(answer), code=answer.code, decline_code=answer.decline_code, keep=True
            )
        case _:
            raise ApiError("The bank has not answered; nothing was attached and no money moved.", keep=True)
