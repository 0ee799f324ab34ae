"""How a decline is told to the customer, by its most telling code (Stripe's decline code reference)."""

from typing import Any

from payments import bank

MESSAGES = {
    "authentication_not_handled": "Your card was declined. This transaction requires authentication.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "card_velocity_exceeded": (
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
    ),
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "insufficient_funds": "Your card has insufficient funds.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}
NOT_AUTHENTICATED = {
    "type": "invalid_request_error",
    "code": "payment_intent_authentication_failure",
    "message": (
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again."
    ),
    "doc_url": "https://docs.stripe.com/error-codes#payment-intent-authentication-failure",
}
GENERIC = "Your card was declined."
PARAMS = {"expired_card": "exp_month", "incorrect_cvc": "cvc", "incorrect_number": "number"}


def message_for(declined: bank.Declined) -> str:
    """Return the sentence for a decline."""
    return MESSAGES.get(declined.decline_code or "") or MESSAGES.get(declined.code) or GENERIC


def as_error(declined: bank.Declined, charge_id: str) -> dict[str, Any]:
    """Return the wire's error object of a decline, as `last_payment_error` keeps it."""
    return {
        "type": "card_error",
        "code": declined.code,
        "decline_code": declined.decline_code,
        "message": message_for(declined),
        "param": PARAMS.get(declined.code),
        "charge": charge_id,
        "advice_code": declined.advice_code,
        "network_decline_code": declined.network_decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes#{declined.code.replace('_', '-')}",
    }
