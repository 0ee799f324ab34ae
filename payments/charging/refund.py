"""refund: give back all or part of a captured charge; the amount is reserved before the bank is asked."""

from typing import Any

from payments import bank, events, lifecycle
from payments.balance.balance_transactions import BalanceTransaction
from payments.charging import amounts
from payments.charging.attempts import Attempt, Kind, State
from payments.charging.charge_moves import release
from payments.charging.charges import Charge
from payments.charging.charges import Status as ChargeStatus
from payments.charging.disputes import Dispute
from payments.charging.payment_intents import PaymentIntent
from payments.charging.refunds import Refund, Status
from payments.errors import InvalidRequest, LockTimeout
from payments.radar.early_fraud_warnings import EarlyFraudWarning

# Why the bank says that a refund failed -> Stripe's word for it.
FAILURES = {
    "charged_back": "charge_for_pending_refund_disputed",
    "expired_or_canceled_card": "expired_or_canceled_card",
    "lost_or_stolen_card": "lost_or_stolen_card",
}


def refund(params: dict[str, Any]) -> Refund:
    """Refund a charge, named by itself or by its intent; return the refund as the bank's answer left it.

    Raises InvalidRequest where nothing, or not that much, is left to refund.
    """
    held = _held_by(params)
    if held is not None:
        return release(held, params)
    charge = _charge_of(params)
    amount = _amount_of(charge, params)
    refund_row = Refund.create(charge, amount, params)
    attempt = Attempt.begin(
        Kind.REFUND,
        acquirer=charge.acquirer,
        intent_id=str(charge.payment_intent_id),
        charge_id=charge.id,
        refund_id=refund_row.id,
        amount_minor=amount,
        currency=charge.currency,
        authorization=charge.authorization,
    )
    answer = bank.ask(attempt.acquirer, question_of(attempt))
    # Another refund of the same charge may have been recorded meanwhile.
    charge = charge.reread()
    settle_refund(attempt, refund_row, charge, answer)
    return refund_row


def question_of(attempt: Attempt) -> bank.Refund:
    """Return what the bank is asked, the same each time it is asked."""
    return bank.Refund(attempt.reference, attempt.authorization, attempt.amount_minor)


def settle_refund(attempt: Attempt, refund_row: Refund, charge: Charge, answer: bank.Answer) -> None:
    """Collect what follows from the bank's answer to a refund."""
    match answer:
        case bank.Done():
            attempt.close(State.SUCCEEDED, {"acquirer_reference": answer.acquirer_reference})
            refund_row.acquirer_reference = answer.acquirer_reference
            transaction = BalanceTransaction.of_refund(refund_row.id, refund_row.amount, refund_row.currency)
            refund_row.balance_transaction_id = transaction.id
            lifecycle.move(refund_row, Status.SUCCEEDED)
            events.record("charge.refunded", charge)
            events.record("charge.refund.updated", refund_row)
            if charge.refunded:
                EarlyFraudWarning.reconsider(charge)
        case bank.Pending():
            if attempt.status != State.PENDING:
                attempt.close(State.PENDING, {})
        case bank.Refused():
            attempt.close(State.FAILED, {"reason": answer.reason})
            _failed(refund_row, charge, answer.reason)
        case _:
            attempt.close(State.UNKNOWN, {"unknown": type(answer).__name__})


def settle_return(refund_row: Refund, charge: Charge, reason: str) -> None:
    """Collect that a refund came back after it had succeeded: its money is the merchant's again."""
    transaction = BalanceTransaction.of_refund_failure(refund_row.id, refund_row.amount, refund_row.currency)
    refund_row.failure_balance_transaction_id = transaction.id
    _failed(refund_row, charge, reason)
    EarlyFraudWarning.reconsider(charge)


def _failed(refund_row: Refund, charge: Charge, reason: str) -> None:
    refund_row.failure_reason = FAILURES.get(reason, "declined")
    charge.amount_refunded -= refund_row.amount
    lifecycle.move(refund_row, Status.FAILED, reason=reason)
    events.record("charge.refund.updated", refund_row)


def cancel(_: Refund) -> None:
    """Refuse: only a refund that waits for the customer can be canceled, and none of Florin's does."""
    raise InvalidRequest("Canceling this refund is unsupported.")


def _held_by(params: dict[str, Any]) -> Charge | None:
    """Return the charge of the older API that is to be given back before it was captured."""
    charge = Charge.peek(params.get("charge") or "")
    if charge is None or not charge.is_direct or charge.captured or charge.voided:
        return None
    return charge if charge.status == ChargeStatus.SUCCEEDED else None


def _charge_of(params: dict[str, Any]) -> Charge:
    named, intent_id = params.get("charge"), params.get("payment_intent")
    if not named and not intent_id:
        raise InvalidRequest(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    if not intent_id:
        return _paid(Charge.find(str(named), param="charge"))
    intent = PaymentIntent.find(intent_id, param="payment_intent")
    if intent.attempt_id is not None:
        raise LockTimeout
    if intent.latest_charge_id is None:
        raise InvalidRequest(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    if named and named != intent.latest_charge_id:
        raise InvalidRequest("The charge does not belong to the payment_intent.", param="charge")
    return _paid(Charge.find(intent.latest_charge_id))


def _paid(charge: Charge) -> Charge:
    if not charge.captured or charge.voided:
        raise InvalidRequest(
            f"Charge {charge.id} has not been captured, so there is nothing to refund. Cancel its "
            "PaymentIntent instead.",
            code="charge_not_refundable",
            param="charge",
        )
    if charge.disputed and Dispute.withholds(charge.id):
        raise InvalidRequest(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if charge.refundable == 0:
        raise InvalidRequest(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded", param="charge"
        )
    return charge


def _amount_of(charge: Charge, params: dict[str, Any]) -> int:
    amount = params.get("amount")
    if amount is None:
        return charge.refundable
    if amount < 1:
        raise InvalidRequest(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > charge.refundable:
        asked, left = (amounts.written(minor, charge.currency) for minor in (amount, charge.refundable))
        raise InvalidRequest(
            f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )
    amounts.check_step(amount, amounts.known_currency(charge.currency))
    return int(amount)
