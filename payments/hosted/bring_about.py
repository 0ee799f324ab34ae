"""bring_about: a test has a session come to an outcome, by what a customer would do; nothing is set.

The customer's details are made up as far as nobody gives them. The try goes through `pay` or `save` to the
bank, and what is done at the bank's page through its stand-in; then the truth is looked up there.
"""

from kit.database import db
from payments import stand_ins
from payments.charging import reconcile
from payments.charging.attempts import WAITING, Attempt, State
from payments.charging.card_brands import brand_of
from payments.charging.cards import CardDetails
from payments.charging.methods import CARD
from payments.charging.payment_intents import PaymentIntent, Status
from payments.errors import InvalidRequest
from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession, PaymentStatus
from payments.hosted.checkout_sessions import Status as SessionStatus
from payments.hosted.elsewhere import pays_elsewhere
from payments.hosted.expire import expire
from payments.hosted.made_up import made_up
from payments.hosted.outcomes import BY_NAME, CONCLUSIONS, DEBIT, EXPIRED, OUTCOMES, Outcome, Way, family_of
from payments.hosted.pay import Chosen, pay
from payments.hosted.save import save
from payments.stand_ins import Act

TEST_MODE_ONLY = "This endpoint is only available in testmode. Try using your test keys instead."
NOT_HAD = "parameter_invalid_outcome"

EXPIRES = (12, 2034)  # month and year


def possible(session: CheckoutSession) -> list[tuple[Outcome, list[str]]]:
    """Return the outcomes that may be had of a session as it stands, and the methods that lead to each."""
    if _money_is_to_come(session):
        return [(BY_NAME[name], []) for name in CONCLUSIONS]
    if session.status != SessionStatus.OPEN:
        return []
    offered = _offered(session)
    had = [(outcome, _types(session, offered, outcome)) for outcome in OUTCOMES]
    return [
        (outcome, types)
        for outcome, types in had
        if types or outcome is EXPIRED or _is_free(session, outcome)
    ]


def bring_about(
    session: CheckoutSession,
    outcome: Outcome,
    *,
    method_type: str | None = None,
    email: str | None = None,
    name: str | None = None,
) -> None:
    """Have a customer bring a session to an outcome, recorded, to be committed by the edge.

    It may be run again after a lost race: what the bank was asked in this very request is gone on with.
    Raises InvalidRequest where the outcome can't be had of this session, and whatever `pay` raises.
    """
    if session.livemode:
        raise InvalidRequest(TEST_MODE_ONLY)
    if outcome is EXPIRED:
        expire(session)
        return
    begun = _asked_before(session)
    if begun is None and _money_is_to_come(session):
        _act(_waiting(session), (_conclusion(outcome),))
        return
    method_type = _chosen(session, outcome, method_type)
    if begun is None:
        begun = _tried(session, outcome, method_type, made_up(session, email, name))
    way = outcome.way(method_type)
    if begun is not None and way is not None:
        _act(begun, way.acts)


def _act(attempt: Attempt, acts: tuple[Act, ...]) -> None:
    """Take each act at the bank, and record what it came to; an attempt that has ended takes no more."""
    for act in acts:
        if attempt.status not in WAITING:
            return
        stand_ins.act(attempt.acquirer, attempt.reference, act)
        reconcile.reconcile_attempt(attempt.id, patiently=False)


def _tried(session: CheckoutSession, outcome: Outcome, method_type: str, customer: Billing) -> Attempt | None:
    """Pay, or keep the card; return the attempt, None where no bank is asked."""
    way = outcome.way(method_type)
    if way is None:
        pay(session, None, customer)  # there is nothing to pay
        return None
    if session.keeps_card:
        save(session, _card(way), customer)
    elif method_type == CARD:
        pay(session, _card(way), customer)
    else:
        given = {"iban": way.iban} if family_of(method_type) == DEBIT else {}
        pay(session, Chosen(method_type, given), customer)
    return reconcile.asked_last()


def _card(way: Way) -> CardDetails:
    brand = brand_of(way.card)
    cvc = "1" * (brand.cvc_length if brand else 3)
    month, year = EXPIRES
    return CardDetails(way.card, month, year, cvc, way.holder)


def _chosen(session: CheckoutSession, outcome: Outcome, wanted: str | None) -> str:
    """Return the method to come to an outcome by, '' where nothing is to be paid."""
    if _is_free(session, outcome):
        return ""
    types = _types(session, _offered(session), outcome)
    if not types:
        names = ", ".join(each.name for each, _ in possible(session))
        raise InvalidRequest(
            f"Invalid outcome: {outcome.name} can't be had of this Checkout Session; its outcome must be "
            f"one of {names or 'none'}.",
            code=NOT_HAD,
            param="outcome",
        )
    if wanted is not None and wanted not in types:
        raise InvalidRequest(
            f"Invalid payment_method_type: {outcome.name} can't be had by {wanted}; must be one of "
            f"{', '.join(types)}.",
            code="parameter_invalid_payment_method_type",
            param="payment_method_type",
        )
    return wanted or types[0]


def _offered(session: CheckoutSession) -> list[str]:
    """Return the methods by which something can be done for the customer here."""
    if session.keeps_card:
        return [CARD]
    if not session.amount_total:
        return []
    # Where a card is typed on the acquirer's own page, nobody can type it here.
    without_card = CARD in session.types and pays_elsewhere(session)
    return [name for name in session.types if name != CARD or not without_card]


def _types(session: CheckoutSession, offered: list[str], outcome: Outcome) -> list[str]:
    """Return those methods by which an outcome can be had, in the order of its ways."""
    if session.keeps_card and not outcome.sets_up:
        return []
    order = list(outcome.ways)
    types = [name for name in offered if family_of(name) in outcome.ways]
    return sorted(types, key=lambda name: order.index(family_of(name)))


def _is_free(session: CheckoutSession, outcome: Outcome) -> bool:
    return not session.keeps_card and not session.amount_total and outcome.name == "succeeded"


def _money_is_to_come(session: CheckoutSession) -> bool:
    if session.status != SessionStatus.COMPLETE or session.payment_status != PaymentStatus.UNPAID:
        return False
    intent = PaymentIntent.find(str(session.payment_intent_id))
    return intent.status == Status.PROCESSING and intent.attempt_id is not None


def _waiting(session: CheckoutSession) -> Attempt:
    return Attempt.find(str(PaymentIntent.find(str(session.payment_intent_id)).attempt_id))


def _conclusion(outcome: Outcome) -> Act:
    if outcome.name not in CONCLUSIONS:
        raise InvalidRequest(
            f"This Checkout Session is complete and its money still to come; its outcome can be one of "
            f"{', '.join(CONCLUSIONS)}.",
            code=NOT_HAD,
            param="outcome",
        )
    return CONCLUSIONS[outcome.name]


def _asked_before(session: CheckoutSession) -> Attempt | None:
    """Return what an earlier run of this request has asked a bank about, None on the first run."""
    attempt = reconcile.asked_last()
    intent_id = session.setup_intent_id or session.payment_intent_id
    if attempt is None or attempt.intent_id != intent_id:
        return None
    db.session.refresh(attempt)
    if attempt.status == State.ASKED:
        reconcile.record_again()
    return attempt
