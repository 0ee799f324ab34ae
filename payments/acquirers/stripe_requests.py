"""The requests that Florin sends to Stripe, each as its reference has it; their answers as plain hashes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe
from stripe.params import PaymentIntentConfirmParams

from payments import bank
from payments.acquirers.stripe_answers import UNREADABLE
from payments.acquirers.stripe_line import LineFailed
from payments.cases import Evidence

OURS = "florin_reference"  # the metadata key that holds our reference
REFUNDS_AT_ONCE = 20  # a page of them fits what one answer may hold


@dataclass(frozen=True, slots=True)
class Requests:
    """All of them raise stripe.StripeError, LineFailed where there is no answer that can be read."""

    client: stripe.StripeClient

    def make_intent(self, question: bank.Authorize, token: str) -> dict[str, Any]:
        """Make an intent for a test token. It moves nothing, so it may be repeated under its key."""
        return _told(
            lambda: self.client.v1.payment_intents.create(
                {
                    "amount": question.amount_minor,
                    "currency": question.currency,
                    "capture_method": _capture_method(question),
                    "payment_method": token,
                    "allowed_payment_method_types": ["card"],
                    "metadata": {OURS: question.reference},
                },
                {"idempotency_key": f"{question.reference}_create"},
            )
        )

    def confirm_intent(self, intent_id: str, question: bank.Authorize) -> dict[str, Any]:
        """Confirm an intent: from here on money may move."""
        params: PaymentIntentConfirmParams = {"expand": ["latest_charge"]}
        if question.initiator == "merchant":
            params["off_session"] = True
        elif question.return_url is None:
            params["error_on_requires_action"] = True
        else:
            params["return_url"] = question.return_url
        if question.three_d_secure != "automatic":
            params["payment_method_options"] = {"card": {"request_three_d_secure": question.three_d_secure}}
        options: stripe.RequestOptions = {"idempotency_key": question.reference}
        return _told(lambda: self.client.v1.payment_intents.confirm(intent_id, params, options), intent_id)

    def make_setup(self, question: bank.Authorize) -> dict[str, Any]:
        """Make a setup intent, by which a card is verified without money."""
        options: stripe.RequestOptions = {"idempotency_key": f"{question.reference}_create"}
        return _told(
            lambda: self.client.v1.setup_intents.create(
                {
                    "allowed_payment_method_types": ["card"],
                    "usage": "off_session",
                    "metadata": {OURS: question.reference},
                },
                options,
            )
        )

    def confirm_setup(self, setup_id: str, question: bank.Authorize, token: str) -> dict[str, Any]:
        """Have the card's issuer asked whether it is good."""
        options: stripe.RequestOptions = {"idempotency_key": question.reference}
        return _told(
            lambda: self.client.v1.setup_intents.confirm(setup_id, {"payment_method": token}, options),
            setup_id,
        )

    def make_session(self, question: bank.Authorize, expires_at: int) -> dict[str, Any]:
        """Make a checkout session. Nobody can pay it before somebody is sent there."""
        return_url = str(question.return_url)
        return _told(
            lambda: self.client.v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": question.currency,
                                "unit_amount": question.amount_minor,
                                "product_data": {"name": "Payment"},
                            },
                        }
                    ],
                    "allowed_payment_method_types": ["card"],
                    "client_reference_id": question.reference,
                    "metadata": {OURS: question.reference},
                    "payment_intent_data": {
                        "capture_method": _capture_method(question),
                        "metadata": {OURS: question.reference},
                    },
                    "success_url": return_url,
                    "cancel_url": return_url,
                    "expires_at": expires_at,
                },
                {"idempotency_key": question.reference},
            )
        )

    def intent(self, intent_id: str) -> dict[str, Any]:
        """Read an intent with its latest charge."""
        wanted = ["latest_charge"]
        return _told(
            lambda: self.client.v1.payment_intents.retrieve(intent_id, {"expand": wanted}), intent_id
        )

    def session(self, session_id: str) -> dict[str, Any]:
        """Read a checkout session with its intent and that one's latest charge."""
        wanted = ["payment_intent", "payment_intent.latest_charge"]
        return _told(
            lambda: self.client.v1.checkout.sessions.retrieve(session_id, {"expand": wanted}), session_id
        )

    def capture(self, intent_id: str, amount_minor: int) -> dict[str, Any]:
        """Capture an intent. It can be captured once only, which holds longer than any key."""
        return _told(
            lambda: self.client.v1.payment_intents.capture(intent_id, {"amount_to_capture": amount_minor}),
            intent_id,
        )

    def cancel(self, intent_id: str) -> dict[str, Any]:
        """Cancel an intent, which ends it whatever is still on its way."""
        return _told(lambda: self.client.v1.payment_intents.cancel(intent_id), intent_id)

    def expire(self, session_id: str) -> dict[str, Any]:
        """Close a checkout session."""
        return _told(lambda: self.client.v1.checkout.sessions.expire(session_id), session_id)

    def make_refund(self, intent_id: str, question: bank.Refund) -> dict[str, Any]:
        """Refund part or all of an intent."""
        return _told(
            lambda: self.client.v1.refunds.create(
                {
                    "payment_intent": intent_id,
                    "amount": question.amount_minor,
                    "metadata": {OURS: question.reference},
                },
                {"idempotency_key": question.reference},
            )
        )

    def refund_known(self, intent_id: str, reference: str) -> dict[str, Any] | None:
        """Return our refund of that reference, if there is one: lists, unlike search, are never behind."""
        after: str | None = None
        while True:
            asked: dict[str, Any] = {"payment_intent": intent_id, "limit": REFUNDS_AT_ONCE}
            page = self._refunds(asked | ({"starting_after": after} if after else {}))
            for refund in page["data"]:
                if (refund.get("metadata") or {}).get(OURS) == reference:
                    found: dict[str, Any] = refund
                    return found
            if not page["has_more"]:
                return None
            after = page["data"][-1]["id"]

    def dispute(self, dispute_id: str) -> dict[str, Any]:
        """Read a dispute."""
        return _told(lambda: self.client.v1.disputes.retrieve(dispute_id), dispute_id)

    def fraud_warning(self, warning_id: str) -> dict[str, Any]:
        """Read an early fraud warning."""
        return _told(lambda: self.client.v1.radar.early_fraud_warnings.retrieve(warning_id), warning_id)

    def answer_dispute(self, evidence: Evidence) -> dict[str, Any]:
        """Submit evidence for a dispute, or accept it."""
        options: stripe.RequestOptions = {"idempotency_key": evidence.reference}
        disputes = self.client.v1.disputes
        if evidence.texts is None:
            return _told(lambda: disputes.close(evidence.dispute_id, {}, options), evidence.dispute_id)
        given: Any = {"evidence": evidence.texts, "submit": True}
        return _told(lambda: disputes.update(evidence.dispute_id, given, options), evidence.dispute_id)

    def _refunds(self, asked: Any) -> dict[str, Any]:
        return _told(lambda: self.client.v1.refunds.list(asked))


def _capture_method(question: bank.Authorize) -> Any:
    return "automatic" if question.capture else "manual"


def _told(request: Callable[[], Any], about: str | None = None) -> dict[str, Any]:
    """Return the answer; one about anything else than what was asked about is none."""
    try:
        answer = request()
        told = answer.to_dict()
    except UNREADABLE as error:  # The SDK takes every answer for one of Stripe's.
        raise LineFailed(f"the answer can't be read: {type(error).__name__}", sent=True) from error
    if not isinstance(told, dict):
        raise LineFailed("the answer is no object", sent=True)
    if about is not None and told.get("id") != about:
        raise LineFailed("the answer is about something else", sent=True)
    return told
