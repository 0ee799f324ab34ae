"""The job edge of payouts: each is sent to the bank, and followed there until it has arrived or come back."""

import logging

from kit import clock, database, jobs
from payments.balance import pay_out, payouts
from payments.balance.payouts import Payout, Status
from payments.bank import Unknown
from payments.scope import acting_as, system
from payments.treasury import treasuries

logger = logging.getLogger("florin.paying")

SEND, QUEUE = "paying.send", "settlement"
# (seconds between runs, dotted path)
SWEEPS: tuple[tuple[float, str], ...] = ((2.0, "paying.kick_if_due"),)
BATCH = 100
RACES = 10


def kick_if_due() -> None:
    """Wake a worker for payouts that are to be sent or looked up."""
    if payouts.due(clock.now(), 1):
        jobs.kick(SEND, queue=QUEUE)
    database.rollback()


def on_updated(acquirer: str, subject: str) -> None:
    """Take a bank's notice about a payout: have it looked up at once. The notice's edge commits."""
    payout = database.load(Payout, subject)
    if (
        payout is not None
        and payout.acquirer == acquirer
        and payout.status in (Status.IN_TRANSIT, Status.PAID)
    ):
        payout.look_at = clock.now()


def send() -> int:
    """Send or look up all payouts that are due; return how many the bank has answered for."""
    answered = 0
    while payout_ids := payouts.due(clock.now(), BATCH):
        done = sum(_followed(payout_id) for payout_id in payout_ids)
        answered += done
        if done < len(payout_ids):
            break
    return answered


def _followed(payout_id: str) -> bool:
    """One payout; one that can't be sent now must not keep the others waiting."""
    try:
        return follow(payout_id)
    except (database.StaleWrite, database.DuplicateRow):
        logger.info("payout %s met somebody who was faster", payout_id)
    except Exception:
        logger.exception("payout %s can't be followed now", payout_id)
    finally:
        database.rollback()
    return False


def follow(payout_id: str) -> bool:
    """Claim, ask, record. An order whose answer was lost is sent again under its own reference."""
    payout = database.load(Payout, payout_id)
    if payout is None or payout.look_at is None or payout.look_at > clock.now():
        return False  # somebody else has just claimed it
    treasury = treasuries[payout.acquirer]
    with acting_as(system(payout.account_id, livemode=payout.livemode)):
        answer: pay_out.Answer
        if payout.status == Status.PENDING:
            question = pay_out.claim(payout)
            database.commit()
            answer = treasury.pay_out(question)
        else:
            payout.look_at = clock.now() + pay_out.AGAIN_SECONDS
            database.commit()
            answer = treasury.look_up_payout(payout.id)
        if isinstance(answer, Unknown):
            logger.warning("payout %s: no answer: %s", payout_id, answer.reason)
            return False
        _record(payout_id, answer)
    return True


def _record(payout_id: str, answer: pay_out.Answer) -> None:
    """Write what the bank has said, on the rows as they are now; the merchant may have changed them."""
    for _ in range(RACES):
        database.rollback()
        payout = database.load(Payout, payout_id)
        if payout is None:
            return
        pay_out.settle(payout, answer)
        try:
            database.commit()
        except database.StaleWrite:
            logger.info("payout %s was changed meanwhile; recording its answer again", payout_id)
        else:
            return
