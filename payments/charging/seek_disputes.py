"""seek disputes: a merchant asks for the disputes of a payment, so its bank is asked for them first.

Notices bring every dispute sooner or later. In test mode a card disputes at once, and who tests it asks at
once, too: what the bank has begun by then is recorded before the answer.
"""

import logging

from payments import cases
from payments.cases import TellsDisputes
from payments.charging.charges import Charge
from payments.charging.charges import Status as ChargeStatus
from payments.charging.disputes import Dispute
from payments.charging.follow_dispute import record
from payments.charging.payment_intents import PaymentIntent

QUESTIONS = 4

logger = logging.getLogger("florin.disputes")


def seek_disputes(*, charge_id: str | None, intent_id: str | None) -> None:
    """Record what the bank of a test payment knows of its disputes; nothing where it can't be told now.

    The bank is asked until it tells nothing new: each question commits what came of the one before.
    """
    charge = _charge(charge_id, intent_id)
    if charge is None or charge.livemode or charge.status != ChargeStatus.SUCCEEDED or charge.disputed:
        return
    desk: object = cases.desks.get(charge.acquirer)
    if not isinstance(desk, TellsDisputes) or charge.acquirer in cases.resting():
        return
    authorization = charge.authorization
    for _ in range(QUESTIONS):
        told = cases.ask(charge.acquirer, lambda _: desk.disputes_of(authorization))
        if not isinstance(told, list):
            logger.info("the disputes of %s can't be told now: %s", charge.id, told)
            return
        fresh = [facts for facts in told if Dispute.of_bank(charge.acquirer, facts.id) is None]
        if not fresh:
            return
        charge = charge.reread()  # a notice may have been taken in meanwhile
        for facts in fresh:
            record(charge, facts)


def _charge(charge_id: str | None, intent_id: str | None) -> Charge | None:
    if charge_id is not None:
        return Charge.peek(charge_id)
    intent = PaymentIntent.peek(intent_id) if intent_id is not None else None
    if intent is None or intent.latest_charge_id is None:
        return None
    return Charge.peek(intent.latest_charge_id)
