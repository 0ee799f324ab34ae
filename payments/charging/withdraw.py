"""withdraw: take a challenged payment back at the bank, before its intent goes another way.

The challenge's page may be open in some window, so the bank has the last word: what was approved there in
the meantime stands, and is recorded instead.
"""

from payments import bank
from payments.charging.attempts import Attempt, State
from payments.charging.payment_intents import PaymentIntent, Status
from payments.charging.payment_methods import PaymentMethod
from payments.charging.settle import settle_authorization
from payments.errors import ApiError, InvalidRequest


def withdraw(intent: PaymentIntent, participle: str) -> None:
    """Void the open challenge of an intent, if there is one; collect what follows.

    Raises InvalidRequest (recorded) where the customer has paid meanwhile, ApiError where the bank gave no
    answer: the challenge is then as open as before. Raises StaleWrite where somebody else is faster.
    """
    if intent.status != Status.REQUIRES_ACTION or intent.attempt_id is None:
        return
    attempt = Attempt.find(intent.attempt_id)
    method = PaymentMethod.find(str(intent.payment_method_id))
    released = bank.ask(attempt.acquirer, bank.Void(attempt.authorization))
    attempt.require_open()
    if isinstance(released, bank.Done):
        attempt.close(State.FAILED, {"withdrawn": participle})
        intent.attempt_id = None
        intent.next_action = None
        method.release()
        return
    if isinstance(released, bank.Refused):
        answer = bank.look_up(attempt.acquirer, attempt.authorization)
        attempt.require_open()
        settle_authorization(attempt, intent, method, answer)
        if intent.status != Status.REQUIRES_ACTION:
            raise InvalidRequest(
                f"The customer has completed this PaymentIntent's authentication: its status is now "
                f"{intent.status} and it could not be {participle} because of that.",
                code="payment_intent_unexpected_state",
                extra={"payment_intent": intent.as_stripe()},
                keep=True,
            )
    raise ApiError(f"The bank has not answered; the PaymentIntent could not be {participle}. Try again.")
