"""What a request answers that has asked a bank, and whose record came too late: the object as it stands now.

The sweep, a notice or another request has recorded the bank's answer. It is as true as if this request had
done so, and so is told in the same words.
"""

from typing import Any

from merchant_api.declined import declined_error
from merchant_api.operations import Operation
from payments import transactions
from payments.charging import reconcile
from payments.charging.attempts import Attempt, Kind, State
from payments.charging.charge_card import CHARGE_UNKNOWN
from payments.charging.charges import Charge
from payments.charging.payment_intents import PaymentIntent
from payments.charging.refunds import Refund
from payments.charging.setup_intents import SetupIntent
from payments.errors import ApiError, InvalidRequest
from payments.hosted.checkout_sessions import CheckoutSession

PARTICIPLES = {"cancel": "canceled", "confirm": "confirmed", "expire": "canceled"}


def outcome(described: Operation) -> Any:
    """Return what the operation is about, or raise what it was refused with."""
    attempt = reconcile.asked_last()
    if attempt is None:
        raise _too_late(described)
    if attempt.kind == Kind.REFUND:
        return Refund.find(str(attempt.refund_id))
    if attempt.kind == Kind.VERIFY:
        setup = SetupIntent.find(attempt.intent_id)
        if attempt.status == State.FAILED:
            raise declined_error(setup)
        return setup
    intent = PaymentIntent.find(attempt.intent_id)
    if attempt.status == State.FAILED:
        raise _refusal(attempt, intent)
    if not intent.is_shown:
        return _of_charge(described, Charge.peek(attempt.charge_id))
    if described.noun_name == "checkout.session" and intent.checkout_session_id is not None:
        return CheckoutSession.find(intent.checkout_session_id)
    if described.noun_name != "transaction":
        return intent
    if intent.checkout_session_id is not None:
        return transactions.describe(CheckoutSession.find(intent.checkout_session_id))
    return transactions.describe(intent)


def _of_charge(described: Operation, charge: Charge | None) -> Charge:
    """Return a charge of the older API; its release was recorded by somebody who makes no refund of it.

    Without the bank's answer there is none yet. To call it missing would have it taken a second time.
    """
    if charge is None:
        raise ApiError(CHARGE_UNKNOWN, keep=True)
    if described.noun_name == "refund":
        raise ApiError("The charge has been released; look it up.")
    return charge


def _too_late(described: Operation) -> Exception:
    """Tell that a challenge could not be taken back any more: its customer has passed it meanwhile."""
    intent = reconcile.withdrawn_from()
    if intent is None:
        return ApiError("The bank's answer is being recorded; look the object up.")
    name = "PaymentIntent" if isinstance(intent, PaymentIntent) else "SetupIntent"
    return InvalidRequest(
        f"This {name}'s status is {intent.status} and it could not be "
        f"{PARTICIPLES.get(described.verb, 'updated')} because of that.",
        code=f"{intent.object_name}_unexpected_state",
        extra={intent.object_name: intent.as_stripe()},
    )


def _refusal(attempt: Attempt, intent: PaymentIntent) -> Exception:
    if attempt.kind == Kind.AUTHORIZE:
        return declined_error(intent)
    verb = "capture" if attempt.kind == Kind.CAPTURE else "cancellation"
    code = "capture_charge_authorization_expired" if attempt.kind == Kind.CAPTURE else None
    reason = str((attempt.answer or {}).get("reason", "unknown"))
    return InvalidRequest(f"The bank refused the {verb}: {reason}.", code=code, keep=True)
