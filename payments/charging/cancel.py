"""cancel: end an intent that will not be paid, and release what was authorised for it."""

from kit import clock
from payments import bank, events, lifecycle
from payments.charging.attempts import Attempt, Kind, State
from payments.charging.charges import Charge
from payments.charging.payment_intents import CANCELABLE, PaymentIntent, Status
from payments.charging.withdraw import withdraw
from payments.errors import ApiError, InvalidRequest


def cancel(intent: PaymentIntent, reason: str | None = None) -> None:
    """Cancel an intent; an authorisation or a challenge is voided at the bank first.

    Raises InvalidRequest for a wrong state, LockTimeout while a bank is asked, ApiError (already recorded)
    where the bank gave no answer.
    """
    intent.require_unlocked()
    intent.require_status(CANCELABLE, "canceled")
    withdraw(intent, "canceled")
    if intent.status != Status.REQUIRES_CAPTURE:
        _end(intent, reason)
        return
    charge = Charge.find(str(intent.latest_charge_id))
    attempt = Attempt.begin(
        Kind.VOID,
        acquirer=charge.acquirer,
        intent_id=intent.id,
        charge_id=charge.id,
        amount_minor=charge.amount,
        currency=intent.currency,
        authorization=charge.authorization,
    )
    intent.attempt_id = attempt.id
    intent.cancellation_reason = reason
    answer = bank.ask(attempt.acquirer, bank.Void(attempt.authorization))
    settle_void(attempt, intent, charge, answer)
    if isinstance(answer, bank.Refused):
        raise InvalidRequest(f"The bank refused the cancellation: {answer.reason}.", keep=True)
    if not isinstance(answer, bank.Done):
        raise ApiError("The bank has not answered yet; the cancellation will be completed.", keep=True)


def settle_void(attempt: Attempt, intent: PaymentIntent, charge: Charge, answer: bank.Answer) -> None:
    """Collect what follows from the bank's answer to a void."""
    match answer:
        case bank.Done():
            attempt.close(State.SUCCEEDED, {})
            intent.attempt_id = None
            intent.amount_capturable = 0
            charge.voided = True
            charge.amount_refunded = charge.amount
            events.record("charge.refunded", charge)
            _end(intent, intent.cancellation_reason)
        case bank.Refused():
            attempt.close(State.FAILED, {"reason": answer.reason})
            intent.attempt_id = None
            intent.cancellation_reason = None
        case _:
            attempt.close(State.UNKNOWN, {"unknown": type(answer).__name__})


def _end(intent: PaymentIntent, reason: str | None) -> None:
    intent.cancellation_reason = reason
    intent.canceled_at = clock.now()
    lifecycle.move(intent, Status.CANCELED)
