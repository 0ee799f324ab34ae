"""settle tries: what tries have taken is given back, or counted, once late answers are known.

A request settles its own try as it ends (tries.py). What is left is a try whose process was killed, whose
answer was lost, or whose customer was sent to a challenge: its attempt comes to its end by `reconcile`, by a
notice or by the customer's return, in whichever process. Nothing is guessed before that, and no end is
settled twice.
"""

import logging
from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from kit import bulk
from kit.database import StaleWrite, db
from payments import bank
from payments.charging.attempts import ENDS, Attempt, State
from payments.charging.open_tries import OpenTry, Outcome
from payments.charging.reconcile import NEVER_APPROVED

logger = logging.getLogger("florin.tries")

BATCH = 100


def settle_late() -> int:
    """Settle the tries whose attempts have ended; return how many. Each in a transaction of its own."""
    settled, last = 0, ""
    while ended := _ended(last):
        settled += sum(_settled(row, outcome_of(status, answer)) for row, status, answer in ended)
        last = ended[-1][0].id
    return settled


def outcome_of(status: str, answer: dict[str, Any] | None) -> Outcome:
    """Return what an attempt's end makes of its try: whether an issuer has refused the card."""
    answer = answer or {}
    if status == State.SUCCEEDED or answer == asdict(NEVER_APPROVED):  # the bank has never seen that one
        return Outcome.RELEASED
    if "code" in answer and answer["code"] != bank.AUTHENTICATION_FAILED:
        return Outcome.DECLINED
    return Outcome.ALIVE  # a challenge that was failed, or taken back


def _ended(after: str) -> list[tuple[OpenTry, str, dict[str, Any] | None]]:
    query = (
        select(OpenTry, Attempt.status, Attempt.answer)
        .join(Attempt, Attempt.id == OpenTry.attempt_id)
        .where(Attempt.status.in_(ENDS), OpenTry.id > after)
        .order_by(OpenTry.id)
        .limit(BATCH)
    )
    return [(row, status, answer) for row, status, answer in db.session.execute(query)]


def _settled(row: OpenTry, outcome: Outcome) -> bool:
    try:
        bulk.run(row.steps(outcome))
    except StaleWrite:
        return False  # settled elsewhere at this moment; what is left is found the next time
    except Exception:
        logger.exception("the try of attempt %s could not be settled", row.attempt_id)
        return False
    return True
