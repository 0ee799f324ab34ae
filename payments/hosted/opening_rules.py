"""What the parameters of a checkout session have to be before it is opened."""

from typing import Any
from urllib.parse import urlsplit

from payments.charging import amounts
from payments.charging.descriptors import check_descriptors
from payments.emails import check_email
from payments.errors import InvalidRequest

MAXIMUM_URL_LENGTH = 5000
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def check_words(params: dict[str, Any]) -> None:
    """Refuse what Florin doesn't offer, and words that can't be what they are meant for."""
    if params["mode"] != "payment":
        raise InvalidRequest(f"Florin does not offer mode={params['mode']} yet.", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise InvalidRequest(f"Florin does not offer ui_mode={params['ui_mode']} yet.", param="ui_mode")
    if not params.get("success_url"):
        message = "Missing required param: success_url."
        raise InvalidRequest(message, code="parameter_missing", param="success_url")
    check_url(params["success_url"], "success_url")
    check_email(params.get("customer_email"), "customer_email")
    check_descriptors(params.get("payment_intent_data") or {}, "payment_intent_data")
    receipt = (params.get("payment_intent_data") or {}).get("receipt_email")
    check_email(receipt, "payment_intent_data[receipt_email]")
    if params.get("cancel_url"):
        check_url(params["cancel_url"], "cancel_url")


def check_url(url: str, param: str) -> None:
    """Refuse an address that a browser should not be sent to."""
    plain = url.replace(PLACEHOLDER, "id")
    safe = plain.isprintable() and " " not in plain and "\\" not in plain and len(url) <= MAXIMUM_URL_LENGTH
    try:
        parts = urlsplit(plain)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not (safe and fits):
        raise InvalidRequest("Not a valid URL", code="url_invalid", param=param)


def check_total(total: int, currency: str) -> None:
    """Refuse an order whose total can't be charged."""
    known = amounts.known_currency(currency)
    try:
        amounts.check_charge(total, known)
    except InvalidRequest as error:
        message = f"The Checkout Session's total amount is not payable: {error.message}"
        code = "amount_too_small" if total < known.minimum_minor else error.code
        raise InvalidRequest(message, code=code, param="line_items") from error
