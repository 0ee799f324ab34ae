"""What a publishable key is told of an object: any browser may hold that key, and the customer sits there.

Stripe's reference marks the properties of a payment intent that a publishable key retrieves; the others,
such as the merchant's metadata and the customer's id, are between the merchant and Florin.
"""

from typing import Any

from payments.scope import caller

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


def told(wire: Any) -> Any:
    """Return an answer as the present caller may read it."""
    return limited(wire) if caller().publishable else wire


def limited(wire: Any) -> Any:
    """Return an answer, or a part of one, with nothing in it that a browser must not see."""
    if not isinstance(wire, dict):
        return wire
    name = wire.get("object")
    known = TOLD.get(name) if isinstance(name, str) else None
    return {key: limited(value) for key, value in wire.items() if known is None or key in known}
