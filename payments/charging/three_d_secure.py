"""What a merchant asks of 3-D Secure: `payment_method_options[card][request_three_d_secure]`."""

from typing import Literal, cast

from payments.charging.payment_intents import PaymentIntent
from payments.charging.setup_intents import SetupIntent

Wish = Literal["automatic", "any", "challenge"]


def three_d_secure(intent: PaymentIntent | SetupIntent) -> Wish:
    """Return the merchant's wish for an intent."""
    card = (intent.payment_method_options or {}).get("card") or {}
    return cast("Wish", card.get("request_three_d_secure") or "automatic")
