"""Open questions: none grows old, none locks an intent for nothing, and no intent waits for nothing."""

from functools import partial

from sqlalchemy import select

from kit import clock
from kit.database import db
from payments.charging.attempts import WAITING, Attempt, Kind
from payments.charging.payment_intents import PaymentIntent, Status
from payments.charging.settle import UNEXPECTED
from payments.charging.setup_intents import SetupIntent
from payments.doctor.pages import PAGE_ROWS, Check, Finding, Page, at_once, batched, over, pairs
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.checkout_sessions import Status as SessionStatus

# So long after a bank has come back, everything has its end.
SETTLED_SECONDS = 120
OPEN = Attempt.look_at.is_not(None)


def checks() -> list[Check]:
    """Return the checks of this file."""
    return [
        at_once("unsettled", f"no question to a bank is open for more than {SETTLED_SECONDS} seconds", _old),
        over(
            "locks",
            "an intent is locked by its own open question, and by no other",
            PaymentIntent.id,
            partial(_locks, PaymentIntent),
        ),
        over(
            "locks of setups",
            "a setup is locked by its own open question, and by no other",
            SetupIntent.id,
            partial(_locks, SetupIntent),
        ),
        at_once("unlocked", "every open question about a payment locks its intent", _unlocked),
        over("sessions", "an order is complete where its intent is paid", CheckoutSession.id, _sessions),
    ]


def _old() -> list[Finding]:
    """Find old questions, the ones whose answer does not fit, and those whose next look is overdue."""
    now = clock.now()
    query = select(
        Attempt.id,
        Attempt.kind,
        Attempt.acquirer,
        Attempt.created,
        Attempt.status,
        Attempt.look_at,
        Attempt.answer,
    ).where(OPEN)
    found = []
    for attempt_id, kind, acquirer, created, status, look_at, answer in db.session.execute(query):
        said = str((answer or {}).get("unknown", ""))
        age = now - created
        if said.startswith(UNEXPECTED):
            problem = (
                f"{acquirer}'s answer to this {kind} does not fit what was asked ({said}); a person must look"
            )
            found.append(Finding(attempt_id, problem))
        elif status in WAITING:
            if now - look_at > SETTLED_SECONDS:
                found.append(Finding(attempt_id, f"nobody has looked how this {kind} ended at {acquirer}"))
        elif age > SETTLED_SECONDS:
            why = f": {said}" if said else ""
            found.append(Finding(attempt_id, f"this {kind} at {acquirer} is {status} for {age} s{why}"))
    return found


def _locks(noun: type[PaymentIntent | SetupIntent], page: Page) -> list[Finding]:
    """Find intents that are locked by what is no open question of theirs, or wait for no answer at all."""
    query = (
        select(noun.id, noun.status, noun.attempt_id)
        .where(page.holds(noun.id))
        .where(noun.attempt_id.is_not(None) | (noun.status == Status.PROCESSING))
    )
    locked = db.session.execute(query).all()
    attempt_ids = [attempt_id for _, _, attempt_id in locked if attempt_id is not None]
    asked = select(Attempt.id, Attempt.intent_id).where(Attempt.id.in_(attempt_ids), OPEN)
    of_intent = pairs(asked)
    found = []
    for intent_id, status, attempt_id in locked:
        if attempt_id is None:
            found.append(Finding(intent_id, f"it is {status}, and no bank is being asked"))
        elif of_intent.get(attempt_id) != intent_id:
            found.append(
                Finding(intent_id, f"it is locked by {attempt_id}, which is no open question of its")
            )
    return found


def _unlocked() -> list[Finding]:
    """Find open questions whose intent is free: it could be paid a second time meanwhile."""
    query = select(Attempt.id, Attempt.intent_id).where(OPEN, Attempt.kind != Kind.REFUND)
    found = []
    for some in batched(db.session.execute(query), PAGE_ROWS):
        intent_ids = [intent_id for _, intent_id in some]
        locks: dict[str, str | None] = {}
        for noun in (PaymentIntent, SetupIntent):
            locks |= pairs(select(noun.id, noun.attempt_id).where(noun.id.in_(intent_ids)))
        found += [
            Finding(
                attempt_id, f"it is open, and {intent_id} is locked by {locks.get(intent_id) or 'nothing'}"
            )
            for attempt_id, intent_id in some
            if locks.get(intent_id) != attempt_id
        ]
    return found


def _sessions(page: Page) -> list[Finding]:
    query = select(CheckoutSession.id, CheckoutSession.status, CheckoutSession.payment_intent_id).where(
        page.holds(CheckoutSession.id), CheckoutSession.payment_intent_id.is_not(None)
    )
    orders = db.session.execute(query).all()
    intents = select(PaymentIntent.id, PaymentIntent.status).where(
        PaymentIntent.id.in_([str(intent_id) for _, _, intent_id in orders])
    )
    statuses = pairs(intents)
    paid = (Status.SUCCEEDED, Status.REQUIRES_CAPTURE)
    return [
        Finding(session_id, f"the order is {status}, and its intent is {statuses[str(intent_id)]}")
        for session_id, status, intent_id in orders
        if status != SessionStatus.COMPLETE and statuses.get(str(intent_id)) in paid
    ]
