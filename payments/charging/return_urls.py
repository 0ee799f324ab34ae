"""Where a merchant wants the customer after a bank's page: what may be named, and what is told there."""

import re
from urllib.parse import urlencode, urlsplit, urlunsplit

from payments.charging.payment_intents import PaymentIntent, Status
from payments.charging.setup_intents import SetupIntent
from payments.errors import InvalidRequest

MAXIMUM_LENGTH = 5000
# A mobile app has a scheme of its own; these run in the page itself.
NEVER = frozenset(("javascript", "data", "vbscript", "file", "about", "blob"))
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")

# How the payment stands -> `redirect_status`, in Stripe's words; all others are still open.
RESULTS = {
    Status.SUCCEEDED: "succeeded",
    Status.REQUIRES_CAPTURE: "succeeded",
    Status.REQUIRES_PAYMENT_METHOD: "failed",
    Status.REQUIRES_CONFIRMATION: "failed",
    Status.CANCELED: "failed",
}


def check_return_url(url: str, param: str = "return_url") -> None:
    """Refuse an address that a browser should not be sent to; apps' own schemes are fine."""
    try:
        parts = urlsplit(url)
        fits = bool(SCHEME.fullmatch(parts.scheme)) and parts.scheme not in NEVER and parts.port != 0
    except ValueError:
        raise InvalidRequest("Not a valid URL", code="url_invalid", param=param) from None
    whole = bool(parts.hostname) if parts.scheme in ("http", "https") else bool(parts.netloc or parts.path)
    clean = url.isprintable() and " " not in url and "\\" not in url and len(url) <= MAXIMUM_LENGTH
    if not (fits and whole and clean):
        raise InvalidRequest("Not a valid URL", code="url_invalid", param=param)


def with_result(return_url: str, intent: PaymentIntent | SetupIntent) -> str:
    """Return the merchant's address with the payment, or the setup, and how it stands in its query."""
    parts = urlsplit(return_url)
    told = urlencode(
        {
            intent.object_name: intent.id,
            f"{intent.object_name}_client_secret": intent.client_secret,
            "redirect_status": RESULTS.get(Status(intent.status), "pending"),
        }
    )
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))
