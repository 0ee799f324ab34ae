"""capture: take all or part of what was authorised; the rest goes back to the card's limit."""

from payments import bank, events, lifecycle
from payments.charging import amounts
from payments.charging.attempts import Attempt, Kind, State
from payments.charging.charges import Charge
from payments.charging.payment_intents import PaymentIntent, Status
from payments.charging.settle import take
from payments.errors import ApiError, InvalidRequest


def capture(
    intent: PaymentIntent, amount_minor: int | None = None, *, param: str = "amount_to_capture"
) -> None:
    """Capture an authorised intent once; the answer is recorded, and committed by the edge.

    `param` is what the caller's request names the amount.

    Raises InvalidRequest for a wrong state or amount, LockTimeout while a bank is asked, and ApiError
    (already recorded) where the bank gave no answer: the sweep asks again under the same reference.
    """
    intent.require_unlocked()
    intent.require_status(frozenset((Status.REQUIRES_CAPTURE,)), "captured")
    amount = intent.amount_capturable if amount_minor is None else amount_minor
    if amount < 1:
        raise InvalidRequest(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=param,
        )
    if amount > intent.amount_capturable:
        raise InvalidRequest(
            f"The amount to capture ({amount}) can't exceed the amount authorised "
            f"({intent.amount_capturable}).",
            code="amount_too_large",
            param=param,
        )
    amounts.check_step(amount, amounts.known_currency(intent.currency), param=param)
    charge = Charge.find(str(intent.latest_charge_id))
    attempt = Attempt.begin(
        Kind.CAPTURE,
        acquirer=charge.acquirer,
        intent_id=intent.id,
        charge_id=charge.id,
        amount_minor=amount,
        currency=intent.currency,
        authorization=charge.authorization,
    )
    intent.attempt_id = attempt.id
    answer = bank.ask(attempt.acquirer, question_of(attempt))
    settle_capture(attempt, intent, charge, answer)
    if isinstance(answer, bank.Refused):
        raise InvalidRequest(
            f"The bank refused the capture: {answer.reason}.",
            code="capture_charge_authorization_expired",
            keep=True,
        )
    if not isinstance(answer, bank.Done):
        raise ApiError("The bank has not answered yet; the capture will be completed or undone.", keep=True)


def question_of(attempt: Attempt) -> bank.Capture:
    """Return what the bank is asked, the same each time it is asked."""
    return bank.Capture(attempt.reference, attempt.authorization, attempt.amount_minor)


def settle_capture(attempt: Attempt, intent: PaymentIntent, charge: Charge, answer: bank.Answer) -> None:
    """Collect what follows from the bank's answer to a capture."""
    match answer:
        case bank.Done():
            attempt.close(State.SUCCEEDED, {"acquirer_reference": answer.acquirer_reference})
            take(intent, charge, attempt.amount_minor)
            intent.attempt_id = None
            events.record("charge.captured", charge)
            lifecycle.move(intent, Status.SUCCEEDED)
        case bank.Refused():
            attempt.close(State.FAILED, {"reason": answer.reason})
            intent.attempt_id = None
        case _:
            attempt.close(State.UNKNOWN, {"unknown": type(answer).__name__})
