"""set up: claim a setup intent, have a bank verify its card without money, record what it said.

The verification is an authorisation of zero: its issuer may refuse it, or send the holder to a challenge.
"""

from dataclasses import replace

from kit.database import db
from payments import audit, bank, lifecycle, merchants, routing
from payments.charging import open_tries
from payments.charging.attempts import Attempt, Kind
from payments.charging.cards import CardDetails
from payments.charging.payment_methods import PaymentMethod
from payments.charging.questions import address_of
from payments.charging.settle import NOT_REACHED
from payments.charging.settle_setup import end_try, settle_setup
from payments.charging.setup_attempts import SetupAttempt
from payments.charging.setup_intents import CONFIRMABLE, SetupIntent, Status
from payments.charging.three_d_secure import three_d_secure
from payments.charging.withdraw_setup import withdraw_setup
from payments.customers.customers import Customer
from payments.hosted import addresses
from payments.routing import Route
from payments.scope import caller

VERIFICATION_CURRENCY = "usd"


def choose_method(intent: SetupIntent, method: PaymentMethod) -> None:
    """Set the card that the next confirmation will verify."""
    intent.require_unlocked()
    intent.require_status(CONFIRMABLE, "updated")
    _check(intent, method)
    withdraw_setup(intent, "updated")
    intent.payment_method_id = method.id
    if intent.status != Status.REQUIRES_CONFIRMATION:
        lifecycle.move(intent, Status.REQUIRES_CONFIRMATION)


def set_up(
    intent: SetupIntent, method: PaymentMethod, card: CardDetails, *, return_url: str | None = None
) -> bank.Answer:
    """Try to keep a card; return the last bank's answer, already recorded.

    The claim is committed before the bank is asked; what is recorded here is committed by the edge. A crash
    in between leaves an open attempt, which `reconcile` looks up. Raises LockTimeout while a bank is being
    asked about another attempt, InvalidRequest where the status allows none or no acquirer takes the card.
    """
    intent.require_confirmable()
    _check(intent, method)
    withdraw_setup(intent, "confirmed")
    kept = method not in db.session.new
    payment = routing.Payment(intent.account_id, intent.id, VERIFICATION_CURRENCY, card.brand)
    route = routing.first(payment)
    attempt = claim(intent, method, route, return_url)
    question = _question(attempt, intent, method, card, route)
    tried = [route.acquirer]
    while True:
        answer = bank.ask(attempt.acquirer, question)
        if kept:
            # A payment with the same card, or its owner, may have changed it meanwhile.
            method = method.reread()
        following = routing.following(payment, tried) if routing.may_follow(answer) else None
        if following is None:
            return settle_setup(attempt, intent, method, answer)
        # Collected here, committed with the next question: there is no gap in which the intent is free.
        attempt = _reroute(attempt, intent, method, answer, following)
        tried.append(following.acquirer)
        question = replace(
            question,
            reference=attempt.reference,
            return_url=addresses.return_page(attempt.id),
            merchant_id=following.merchant_id,
        )


def claim(intent: SetupIntent, method: PaymentMethod, route: Route, return_url: str | None) -> Attempt:
    """Collect the intent's move to `processing` and the attempt that locks it."""
    intent.require_confirmable()
    method.hold(intent.id)
    attempt = _begin(intent, method, route, return_url)
    open_tries.note(attempt)
    intent.payment_method_id = method.id
    intent.last_setup_error = None
    lifecycle.move(
        intent,
        Status.PROCESSING,
        attempt=attempt.id,
        acquirer=route.acquirer,
        contract=route.contract_id,
        why=route.why,
    )
    return attempt


def _begin(intent: SetupIntent, method: PaymentMethod, route: Route, return_url: str | None) -> Attempt:
    attempt = Attempt.begin(
        Kind.VERIFY,
        acquirer=route.acquirer,
        intent_id=intent.id,
        charge_id=SetupAttempt.begin(intent, method).id,
        amount_minor=0,
        currency=VERIFICATION_CURRENCY,
        return_url=return_url,
    )
    intent.attempt_id, intent.latest_attempt_id = attempt.id, attempt.charge_id
    return attempt


def _reroute(
    attempt: Attempt, intent: SetupIntent, method: PaymentMethod, answer: bank.Answer, route: Route
) -> Attempt:
    """Collect the end of one try and the claim of the next, in one unit of work (see reroute.py)."""
    declined = answer if isinstance(answer, bank.Declined) else NOT_REACHED
    end_try(attempt, method, declined)
    following = _begin(intent, method, route, attempt.return_url)
    open_tries.hand_on(following)
    audit.record(
        "setup_intent.rerouted",
        intent.id,
        attempt=following.id,
        acquirer=route.acquirer,
        contract=route.contract_id,
        after=attempt.id,
        because=f"{attempt.acquirer}: {declined.decline_code or declined.code}",
        why=route.why,
    )
    return following


def _question(
    attempt: Attempt, intent: SetupIntent, method: PaymentMethod, card: CardDetails, route: Route
) -> bank.Authorize:
    return bank.Authorize(
        reference=attempt.reference,
        amount_minor=0,
        currency=VERIFICATION_CURRENCY,
        capture=False,
        card=card,
        address=address_of(method),
        return_url=addresses.return_page(attempt.id),
        three_d_secure=three_d_secure(intent),
        sets_up=intent.keeps,
        set_up_by=method.card.get("set_up_by"),
        merchant_id=route.merchant_id,
        descriptor=merchants.present_name(),
        browser_language=caller().language,
    )


def _check(intent: SetupIntent, method: PaymentMethod) -> None:
    intent.check_owner(method, intent.customer_id)
    intent.check_accepted(method)
    if intent.customer_id is not None:
        Customer.living(intent.customer_id)
