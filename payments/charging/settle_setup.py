"""settle setup: record what a bank answered to the verification of a card, once, in one unit of work."""

import logging
from dataclasses import asdict
from typing import Any

from kit.database import StaleWrite
from payments import bank, lifecycle
from payments.charging import declines
from payments.charging.attempts import WAITING, Attempt, State
from payments.charging.next_actions import next_action
from payments.charging.payment_methods import PaymentMethod
from payments.charging.settle import NOT_REACHED, UNEXPECTED, learned
from payments.charging.setup_attempts import ENDS, SetupAttempt
from payments.charging.setup_attempts import Status as AttemptStatus
from payments.charging.setup_intents import SetupIntent, Status
from payments.customers.customers import Customer
from payments.hosted.checkout_sessions import CheckoutSession

logger = logging.getLogger("florin.settle")


def settle_setup(
    attempt: Attempt, intent: SetupIntent, method: PaymentMethod, answer: bank.Answer
) -> bank.Answer:
    """Collect all that follows from a bank's answer to a verification, and return it; the edge commits it.

    A bank that was not reached is told as a decline, which is what it comes to.
    """
    if isinstance(answer, bank.Unavailable):
        answer = NOT_REACHED
    match answer:
        case bank.Authorized() if (answer.amount_minor, answer.captured_minor) == (0, 0):
            _kept(attempt, intent, method, answer)
        case bank.Declined():
            _refused(attempt, intent, method, answer)
        case bank.ChallengeRequired() if attempt.status not in WAITING:
            _challenged(attempt, intent, method, answer)
        case _ if attempt.status in WAITING:
            attempt.wait_longer()  # Nothing that could end it: another look asks the bank again.
        case bank.Unknown():
            attempt.close(State.UNKNOWN, {"unknown": answer.reason})
        case _:
            logger.error("attempt %s: the bank's answer does not fit what was asked: %s", attempt.id, answer)
            attempt.close(State.UNKNOWN, {"unknown": f"{UNEXPECTED} {type(answer).__name__}"})
    return answer


def end_try(attempt: Attempt, method: PaymentMethod, answer: bank.Declined) -> dict[str, Any]:
    """Collect the end of one try in vain; return its error. What becomes of the intent is the caller's."""
    attempt.close(State.FAILED, asdict(answer))
    method.learn(learned(answer.facts))
    if answer.code == bank.AUTHENTICATION_FAILED:
        error: dict[str, Any] = dict(declines.SETUP_NOT_AUTHENTICATED)
    else:
        error = {key: value for key, value in declines.as_error(answer, None).items() if key != "charge"}
    error["payment_method"] = method.as_stripe()
    tried = _tried(attempt, answer.facts)
    tried.setup_error = error
    lifecycle.move(tried, AttemptStatus.FAILED)
    return error


def _kept(attempt: Attempt, intent: SetupIntent, method: PaymentMethod, answer: bank.Authorized) -> None:
    """Collect that the card is good: it is the customer's from now on, where there is one."""
    attempt.close(State.SUCCEEDED, asdict(answer))
    set_up_by = answer.network_transaction_id if intent.keeps else None
    method.learn(learned(answer.facts) | {"set_up_by": set_up_by})
    method.release()
    if intent.customer_id is not None and method.customer_id is None:
        method.attach(Customer.find(intent.customer_id))
    lifecycle.move(_tried(attempt, answer.facts), AttemptStatus.SUCCEEDED)
    intent.attempt_id = intent.next_action = None
    lifecycle.move(intent, Status.SUCCEEDED)
    if intent.checkout_session_id is not None:
        # The merchant may have changed the session's metadata while the bank was asked.
        CheckoutSession.find(intent.checkout_session_id).reread().set_up()


def _refused(attempt: Attempt, intent: SetupIntent, method: PaymentMethod, answer: bank.Declined) -> None:
    error = end_try(attempt, method, answer)
    method.release()
    intent.last_setup_error = error
    intent.attempt_id = intent.next_action = intent.payment_method_id = None
    lifecycle.move(intent, Status.REQUIRES_PAYMENT_METHOD, decline_code=answer.decline_code or error["code"])


def _challenged(
    attempt: Attempt, intent: SetupIntent, method: PaymentMethod, answer: bank.ChallengeRequired
) -> None:
    attempt.close(State.CHALLENGED, {"url": answer.url})
    lifecycle.move(_tried(attempt, None), AttemptStatus.REQUIRES_ACTION)
    intent.next_action = next_action(attempt, method.type, answer)
    lifecycle.move(intent, Status.REQUIRES_ACTION)


def _tried(attempt: Attempt, facts: bank.CardFacts | None) -> SetupAttempt:
    tried = SetupAttempt.find(attempt.charge_id)
    if tried.status in ENDS:
        raise StaleWrite(f"{tried.id} is {tried.status} by now")  # the sweep, or a notice, was faster
    if facts is not None:
        told = {"network": facts.network, "three_d_secure": facts.three_d_secure}
        tried.card = tried.card | learned(facts) | told
    return tried
