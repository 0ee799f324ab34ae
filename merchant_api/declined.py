"""How a decline that has just been recorded is told to the caller."""

from typing import Any

from payments.charging.payment_intents import PaymentIntent
from payments.charging.setup_intents import SetupIntent
from payments.errors import CardError


def declined_error(intent: PaymentIntent | SetupIntent) -> CardError:
    """Return the error for a decline that has just been recorded on the intent."""
    last = intent.last_payment_error if isinstance(intent, PaymentIntent) else intent.last_setup_error
    told = last or {}
    extra: dict[str, Any] = {
        name: told.get(name) for name in ("charge", "payment_method", "advice_code", "network_decline_code")
    }
    if intent.is_shown:
        extra |= {intent.object_name: intent.as_stripe()}
    else:
        del extra["payment_method"]
    return CardError(
        told.get("message", "Your card was declined."),
        code=told.get("code"),
        decline_code=told.get("decline_code"),
        param=told.get("param"),
        extra=extra,
        keep=True,
    )
