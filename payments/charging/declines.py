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
SETUP_NOT_AUTHENTICATED = {
    "type": "invalid_request_error",
    "code": "setup_intent_authentication_failure",
    "message": (
        "The latest attempt to set up the payment method has failed because authentication failed. You can "
        "provide a new payment method to attempt to fulfill this SetupIntent again."
    ),
    "doc_url": "https://docs.stripe.com/error-codes#setup-intent-authentication-failure",
}
# Of another means than a card: the bank's code is Stripe's, and the error is none of a card.
OF_OTHER_MEANS = {
    "charge_exceeds_source_limit": "The payment exceeds the limit of what this account may pay in a week.",
    "charge_exceeds_transaction_limit": "The payment exceeds the limit of what this account may pay at once.",
    "debit_not_authorized": "The customer's bank did not allow this debit.",
    "insufficient_funds": "The customer's account has insufficient funds.",
    "payment_intent_payment_attempt_expired": "The customer did not complete the payment in time.",
    "payment_method_customer_decline": "The customer declined the payment.",
    "payment_method_provider_decline": "The payment method's provider declined the payment.",
    "processing_error": "An error occurred while processing the payment. Try again in a little bit.",
    "sepa_unsupported_account": "This account can't be debited by SEPA Direct Debit.",
}
GENERIC = "Your card was declined."
PARAMS = {"expired_card": "exp_month", "incorrect_cvc": "cvc", "incorrect_number": "number"}


def message_for(declined: bank.Declined, *, card: bool = True) -> str:
    """Return the sentence for a decline of a card, or of another means."""
    if not card:
        return OF_OTHER_MEANS.get(declined.code, "The payment was declined.")
    return MESSAGES.get(declined.decline_code or "") or MESSAGES.get(declined.code) or GENERIC


def as_error(declined: bank.Declined, charge_id: str | None, *, card: bool = True) -> dict[str, Any]:
    """Return the wire's error object of a decline, as `last_payment_error` and `last_setup_error` keep it."""
    return {
        "type": "card_error" if card else "invalid_request_error",
        "code": declined.code,
        "decline_code": declined.decline_code,
        "message": message_for(declined, card=card),
        "param": PARAMS.get(declined.code),
        "charge": charge_id,
        "advice_code": declined.advice_code,
        "network_decline_code": declined.network_decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes#{declined.code.replace('_', '-')}",
    }


def name_of(intent_id: str, error: dict[str, Any], setup_attempt_id: str | None = None) -> str:
    """Return what tells a decline from every other: its charge, or the attempt to set a card up.

    Where the issuer was not asked there is neither, and one such decline tells no more than another.
    """
    return str(error.get("charge") or setup_attempt_id or f"{intent_id}/{error.get('code')}")


def withheld(error: dict[str, Any]) -> dict[str, Any]:
    """Return the error object of any decline for who is told no reason any more: all of them are alike.

    What the issuer checked and what the network told of the card go, too.
    """
    return {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": GENERIC,
        "charge": error.get("charge"),
        "doc_url": "https://docs.stripe.com/error-codes#card-declined",
        "payment_method": _untold(error.get("payment_method")),
    }


def _untold(method: dict[str, Any] | None) -> dict[str, Any] | None:
    card = (method or {}).get("card")
    if method is None or not card:
        return method
    nothing = dict.fromkeys(card.get("checks") or ())
    return method | {"card": card | {"checks": nothing, "country": None, "funding": "unknown"}}
