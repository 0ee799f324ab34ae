"""What a bank is asked to confirm an intent: an authorisation of a card, or a payment by another means."""

from payments import bank, merchants
from payments.charging.attempts import Attempt
from payments.charging.cards import CardDetails
from payments.charging.methods import METHODS, MethodDetails
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import Means, PaymentMethod
from payments.charging.three_d_secure import three_d_secure
from payments.errors import InvalidRequest
from payments.scope import caller


def question_of(
    attempt: Attempt,
    intent: PaymentIntent,
    method: PaymentMethod,
    means: Means,
    *,
    merchant_id: str,
    return_url: str | None,
    off_session: bool,
) -> bank.Authorize | bank.Initiate:
    """Return the question of a first try; a later one differs in its reference, way back and merchant id."""
    match means:
        case MethodDetails():
            return bank.Initiate(
                reference=attempt.reference,
                amount_minor=attempt.amount_minor,
                currency=attempt.currency,
                method=means.type,
                details=means.details,
                capture=not intent.manual,
                return_url=return_url,
                descriptor=merchants.present_name(),
                browser_language=caller().language,
                merchant_id=merchant_id,
            )
        case CardDetails():
            return bank.Authorize(
                reference=attempt.reference,
                amount_minor=attempt.amount_minor,
                currency=attempt.currency,
                capture=not intent.manual,
                card=means,
                address=address_of(method),
                initiator="merchant" if off_session else "customer",
                return_url=return_url,
                three_d_secure=three_d_secure(intent),
                sets_up=bool(intent.details.get("setup_future_usage")),
                set_up_by=method.card.get("set_up_by"),
                merchant_id=merchant_id,
                descriptor=merchants.present_name(),
                browser_language=caller().language,
            )


def check_accepted(intent: PaymentIntent, method: PaymentMethod, *, someone_there: bool = True) -> None:
    """Refuse a method of a type that the intent doesn't take, or that needs a customer who isn't there."""
    if method.type not in intent.payment_method_types:
        taken = ", ".join(intent.payment_method_types)
        raise InvalidRequest(
            f"The PaymentMethod provided ({method.type}) is not allowed for this PaymentIntent. Please "
            f"attempt to confirm with one of the following payment method types: {taken}.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )
    if method.type in METHODS and METHODS[method.type].redirects and not someone_there:
        raise InvalidRequest(
            f"A payment by {method.type} needs the customer on a page of the bank's, so it can be confirmed "
            "neither off session nor with error_on_requires_action.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )


def address_of(method: PaymentMethod) -> bank.Address:
    """Return the billing address as far as an issuer checks it."""
    address = method.billing_details.get("address") or {}
    return bank.Address(address.get("line1"), address.get("postal_code"), address.get("country"))
