"""How a decline that has just been recorded is told to the caller."""

from payments.charging.payment_intents import PaymentIntent
from payments.errors import CardError


def declined_error(intent: PaymentIntent) -> CardError:
    """Return the error for a decline that has just been recorded on the intent."""
    told = intent.last_payment_error or {}
    extra = {
        name: told.get(name) for name in ("charge", "payment_method", "advice_code", "network_decline_code")
    }
    return CardError(
        told.get("message", "Your card was declined."),
        code=told.get("code"),
        decline_code=told.get("decline_code"),
        param=told.get("param"),
        extra=extra | {"payment_intent": intent.as_stripe()},
        keep=True,
    )
