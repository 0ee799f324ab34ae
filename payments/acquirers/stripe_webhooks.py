"""What Stripe tells unasked: its signature checked by its own SDK, and which of our payments it is about."""

from dataclasses import dataclass
from typing import Any

import stripe

from payments.acquirers import stripe_records as records
from payments.acquirers.stripe_requests import OURS

# Stripe's type -> the kind of our notices. What is not listed needs nothing done.
KINDS = {
    "charge.dispute.closed": "dispute.updated",
    "charge.dispute.created": "dispute.updated",
    "charge.dispute.funds_reinstated": "dispute.updated",
    "charge.dispute.funds_withdrawn": "dispute.updated",
    "charge.dispute.updated": "dispute.updated",
    "checkout.session.async_payment_failed": "authorization.updated",
    "checkout.session.async_payment_succeeded": "authorization.updated",
    "checkout.session.completed": "authorization.updated",
    "checkout.session.expired": "authorization.updated",
    "payment_intent.amount_capturable_updated": "authorization.updated",
    "payment_intent.canceled": "authorization.updated",
    "payment_intent.payment_failed": "authorization.updated",
    "payment_intent.processing": "authorization.updated",
    "payment_intent.succeeded": "authorization.updated",
    "radar.early_fraud_warning.created": "fraud_warning.created",
    "refund.failed": "refund.updated",
    "refund.updated": "refund.updated",
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event of Stripe's. No `kind`: nothing to do. No `subject`: about nothing of ours."""

    event_id: str
    event_type: str
    object_id: str
    kind: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class StripeWebhooks:
    """Reads what is posted to us in Stripe's name."""

    name: str
    client: stripe.StripeClient
    secret: str

    def read(self, body: bytes, signature: str) -> Told | None:
        """Return the event, or None where it is not signed by Stripe, too old, or no event at all."""
        try:
            # The client's own: the module's would build the event on the SDK's global settings.
            event = self.client.construct_event(body, signature, self.secret).to_dict()
            thing = event["data"]["object"]
            kind = KINDS.get(event["type"])
            subject = _subject(kind, thing) if kind else None
            return Told(str(event["id"]), str(event["type"]), str(thing.get("id")), kind, subject)
        except (stripe.SignatureVerificationError, *_UNREADABLE):
            return None


# A header that is no ASCII makes the SDK's comparison raise TypeError, a body that is no UTF-8 ValueError.
_UNREADABLE = (AttributeError, KeyError, RecursionError, TypeError, ValueError)


def _subject(kind: str, thing: dict[str, Any]) -> str | None:
    """Return our reference of what an event is about."""
    if kind == "refund.updated":
        reference = (thing.get("metadata") or {}).get(OURS)
        return reference if isinstance(reference, str) else None
    if kind in ("dispute.updated", "fraud_warning.created"):
        # The subject is Stripe's own id, if it is about a payment of ours.
        intent = thing.get("payment_intent")
        return str(thing["id"]) if isinstance(intent, str) and records.of_intent(intent) else None
    is_session = thing["object"] == "checkout.session"
    known = records.of_session(thing["id"]) if is_session else records.of_intent(thing["id"])
    if known is None and not is_session:
        # The intent of a checkout session: it came to be at Stripe, while the customer paid.
        reference = (thing.get("metadata") or {}).get(OURS)
        known = records.find(reference) if isinstance(reference, str) else None
    return known.reference if known else None
