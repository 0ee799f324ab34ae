"""reroute: end a try that another acquirer may follow, and claim the next one, in one unit of work.

The intent stays `processing` with the new attempt as its lock, so that no request and no crash finds it free
in between. A crash before this is written leaves the earlier attempt open and no later one; a crash after it
leaves the later one open. Either is looked up, and neither is sent again, since the CVC is gone.
"""

from payments import audit, bank
from payments.charging import open_tries
from payments.charging.attempts import Attempt, Kind
from payments.charging.charges import Charge
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.charging.settle import NOT_REACHED, end_try
from payments.routing import Route


def reroute(
    attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Answer, route: Route
) -> Attempt:
    """Collect the failed charge of one try and the claim of the next; return the next attempt."""
    declined = answer if isinstance(answer, bank.Declined) else NOT_REACHED
    failed = end_try(attempt, intent, method, declined)
    following = Attempt.begin(
        Kind.AUTHORIZE,
        acquirer=route.acquirer,
        intent_id=intent.id,
        charge_id=Charge.mint(),
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        return_url=attempt.return_url,
    )
    intent.attempt_id = following.id
    open_tries.hand_on(following)
    audit.record(
        "payment_intent.rerouted",
        intent.id,
        attempt=following.id,
        acquirer=route.acquirer,
        contract=route.contract_id,
        after=attempt.id,
        failed_charge=failed.id,
        because=_because(attempt.acquirer, answer),
        why=route.why,
    )
    return following


def _because(acquirer: str, answer: bank.Answer) -> str:
    match answer:
        case bank.Declined():
            return f"{acquirer} declined softly: {answer.decline_code or answer.code}"
        case bank.Unavailable():
            return f"{acquirer} was not reached: {answer.reason}"
        case _:
            raise TypeError(f"no other acquirer may follow {type(answer).__name__}")
