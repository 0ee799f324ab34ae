"""withdraw setup: take a challenged verification back at the bank, before its intent goes another way.

As with a payment (withdraw.py), the bank has the last word: what was passed there in the meantime stands.
"""

from payments import bank, lifecycle
from payments.charging.attempts import Attempt, State
from payments.charging.payment_methods import PaymentMethod
from payments.charging.settle_setup import settle_setup
from payments.charging.setup_attempts import SetupAttempt
from payments.charging.setup_attempts import Status as AttemptStatus
from payments.charging.setup_intents import CANCELABLE, SetupIntent, Status
from payments.errors import ApiError, InvalidRequest


def withdraw_setup(intent: SetupIntent, participle: str) -> None:
    """Void the open challenge of an intent, if there is one; collect what follows.

    Raises InvalidRequest (recorded) where the customer has passed it meanwhile, ApiError where the bank gave
    no answer: the challenge is then as open as before. Raises StaleWrite where somebody else is faster.
    """
    if intent.status != Status.REQUIRES_ACTION or intent.attempt_id is None:
        return
    attempt = Attempt.find(intent.attempt_id)
    method = PaymentMethod.find(str(intent.payment_method_id))
    released = bank.ask(attempt.acquirer, bank.Void(attempt.authorization))
    attempt.require_open()
    if isinstance(released, bank.Done):
        attempt.close(State.FAILED, {"withdrawn": participle})
        lifecycle.move(SetupAttempt.find(attempt.charge_id), AttemptStatus.ABANDONED)
        intent.attempt_id = intent.next_action = None
        method.release()
        return
    if isinstance(released, bank.Refused):
        answer = bank.look_up(attempt.acquirer, attempt.authorization)
        attempt.require_open()
        settle_setup(attempt, intent, method, answer)
        if intent.status != Status.REQUIRES_ACTION:
            raise InvalidRequest(
                f"The customer has completed this SetupIntent's authentication: its status is now "
                f"{intent.status} and it could not be {participle} because of that.",
                code="setup_intent_unexpected_state",
                extra={"setup_intent": intent.as_stripe()},
                keep=True,
            )
    raise ApiError(f"The bank has not answered; the SetupIntent could not be {participle}. Try again.")


def cancel_setup(intent: SetupIntent, reason: str | None = None) -> None:
    """End an intent whose card will not be kept; raises as withdraw_setup() does."""
    intent.require_unlocked()
    intent.require_status(CANCELABLE, "canceled")
    withdraw_setup(intent, "canceled")
    intent.cancellation_reason = reason
    lifecycle.move(intent, Status.CANCELED)
