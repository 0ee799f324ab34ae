"""`confirmation_token`: what a request to confirm takes from a token, and the token's one use."""

from typing import Any

from payments.charging.confirmation_tokens import ConfirmationToken
from payments.charging.payment_intents import PaymentIntent
from payments.charging.setup_intents import SetupIntent

NAME = "confirmation_token"


def with_token(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with those of the token; the request's own take precedence."""
    if NAME not in given:
        return given
    own = ConfirmationToken.usable(given[NAME]).parameters()
    if "payment_method_data" in given:
        del own["payment_method"]
    return own | given


def use_token(given: dict[str, Any], intent: PaymentIntent | SetupIntent) -> None:
    """Spend the token that a request names, if it does; raises InvalidRequest where another has meanwhile."""
    if NAME in given:
        ConfirmationToken.usable(given[NAME]).use(intent)
