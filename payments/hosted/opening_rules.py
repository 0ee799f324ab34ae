"""What the parameters of a checkout session have to be before it is opened."""

from typing import Any

from kit import clock
from payments import branding
from payments.charging import amounts
from payments.charging.descriptors import check_descriptors
from payments.customers.customers import Customer
from payments.emails import check_email
from payments.errors import InvalidRequest
from payments.hosted.collection_rules import check_customer_options, check_questions
from payments.hosted.ways_back import check_way_back

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600
PAYMENT, SETUP = "payment", "setup"
MODES = frozenset((PAYMENT, SETUP))
# What only a session of one mode may be given.
ONLY_OF = {
    "allow_promotion_codes": PAYMENT,
    "custom_fields": PAYMENT,
    "discounts": PAYMENT,
    "shipping_address_collection": PAYMENT,
    "shipping_options": PAYMENT,
    "line_items": PAYMENT,
    "optional_items": PAYMENT,
    "payment_intent_data": PAYMENT,
    "phone_number_collection": PAYMENT,
    "saved_payment_method_options": PAYMENT,
    "submit_type": PAYMENT,
    "setup_intent_data": SETUP,
}


def check_words(params: dict[str, Any]) -> None:
    """Refuse what Florin doesn't offer, and words that can't be what they are meant for."""
    if params["mode"] not in MODES:
        raise InvalidRequest(f"Florin does not offer mode={params['mode']} yet.", param="mode")
    for name in ONLY_OF.keys() & params.keys():
        if ONLY_OF[name] != params["mode"]:
            raise InvalidRequest(f"You can not pass `{name}` in `{params['mode']}` mode.", param=name)
    if params.get("allow_promotion_codes") and params.get("discounts"):
        raise InvalidRequest(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            param="discounts",
        )
    check_way_back(params)
    check_questions(params)
    check_customer_options(params)
    check_email(params.get("customer_email"), "customer_email")
    check_descriptors(params.get("payment_intent_data") or {}, "payment_intent_data")
    receipt = (params.get("payment_intent_data") or {}).get("receipt_email")
    check_email(receipt, "payment_intent_data[receipt_email]")
    branding.check(params.get("branding_settings") or {})


def check_total(total: int, currency: str, *, may_be_free: bool = False) -> None:
    """Refuse an order whose total can't be charged; one that a discount makes free needs not be."""
    if not total and may_be_free:
        return
    known = amounts.known_currency(currency)
    try:
        amounts.check_charge(total, known)
    except InvalidRequest as error:
        message = f"The Checkout Session's total amount is not payable: {error.message}"
        code = "amount_too_small" if total < known.minimum_minor else error.code
        raise InvalidRequest(message, code=code, param="line_items") from error


def currency_of(params: dict[str, Any]) -> str | None:
    """Return the currency that the merchant wants, None for that of the prices; raises InvalidRequest."""
    return amounts.known_currency(params["currency"]).code if params.get("currency") else None


def expiry_of(params: dict[str, Any]) -> int:
    """Return when a session's time is over; raises InvalidRequest for a time that is too near or too far."""
    now, given = clock.now(), params.get("expires_at")
    if given is None:
        return now + LONGEST_SECONDS
    if given < now + SHORTEST_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise InvalidRequest(message, param="expires_at")
    if given > now + LONGEST_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise InvalidRequest(message, param="expires_at")
    return int(given)


def customer_of(params: dict[str, Any]) -> str | None:
    """Return the customer that the merchant names; raises InvalidRequest beside what can't go with one."""
    if not params.get("customer"):
        return None
    for other in ("customer_email", "customer_creation"):
        if params.get(other):
            message = f"You may only specify one of these parameters: customer, {other}."
            raise InvalidRequest(message, param=other)
    return Customer.living(params["customer"]).id


def recovery_of(params: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is kept of the merchant's wish to have an expired session opened anew."""
    given = (params.get("after_expiration") or {}).get("recovery")
    if not given:
        return None
    asked = {"enabled": given["enabled"], "allow_promotion_codes": given.get("allow_promotion_codes", False)}
    return {"recovery": {"expires_at": None, "url": None} | asked}
