"""Stripe's side of disputes, fraud warnings and slow refunds, in the words of our port."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import stripe

from payments.acquirers import stripe_answers as answers
from payments.acquirers import stripe_records as records
from payments.acquirers.reading import integer, mapping, text, text_or_none
from payments.acquirers.stripe_line import Line
from payments.acquirers.stripe_requests import Requests
from payments.bank import NotFound, Refused, Unknown
from payments.cases import DisputeFacts, Evidence, NoticePage, RefundFacts, WarningFacts

Told = TypeVar("Told")

# Stripe tells the present status alone: what came before is the way that leads there.
WAYS: dict[str, tuple[str, ...]] = {
    "warning_needs_response": ("warning_needs_response",),
    "warning_under_review": ("warning_needs_response", "warning_under_review"),
    "warning_closed": ("warning_needs_response", "warning_under_review", "warning_closed"),
    "needs_response": ("needs_response",),
    "under_review": ("needs_response", "under_review"),
    "won": ("needs_response", "under_review", "won"),
    "lost": ("needs_response", "under_review", "lost"),
}
ENDED = frozenset(("warning_closed", "won", "lost"))


@dataclass(slots=True)
class StripeDesk:
    """The desk of one Stripe account."""

    requests: Requests
    line: Line

    def dispute(self, dispute_id: str) -> DisputeFacts | NotFound | Unknown:
        """Return how a dispute stands."""
        return self._told(lambda: _dispute(self.requests.dispute(dispute_id)))

    def fraud_warning(self, warning_id: str) -> WarningFacts | NotFound | Unknown:
        """Return a fraud warning."""
        return self._told(lambda: _warning(self.requests.fraud_warning(warning_id)))

    def refund(self, reference: str) -> RefundFacts | NotFound | Unknown:
        """Return how a refund stands, by our reference."""
        return self._told(lambda: self._refund(reference))

    def move(self, evidence: Evidence) -> DisputeFacts | Refused | Unknown:
        """Submit evidence or give in; an ended dispute is told as it is, whoever has ended it."""
        told = self._told(lambda: self._moved(evidence))
        return Unknown("Stripe has no such dispute") if isinstance(told, NotFound) else told

    def notices(self, after: int) -> NoticePage | Unknown:  # noqa: ARG002 - a method of the port
        """Return none: Stripe repeats its events by itself until they are taken."""
        return NoticePage((), has_more=False)

    def _told(self, ask: Callable[[], Told]) -> Told | NotFound | Unknown:
        with self.line.question():
            try:
                return ask()
            except stripe.InvalidRequestError as error:
                return NotFound() if error.http_status == 404 else Unknown(answers.reason_of(error))
            except stripe.StripeError as error:
                return Unknown(answers.reason_of(error))
            except answers.UNREADABLE as error:
                return Unknown(f"the answer can't be read: {type(error).__name__}")

    def _refund(self, reference: str) -> RefundFacts | NotFound:
        known = records.find(records.authorization_of(reference) or "")
        if known is None or known.payment_intent_id is None:
            return NotFound()
        refund = self.requests.refund_known(known.payment_intent_id, reference)
        if refund is None:
            return NotFound()
        return RefundFacts(
            _refund_way(refund), answers.refund_reference(refund), text_or_none(refund.get("failure_reason"))
        )

    def _moved(self, evidence: Evidence) -> DisputeFacts | Refused:
        try:
            return _known(_dispute(self.requests.answer_dispute(evidence)))
        except stripe.InvalidRequestError as error:
            facts = _known(_dispute(self.requests.dispute(evidence.dispute_id)))
            if facts.history[-1] in ENDED:
                return facts
            return Refused(answers.error_code(error) or "invalid_request")


def _dispute(told: dict[str, Any]) -> DisputeFacts | NotFound:
    known = records.of_intent(_id_of(told["payment_intent"]))
    if known is None:
        return NotFound()
    return DisputeFacts(
        id=text(told["id"]),
        authorization=known.reference,
        history=WAYS[told["status"]],
        reason=text(told["reason"]),
        network_reason_code=text_or_none(told.get("network_reason_code")),
        amount_minor=integer(told["amount"]),
        currency=text(told["currency"]),
        due_by=integer(mapping(told.get("evidence_details")).get("due_by") or told["created"]),
    )


def _known(facts: DisputeFacts | NotFound) -> DisputeFacts:
    if isinstance(facts, NotFound):
        raise KeyError("payment_intent")
    return facts


def _warning(told: dict[str, Any]) -> WarningFacts | NotFound:
    known = records.of_intent(_id_of(told["payment_intent"]))
    if known is None:
        return NotFound()
    return WarningFacts(text(told["id"]), known.reference, text(told["fraud_type"]))


def _refund_way(refund: dict[str, Any]) -> tuple[str, ...]:
    match refund["status"]:
        case "pending" | "requires_action":
            return ("pending",)
        case "succeeded":
            return ("pending", "succeeded")
        case "failed" | "canceled":
            # A failure's own balance transaction brings back what had been given.
            came_back = refund.get("failure_balance_transaction") is not None
            return ("pending", "succeeded", "failed") if came_back else ("pending", "failed")
    raise ValueError("not a status of a refund")


def _id_of(thing: Any) -> str:
    return text(thing["id"] if isinstance(thing, dict) else thing)
