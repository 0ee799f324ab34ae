"""What a publishable key is told of an object: any browser may hold that key, and the customer sits there.

Stripe's reference marks the properties of a payment intent that a publishable key retrieves; the others,
such as the merchant's metadata and the customer's id, are between the merchant and Florin. Why a card was
declined is told as often as on the hosted page (payments/charging/tries.py), and then no more.
"""

import logging
from typing import Any

from payments.charging import declines, tries
from payments.errors import CardError, StripeError
from payments.scope import Caller, acting_as, caller

logger = logging.getLogger("florin.api")

TOLD = {
    "payment_intent": frozenset((
        "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
        "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created",
        "currency", "description", "last_payment_error", "livemode", "next_action", "payment_method",
        "payment_method_configuration_details", "payment_method_types", "processing", "receipt_email",
        "setup_future_usage", "shipping", "source", "status",
    )),
    "setup_intent": frozenset((
        "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created",
        "description", "last_setup_error", "livemode", "next_action", "payment_method",
        "payment_method_configuration_details", "payment_method_types", "status", "usage",
    )),
    "payment_method": frozenset((
        "id", "object", "allow_redisplay", "billing_details", "card", "created", "customer", "livemode",
        "type",
    )),
}  # fmt: skip


REASONS = ("last_payment_error", "last_setup_error")  # of an intent, where it was declined
INTENTS = ("payment_intent", "setup_intent")


def told(wire: Any) -> Any:
    """Return an answer as the present caller may read it."""
    if not caller().publishable:
        return wire
    return limited(_as_read(wire)) if isinstance(wire, dict) else limited(wire)


def limited(wire: Any) -> Any:
    """Return an answer, or a part of one, with nothing in it that a browser must not see."""
    if not isinstance(wire, dict):
        return wire
    name = wire.get("object")
    known = TOLD.get(name) if isinstance(name, str) else None
    return {key: limited(value) for key, value in wire.items() if known is None or key in known}


def refused(who: Caller | None, error: StripeError) -> StripeError:
    """Return a refusal as its caller may read it; a decline that is told to a browser is counted."""
    name = next((name for name in INTENTS if name in error.extra), None)
    if who is None or not who.publishable or name is None:
        return error
    intent = error.extra[name]
    with acting_as(who):
        if not isinstance(error, CardError):
            error.extra = error.extra | {name: _as_read(intent)}
            return error
        if _tells(intent):
            return error
    alike = declines.withheld(error.extra)
    return CardError(
        alike["message"],
        code=alike["code"],
        decline_code=alike["decline_code"],
        extra={"charge": alike["charge"], "payment_method": alike["payment_method"], name: _withheld(intent)},
        keep=error.keep,
    )


def _as_read(wire: dict[str, Any]) -> dict[str, Any]:
    """Return an object that is only read, with no more of its last decline than was told of it, or may be."""
    declined = any(wire.get(name) for name in REASONS)
    return wire if not declined or _tells(wire) else _withheld(wire)


def _withheld(wire: dict[str, Any]) -> dict[str, Any]:
    return wire | {name: declines.withheld(wire[name]) for name in REASONS if wire.get(name)}


def _tells(intent: dict[str, Any]) -> bool:
    """Tell whether a reason may be told; where that can't be said, it is not, and the answer goes out."""
    error: dict[str, Any] = next((intent[name] for name in REASONS if intent.get(name)), {})
    attempt = intent.get("latest_attempt")
    attempt_id = attempt["id"] if isinstance(attempt, dict) else attempt
    try:
        return tries.tells_reason(intent["id"], declines.name_of(intent["id"], error, attempt_id))
    except Exception:
        logger.exception("the reasons told of %s could not be counted", intent["id"])
        return False
