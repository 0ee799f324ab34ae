"""A pure model of one payment: what Stripe's reference and DESIGN.md promise, in plain integers.

It imports nothing of Florin. Each method is one call of a merchant's, or one thing that happens at the bank;
it returns what the caller must be told and changes what must be seen afterwards.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Line = Literal["works", "answer lost", "question lost", "refused"]
Open = Literal["authorize", "capture", "void"]
Future = Literal["none", "dispute", "inquiry"]
Evidence = Literal["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "a receipt"]

CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


class Told(NamedTuple):
    """An HTTP status, and the error's code where it is one."""

    status: int
    code: str | None = None


class Card(NamedTuple):
    """A test card: what its issuer says (`code` is None where it approves), what its holder does later."""

    token: str
    code: str | None = None
    future: Future = "none"


GOOD = Told(200)
BUSY = Told(429, "lock_timeout")
WRONG_STATE = Told(400, "payment_intent_unexpected_state")
TOO_MUCH = Told(400, "amount_too_large")
NO_ANSWER = Told(500, None)


@dataclass
class Refund:
    """Money on its way back."""

    amount: int
    status: str


@dataclass
class Dispute:
    """What a holder wants back; `evidence` is what the issuer reads at the moment."""

    amount: int
    status: str
    evidence: Evidence | None = None

    @property
    def withholds(self) -> bool:
        """Tell whether the holder has the money."""
        return self.status in {"needs_response", "under_review", "lost"}


@dataclass
class Payment:
    """One intent with its charge and refunds, as they must stand."""

    amount: int
    manual: bool
    status: str = "requires_payment_method"
    capturable: int = 0
    received: int = 0
    charge: str | None = None  # the latest charge's status
    voided: bool = False
    refunds: list[Refund] = field(default_factory=list)
    future: Future = "none"
    dispute: Dispute | None = None
    question: Open | None = None  # one that the bank has not answered, which locks the intent
    approved_there: str | None = (
        None  # what the bank has said to it: a decline's code, or None where it did it
    )
    asked_amount: int = 0
    events: Counter[str] = field(default_factory=lambda: Counter({"payment_intent.created": 1}))

    @property
    def reserved(self) -> int:
        """What has been given back or is on its way; a failed refund is free again."""
        return sum(refund.amount for refund in self.refunds if refund.status != "failed")

    @property
    def left(self) -> int:
        """What may still be refunded."""
        return self.received - self.reserved

    @property
    def balance(self) -> int:
        """What the merchant has of it, fees left out."""
        back = sum(refund.amount for refund in self.refunds if refund.status == "succeeded")
        disputed = self.dispute.amount if self.dispute and self.dispute.withholds else 0
        return self.received - back - disputed

    def update_amount(self, amount: int) -> Told:
        """The merchant changes the order before it is paid."""
        if self.question is not None:
            return BUSY
        if self.status not in CONFIRMABLE:
            return WRONG_STATE
        self.amount = amount
        return GOOD

    def confirm(self, card: Card, line: Line) -> Told:
        """The customer's card is tried."""
        if self.question is not None:
            return BUSY
        if self.status not in CONFIRMABLE:
            return WRONG_STATE
        self.future = card.future
        match line:
            case "works":
                return self._authorized(card.code)
            case "refused":
                return self._authorized("processing_error")
            case "answer lost":
                self._leave_open("authorize", card.code)
            case "question lost":
                # Nobody has seen it: its tombstone makes sure that nobody ever will.
                self._leave_open("authorize", "processing_error")
        self.status = "processing"
        return GOOD

    def capture(self, amount: int | None, line: Line) -> Told:
        """The merchant takes all or a part of what was authorised."""
        if self.question is not None:
            return BUSY
        if self.status != "requires_capture":
            return WRONG_STATE
        amount = self.capturable if amount is None else amount
        if amount > self.capturable:
            return TOO_MUCH
        self.asked_amount = amount
        if line == "works":
            self._captured()
            return GOOD
        self._leave_open("capture", None)
        return NO_ANSWER

    def cancel(self, line: Line) -> Told:
        """The merchant gives the payment up; what was authorised is released."""
        if self.question is not None:
            return BUSY
        if self.status not in CONFIRMABLE | {"requires_capture"}:
            return WRONG_STATE
        if self.status != "requires_capture":
            self._canceled()
            return GOOD
        if line == "works":
            self._released()
            return GOOD
        self._leave_open("void", None)
        return NO_ANSWER

    def refund(self, amount: int | None, line: Line) -> Told:
        """The merchant gives all that is left, or a part of it, back."""
        if self.question is not None:
            return BUSY
        if self.charge is None:
            return WRONG_STATE
        if self.received == 0:
            return Told(400, "charge_not_refundable")
        if self.dispute is not None and self.dispute.withholds:
            return Told(400, "charge_disputed")
        if self.left == 0:
            return Told(400, "charge_already_refunded")
        amount = self.left if amount is None else amount
        if amount > self.left:
            return TOO_MUCH
        refund = Refund(amount, "pending")
        self.refunds.append(refund)
        self.events["refund.created"] += 1
        if line == "works":
            self._refunded(refund)
        return GOOD

    def submit_evidence(self, evidence: Evidence) -> Told:
        """The merchant answers a dispute."""
        dispute = self.dispute
        assert dispute is not None
        if dispute.status in {"won", "lost", "warning_closed"}:
            return Told(400, None)
        dispute.evidence = evidence
        answered = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
        dispute.status = answered.get(dispute.status, dispute.status)
        self.events["charge.dispute.updated"] += 1
        return GOOD

    def give_in(self) -> Told:
        """The merchant lets the holder have the money."""
        dispute = self.dispute
        assert dispute is not None
        if dispute.status in {"won", "lost", "warning_closed"}:
            return Told(400, None)
        self._closed("lost" if dispute.withholds else "warning_closed")
        return GOOD

    def a_while_passes(self) -> None:
        """Holders dispute what they have paid, issuers decide on what they have read."""
        dispute = self.dispute
        if dispute is None:
            if self.future != "none" and self.left > 0:
                self._disputed()
            return
        evidence, dispute.evidence = dispute.evidence, None
        match dispute.status, evidence:
            case "under_review", "winning_evidence":
                dispute.status = "won"
                self.events.update(["charge.dispute.funds_reinstated", "charge.dispute.closed"])
            case "under_review", "losing_evidence":
                self._closed("lost")
            case "warning_under_review", "winning_evidence" | "losing_evidence":
                self._closed("warning_closed")
            case "warning_under_review", "escalate_inquiry_evidence" if self.left == 0:
                self._closed("warning_closed")
            case "warning_under_review", "escalate_inquiry_evidence":
                dispute.status, dispute.amount = "needs_response", min(dispute.amount, self.left)
                self.events.update(["charge.dispute.updated", "charge.dispute.funds_withdrawn"])

    def learn_the_truth(self) -> None:
        """Every question that a bank has not answered comes to its end."""
        question, self.question = self.question, None
        match question:
            case "authorize":
                self._authorized(self.approved_there)
            case "capture":
                self._captured()
            case "void":
                self._released()
        for refund in self.refunds:
            if refund.status == "pending":
                self._refunded(refund)

    def _disputed(self) -> None:
        inquiry = self.future == "inquiry"
        self.dispute = Dispute(self.left, "warning_needs_response" if inquiry else "needs_response")
        self.events["charge.dispute.created"] += 1
        if not inquiry:
            self.events["charge.dispute.funds_withdrawn"] += 1

    def _closed(self, status: str) -> None:
        assert self.dispute is not None
        self.dispute.status = status
        self.events["charge.dispute.closed"] += 1

    def _leave_open(self, question: Open, answer: str | None) -> None:
        self.question, self.approved_there = question, answer

    def _authorized(self, decline: str | None) -> Told:
        if decline is not None:
            self.status, self.charge = "requires_payment_method", "failed"
            self.events.update(["charge.failed", "payment_intent.payment_failed"])
            return Told(402, decline)
        self.charge = "succeeded"
        self.events["charge.succeeded"] += 1
        if self.manual:
            self.status, self.capturable = "requires_capture", self.amount
            self.events["payment_intent.amount_capturable_updated"] += 1
        else:
            self.status, self.received = "succeeded", self.amount
            self.events["payment_intent.succeeded"] += 1
        return GOOD

    def _captured(self) -> None:
        self.status, self.received, self.capturable = "succeeded", self.asked_amount, 0
        self.events.update(["charge.captured", "payment_intent.succeeded"])

    def _released(self) -> None:
        self.voided, self.capturable = True, 0
        self.events["charge.refunded"] += 1
        self._canceled()

    def _canceled(self) -> None:
        self.status = "canceled"
        self.events["payment_intent.canceled"] += 1

    def _refunded(self, refund: Refund) -> None:
        refund.status = "succeeded"
        self.events.update(["refund.updated", "charge.refunded", "charge.refund.updated"])
