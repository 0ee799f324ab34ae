"""The job edge of the house's own clockwork: what is due is settled, one commit for each piece of work."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import current_app

import config
from kit import clock, database, jobs, limits
from merchant_api import idempotency
from payments import audit_chain
from payments.charging import contest, filings, reconcile
from payments.charging.settle_tries import settle_late
from payments.charging.tokens import Token
from payments.customers import sources
from payments.errors import StripeError
from payments.hosted import expire
from payments.hosted.checkout_sessions import CheckoutSession
from payments.scope import acting_as, system

logger = logging.getLogger("florin.sweeps")

RECONCILE = "sweeps.reconcile_attempts"
FILINGS = "sweeps.settle_filings"
EXPIRY = "sweeps.expire_sessions"
QUESTIONS = "questions"  # their own queue: thousands must not hold up what banks tell

# From so many open questions on they are looked at side by side, in so many threads.
MANY, LOOKS_AT_ONCE = 16, 8

# (seconds between runs, dotted path)
SWEEPS: tuple[tuple[float, str], ...] = (
    (2.0, "sweeps.kick_if_open"),
    (2.0, "sweeps.kick_filings"),
    (5.0, "sweeps.kick_expiry"),
    (10.0, "sweeps.settle_tries"),
    (600.0, "sweeps.forget_idempotency_keys"),
    (600.0, "sweeps.forget_card_numbers"),
    (600.0, "sweeps.forget_idle_limits"),
    (10.0, "sweeps.seal_audit_rows"),
)


def kick_if_open() -> None:
    """Wake a worker for open questions: a bank that is slow to answer must not hold up the other sweeps."""
    if reconcile.open_attempts():
        jobs.kick(RECONCILE, queue=QUESTIONS)
    database.rollback()


def reconcile_attempts() -> int:
    """Bring open questions to banks to their end; return how many came to one."""
    ended, last = 0, ""
    while attempt_ids := reconcile.open_attempts(after=last):
        ended += _all_reconciled(attempt_ids)
        last = attempt_ids[-1]
    return ended


def _all_reconciled(attempt_ids: Sequence[str]) -> int:
    """Bring attempts to their end, several at once where there are many: each is a wait for some bank."""
    if len(attempt_ids) < MANY:
        return sum(map(reconciled, attempt_ids))
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way

    def look(attempt_id: str) -> bool:
        with app.app_context():
            return reconciled(attempt_id)

    with ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="looks") as pool:
        return sum(pool.map(look, attempt_ids))


def reconciled(attempt_id: str, *, patiently: bool = True) -> bool:
    """Bring one attempt to its end where it can be; one that can't must not keep the others waiting."""
    try:
        ended = reconcile.reconcile_attempt(attempt_id, patiently=patiently)
        database.commit()
    except (database.StaleWrite, database.DuplicateRow):
        # The request that asked has just recorded the answer itself.
        logger.info("attempt %s was settled elsewhere", attempt_id)
        return False
    except Exception:
        logger.exception("attempt %s could not be settled", attempt_id)
        _put_off(attempt_id)
        return False
    else:
        return ended
    finally:
        database.rollback()


def _put_off(attempt_id: str) -> None:
    """Let an attempt that can't be settled wait like one whose bank is silent."""
    database.rollback()
    try:
        reconcile.put_off(attempt_id)
        database.commit()
    except Exception:
        logger.exception("attempt %s could not be put off", attempt_id)


def kick_filings() -> None:
    """Wake a worker for moves in disputes that the bank has not answered."""
    if filings.open_filings():
        jobs.kick(FILINGS)
    database.rollback()


def settle_filings() -> int:
    """Bring open moves in disputes to their end; return how many came to one."""
    ended, last = 0, ""
    while filing_ids := filings.open_filings(after=last):
        ended += sum(_filed(filing_id) for filing_id in filing_ids)
        last = filing_ids[-1]
    return ended


def _filed(filing_id: str) -> bool:
    try:
        ended = contest.settle_again(filing_id)
        database.commit()
    except (database.StaleWrite, database.DuplicateRow):
        logger.info("move %s was settled elsewhere", filing_id)
        return False
    except Exception:
        logger.exception("move %s could not be settled", filing_id)
        return False
    else:
        return ended
    finally:
        database.rollback()


def kick_expiry() -> None:
    """Wake a worker for sessions whose time is over: an open challenge is a question to a bank."""
    if expire.due(clock.now()):
        jobs.kick(EXPIRY)
    database.rollback()


def expire_sessions() -> int:
    """Expire the sessions whose time is over; return how many."""
    now, ended, last = clock.now(), 0, None
    while sessions := expire.due(now, after=last):
        ended += sum(map(_expired, sessions))
        last = sessions[-1]
    return ended


def _expired(session: expire.Due) -> bool:
    """Expire one session where it can be; one that can't must not keep the others open."""
    try:
        with acting_as(system(session.account_id, livemode=session.livemode)):
            found = CheckoutSession.find(session.id)
            if found.expires_at > clock.now():  # its customer has just been given more time
                return False
            expire.expire(found)
            database.commit()
    except (database.StaleWrite, database.DuplicateRow, StripeError) as error:
        # The customer is paying at this very moment, or has just paid; the next sweep looks again.
        logger.info("session %s did not expire: %s", session.id, error)
        if isinstance(error, StripeError) and error.keep:
            _keep_what_was_found(session.id)
        return False
    except Exception:
        logger.exception("session %s could not be expired", session.id)
        return False
    else:
        return True
    finally:
        database.rollback()


def _keep_what_was_found(session_id: str) -> None:
    """Write what came to light instead: the customer has just passed the challenge that was to be voided."""
    try:
        database.commit()
    except (database.StaleWrite, database.DuplicateRow):
        logger.info("the payment of session %s was recorded elsewhere", session_id)


def settle_tries() -> int:
    """Settle tries whose answers came late; return how many."""
    return settle_late()


def forget_idempotency_keys() -> int:
    """Delete idempotency keys older than a day; return how many."""
    return idempotency.forget_old()


def forget_card_numbers() -> int:
    """Forget the numbers of cards that nobody will pay with any more; return how many."""
    return Token.forget_old() + sources.forget_lost()


def forget_idle_limits() -> int:
    """Delete counters of tries that count nothing any more; return how many."""
    return limits.forget_idle()


def seal_audit_rows() -> None:
    """Seal what has settled since the last time, batch by batch, and anchor the head of the chain."""
    settings: config.Settings = current_app.config["FLORIN"]
    while (seal := audit_chain.seal_next()) is not None:
        try:
            database.commit()
        except database.DuplicateRow:
            database.rollback()  # Another process has just sealed the same batch.
            return
        audit_chain.anchor(seal, settings.data_dir / audit_chain.HEAD_FILE)
