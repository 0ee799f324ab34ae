"""reconcile: bring every question that a bank has not answered to its true end; nothing is guessed.

An authorisation is looked up, never sent again (its CVC is gone). One that the bank has never seen is
voided by reference first: the tombstone there keeps a late approval from ever standing. Captures,
refunds and voids are asked again under their own reference, which the bank answers only once.
"""

import logging

from sqlalchemy import select

from kit import clock
from kit.database import db
from payments import bank, breakers
from payments.charging import cancel, capture, follow_refund, refund
from payments.charging.attempts import ASKED_GRACE_SECONDS, ENDS, WAITING, Attempt, Kind, State
from payments.charging.charges import Charge
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.charging.refunds import Refund
from payments.charging.settle import settle_authorization
from payments.charging.settle_setup import settle_setup
from payments.charging.setup_attempts import SetupAttempt
from payments.charging.setup_intents import SetupIntent
from payments.scope import acting_as, system

logger = logging.getLogger("florin.reconcile")

BATCH = 100
NEVER_APPROVED = bank.Declined("processing_error", "processing_error")


def open_attempts(after: str = "") -> list[str]:
    """Return the ids of attempts that are due for a look, oldest first, a batch from behind `after`.

    Those of a bank that has stopped answering are left out until its breaker lets one through.
    """
    resting = [name for name in bank.acquirers if breakers.is_open(name)]
    query = (
        select(Attempt.id)
        .where(Attempt.look_at <= clock.now(), Attempt.acquirer.not_in(resting), Attempt.id > after)
        .order_by(Attempt.id)
        .limit(BATCH)
    )
    return list(db.session.scalars(query))


def all_open() -> list[str]:
    """Return the ids of all open attempts but those that a request may be asking at this moment."""
    asking = (Attempt.status == State.ASKED) & (Attempt.created > clock.now() - ASKED_GRACE_SECONDS)
    query = select(Attempt.id).where(Attempt.look_at.is_not(None), ~asking).order_by(Attempt.id)
    return list(db.session.scalars(query))


def unanswered() -> list[Attempt]:
    """Return the attempts that nobody knows the end of, oldest first; not those that wait for a customer."""
    query = select(Attempt).where(Attempt.look_at.is_not(None), Attempt.status.not_in(WAITING))
    return list(db.session.scalars(query.order_by(Attempt.id)))


def reconcile_attempt(attempt_id: str, *, patiently: bool = True) -> bool:
    """Collect the end of one open attempt; tell whether it came to one. The job's edge commits.

    Patiently: a bank that has stopped answering is left alone until its breaker lets a question through.
    """
    attempt = db.session.get(Attempt, attempt_id)
    if attempt is None or attempt.status in ENDS:
        return False
    if patiently and not breakers.admits(attempt.acquirer):
        return False
    with acting_as(system(attempt.account_id, livemode=attempt.livemode)):
        answer = _ask_again(attempt)
        if isinstance(answer, bank.Unknown | bank.Unavailable | bank.NotFound):
            logger.warning("attempt %s is still open: %s", attempt.id, answer)
            if attempt.status in WAITING and not isinstance(answer, bank.NotFound):
                attempt.look_again_soon()
        else:
            _settle(attempt, answer)
        if attempt.status in ENDS:
            return True
        if attempt.look_at is None or attempt.look_at <= clock.now():
            attempt.wait_longer()
        return False


def put_off(attempt_id: str) -> None:
    """Collect that an open attempt is looked at later; for one whose settling failed."""
    attempt = db.session.get(Attempt, attempt_id)
    if attempt is not None and attempt.status not in ENDS:
        attempt.wait_longer()


def asked_last() -> Attempt | None:
    """Return the attempt that this session asked a bank about last, as it stands now; None for none."""
    question, _ = bank.last_answer() or (None, None)
    if question is None:
        return None
    if not isinstance(question, bank.Void):
        return db.session.get(Attempt, question.reference)
    of_intent = select(Attempt.intent_id).where(Attempt.id == question.authorization).scalar_subquery()
    voids = select(Attempt).where(Attempt.intent_id == of_intent, Attempt.kind == Kind.VOID)
    return db.session.scalars(voids.order_by(Attempt.id.desc()).limit(1)).first()


def withdrawn_from() -> PaymentIntent | SetupIntent | None:
    """Return the intent whose challenge this session has tried to take back last; None for none."""
    question, _ = bank.last_answer() or (None, None)
    attempt = db.session.get(Attempt, question.authorization) if isinstance(question, bank.Void) else None
    if attempt is None:
        return None
    return (SetupIntent if attempt.kind == Kind.VERIFY else PaymentIntent).peek(attempt.intent_id)


def record_again() -> bank.Answer | None:
    """Collect once more what the bank has just answered, on the rows as they are now; return the answer.

    For an edge whose record lost a race against a change of the session or the card. None where the sweep
    has recorded it meanwhile, or nothing was asked.
    """
    question, answer = bank.last_answer() or (None, None)
    if question is None or answer is None or isinstance(question, bank.Void):
        return None
    attempt = db.session.get(Attempt, question.reference)
    if attempt is None or attempt.status != State.ASKED:
        return None
    return _settle(attempt, answer)


def _ask_again(attempt: Attempt) -> bank.Answer:
    match Kind(attempt.kind):
        case Kind.AUTHORIZE | Kind.VERIFY:
            return _look_up(attempt)
        case Kind.CAPTURE:
            return bank.ask(attempt.acquirer, capture.question_of(attempt))
        case Kind.REFUND if attempt.status == State.PENDING:
            return follow_refund.standing(attempt)
        case Kind.REFUND:
            return bank.ask(attempt.acquirer, refund.question_of(attempt))
        case Kind.VOID:
            return bank.ask(attempt.acquirer, bank.Void(attempt.authorization))


def _look_up(attempt: Attempt) -> bank.Answer:
    answer = bank.look_up(attempt.acquirer, attempt.authorization)
    if not isinstance(answer, bank.NotFound):
        return answer
    released = bank.ask(attempt.acquirer, bank.Void(attempt.authorization))
    return NEVER_APPROVED if isinstance(released, bank.Done) else bank.Unknown("the void was not confirmed")


def _settle(attempt: Attempt, answer: bank.Answer) -> bank.Answer:
    if attempt.kind == Kind.VERIFY:
        return _settle_setup(attempt, answer)
    intent = PaymentIntent.find(attempt.intent_id)
    db.session.get(Charge, attempt.charge_id)  # read, as the intent, before the attempt is read once more
    attempt.require_open()
    match Kind(attempt.kind):
        case Kind.AUTHORIZE:
            method = PaymentMethod.find(str(intent.payment_method_id))
            return settle_authorization(attempt, intent, method, answer)
        case Kind.CAPTURE:
            capture.settle_capture(attempt, intent, Charge.find(attempt.charge_id), answer)
        case Kind.VOID:
            cancel.settle_void(attempt, intent, Charge.find(attempt.charge_id), answer)
        case Kind.REFUND:
            charge = Charge.find(attempt.charge_id)
            refund.settle_refund(attempt, Refund.find(str(attempt.refund_id)), charge, answer)
    return answer


def _settle_setup(attempt: Attempt, answer: bank.Answer) -> bank.Answer:
    intent = SetupIntent.find(attempt.intent_id)
    SetupAttempt.find(attempt.charge_id)  # read, as the intent, before the attempt is read once more
    attempt.require_open()
    return settle_setup(attempt, intent, PaymentMethod.find(str(intent.payment_method_id)), answer)
