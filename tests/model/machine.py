"""Hypothesis drives Florin and the pure model side by side, step by step, and compares what each says."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from tests.model.house import House
from tests.model.rules import Card, Evidence, Line, Payment, Told

CARDS = (
    Card("pm_card_visa"),
    Card("pm_card_createDispute", future="dispute"),
    Card("pm_card_createDisputeInquiry", future="inquiry"),
    Card("pm_card_visa_chargeDeclined", "card_declined"),
    Card("pm_card_chargeDeclinedExpiredCard", "expired_card"),
)
EVIDENCE: tuple[Evidence, ...] = (
    "winning_evidence",
    "losing_evidence",
    "escalate_inquiry_evidence",
    "a receipt",
)
LINES: tuple[Line, ...] = ("works", "answer lost", "question lost")
amounts = st.integers(min_value=50, max_value=99_999_999)
lines = st.sampled_from(("works", "works", *LINES))


class PaymentsMachine(RuleBasedStateMachine):
    """One merchant's payments. `house` is set by the test; `steps` counts for it."""

    house: ClassVar[House]
    steps: ClassVar[int] = 0
    payments: Bundle[str] = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Payment] = {}

    @initialize()
    def a_merchant(self) -> None:
        self.house.new_merchant()

    @rule(target=payments, amount=amounts, manual=st.booleans())
    def create(self, amount: int, manual: bool) -> str:
        method = "manual" if manual else "automatic"
        told, intent = self._call("/v1/payment_intents", amount=amount, currency="usd", capture_method=method)
        assert told == Told(200)
        intent_id: str = intent["id"]
        self.known[intent_id] = Payment(amount, manual)
        self._compare(intent_id)
        return intent_id

    @rule(intent_id=payments, amount=amounts)
    def update(self, intent_id: str, amount: int) -> None:
        told, _ = self._call(f"/v1/payment_intents/{intent_id}", amount=amount)
        assert told == self.known[intent_id].update_amount(amount)
        self._compare(intent_id)

    @rule(intent_id=payments, card=st.sampled_from(CARDS), line=st.sampled_from((*LINES, "works", "refused")))
    def confirm(self, intent_id: str, card: Card, line: Line) -> None:
        told, _ = self._call(f"/v1/payment_intents/{intent_id}/confirm", line, payment_method=card.token)
        assert told == self.known[intent_id].confirm(card, line)
        self._compare(intent_id)

    @rule(intent_id=payments, part=st.one_of(st.none(), st.floats(0.01, 1.5)), line=lines)
    def capture(self, intent_id: str, part: float | None, line: Line) -> None:
        payment = self.known[intent_id]
        amount = None if part is None else max(1, int(payment.amount * part))
        params = {} if amount is None else {"amount_to_capture": amount}
        told, _ = self._call(f"/v1/payment_intents/{intent_id}/capture", line, **params)
        assert told == payment.capture(amount, line)
        self._compare(intent_id)

    @rule(intent_id=payments, line=lines)
    def cancel(self, intent_id: str, line: Line) -> None:
        told, _ = self._call(f"/v1/payment_intents/{intent_id}/cancel", line)
        assert told == self.known[intent_id].cancel(line)
        self._compare(intent_id)

    @rule(intent_id=payments, part=st.one_of(st.none(), st.floats(0.01, 1.2)), line=lines)
    def refund(self, intent_id: str, part: float | None, line: Line) -> None:
        payment = self.known[intent_id]
        amount = None if part is None else max(1, int(payment.amount * part))
        params = {} if amount is None else {"amount": amount}
        told, _ = self._call("/v1/refunds", line, payment_intent=intent_id, **params)
        assert told == payment.refund(amount, line)
        self._compare(intent_id)

    @rule()
    def the_banks_are_asked_again(self) -> None:
        type(self).steps += 1
        self.house.ask_about_everything_open()
        for intent_id, payment in self.known.items():
            if payment.question is not None or any(row.status == "pending" for row in payment.refunds):
                payment.learn_the_truth()
                self._compare(intent_id)

    @rule()
    def a_while_passes(self) -> None:
        self.the_banks_are_asked_again()
        self.house.a_while_passes()
        for intent_id, payment in self.known.items():
            payment.a_while_passes()
            if payment.dispute is not None:
                self._compare_dispute(intent_id)

    @rule(intent_id=payments, evidence=st.sampled_from(EVIDENCE))
    def submit_evidence(self, intent_id: str, evidence: Evidence) -> None:
        payment = self.known[intent_id]
        if payment.dispute is None:
            return
        dispute_id = self._dispute_of(intent_id)["id"]
        given: dict[str, Any] = {"evidence[uncategorized_text]": evidence}
        told, _ = self._call(f"/v1/disputes/{dispute_id}", **given)
        assert told == payment.submit_evidence(evidence)
        self._compare_dispute(intent_id)

    @rule(intent_id=payments)
    def give_in(self, intent_id: str) -> None:
        payment = self.known[intent_id]
        if payment.dispute is None:
            return
        told, _ = self._call(f"/v1/disputes/{self._dispute_of(intent_id)['id']}/close")
        assert told == payment.give_in()
        self._compare_dispute(intent_id)

    def teardown(self) -> None:
        """All is told, and nothing else: the events, the ledger, the bank's own books."""
        if not self.known:
            return
        self.the_banks_are_asked_again()
        told = self.house.events()
        assert told == sum((payment.events for payment in self.known.values()), start=type(told)())
        assert self.house.unbalanced() == []
        assert self.house.balance() == sum(payment.balance for payment in self.known.values())
        for intent_id, payment in self.known.items():
            self._compare_with_the_bank(intent_id, payment)

    def _call(self, path: str, line: Line = "works", **params: Any) -> tuple[Told, dict[str, Any]]:
        type(self).steps += 1
        return self.house.post(path, line, **params)

    def _compare(self, intent_id: str) -> None:
        payment = self.known[intent_id]
        intent = self.house.get(f"/v1/payment_intents/{intent_id}?expand[]=latest_charge")
        seen = (intent["amount"], intent["status"], intent["amount_capturable"], intent["amount_received"])
        assert seen == (payment.amount, payment.status, payment.capturable, payment.received)
        charge = intent["latest_charge"]
        assert (charge["status"] if charge else None) == payment.charge
        if charge and payment.charge == "succeeded":
            given_back = payment.amount if payment.voided else payment.reserved
            assert (charge["amount_captured"], charge["amount_refunded"]) == (payment.received, given_back)

    def _dispute_of(self, intent_id: str) -> dict[str, Any]:
        (dispute,) = self.house.get(f"/v1/disputes?payment_intent={intent_id}")["data"]
        found: dict[str, Any] = dispute
        return found

    def _compare_dispute(self, intent_id: str) -> None:
        expected, seen = self.known[intent_id].dispute, self._dispute_of(intent_id)
        assert expected is not None
        assert (seen["status"], seen["amount"]) == (expected.status, expected.amount)

    def _compare_with_the_bank(self, intent_id: str, payment: Payment) -> None:
        if payment.charge != "succeeded":
            return
        reference = self.house.authorization_of(intent_id)
        told = self.house.at_the_bank(reference)
        assert told["voided"] == payment.voided
        assert (told["captured_minor"], told["refunded_minor"]) == (payment.received, payment.reserved)
