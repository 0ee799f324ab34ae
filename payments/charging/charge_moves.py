"""charge moves: capture and release what a charge without an intent of the merchant's holds."""

from typing import Any

from payments.charging.cancel import cancel
from payments.charging.capture import capture
from payments.charging.charges import Charge
from payments.charging.charges import Status as ChargeStatus
from payments.charging.payment_intents import PaymentIntent
from payments.charging.refunds import Refund
from payments.errors import InvalidRequest


def capture_charge(charge: Charge, params: dict[str, Any]) -> None:
    """Capture an authorised charge once, all of it or `amount`; raises as capture() does."""
    if charge.captured:
        raise InvalidRequest(
            f"Charge {charge.id} has already been captured.", code="charge_already_captured", param="charge"
        )
    if charge.status != ChargeStatus.SUCCEEDED or charge.voided:
        raise InvalidRequest(
            f"Charge {charge.id} holds nothing that could be captured.",
            code="charge_expired_for_capture",
            param="charge",
        )
    if not charge.is_direct:
        raise InvalidRequest(
            f"Charge {charge.id} was created by the PaymentIntent {charge.payment_intent_id}. Capture that.",
            param="charge",
        )
    told = {name: params[name] for name in ("receipt_email",) if name in params}
    capture(PaymentIntent.find(str(charge.payment_intent_id)), params.get("amount"), param="amount")
    if told:
        charge.update(told)


def release(charge: Charge, params: dict[str, Any]) -> Refund:
    """Let go of what a charge holds and has not captured; its refund moves no money. Raises as cancel()."""
    if params.get("amount", charge.amount) != charge.amount:
        raise InvalidRequest(
            f"Charge {charge.id} has not been captured, so it can only be refunded as a whole.",
            param="amount",
        )
    cancel(PaymentIntent.find(str(charge.payment_intent_id)), "requested_by_customer")
    return Refund.of_release(charge, params)
