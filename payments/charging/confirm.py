"""confirm: claim the intent, ask a bank, record what it said; another bank only where that is safe."""

from dataclasses import dataclass, replace
from typing import Any

from kit.database import db
from payments import bank, lifecycle, routing
from payments.charging import open_tries
from payments.charging.attempts import Attempt, Kind
from payments.charging.charges import Charge
from payments.charging.mandates import accept_where_needed
from payments.charging.payment_intents import CONFIRMABLE, PaymentIntent, Status
from payments.charging.payment_methods import Means, PaymentMethod
from payments.charging.questions import check_accepted, question_of
from payments.charging.reroute import reroute
from payments.charging.settle import settle_authorization
from payments.charging.withdraw import withdraw
from payments.customers.customers import Customer
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.routing import Payment, Route


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the customer is there, may be sent to a bank's page, and where to be afterwards.

    `acceptance` is how a mandate was accepted, as the wire's `customer_acceptance`.
    """

    off_session: bool = False
    can_act: bool = True
    return_url: str | None = None
    acceptance: dict[str, Any] | None = None

    @property
    def can_be_challenged(self) -> bool:
        """Tell whether somebody is there to take a challenge."""
        return self.can_act and not self.off_session


ON_SESSION = Presence()


def choose_method(intent: PaymentIntent, method: PaymentMethod) -> None:
    """Set the method that the next confirmation will use."""
    intent.require_unlocked()
    intent.require_status(CONFIRMABLE, "updated")
    _check_owner(intent, method)
    check_accepted(intent, method)
    withdraw(intent, "updated")
    intent.payment_method_id = method.id
    if intent.status != Status.REQUIRES_CONFIRMATION:
        lifecycle.move(intent, Status.REQUIRES_CONFIRMATION)


def confirm(
    intent: PaymentIntent, method: PaymentMethod, means: Means, *, presence: Presence = ON_SESSION
) -> bank.Answer:
    """Try to take the intent's amount from its means; return the last bank's answer, already recorded.

    The claim is committed before the bank is asked; what is recorded here is committed by the edge. A
    crash in between leaves an open attempt, which `reconcile` looks up. An attempt whose challenge is still
    open is voided first. Raises LockTimeout while a bank is being asked about another attempt and
    InvalidRequest where the status allows none, or no acquirer of the merchant's takes such a payment.
    """
    intent.require_confirmable()
    check_accepted(intent, method, someone_there=presence.can_be_challenged)
    withdraw(intent, "confirmed")
    kept = method not in db.session.new
    payment = Payment(intent.account_id, intent.id, intent.currency, means.brand, method.type)
    route = routing.first(payment)
    attempt = claim(intent, method, route, presence)
    question = question_of(
        attempt,
        intent,
        method,
        means,
        merchant_id=route.merchant_id,
        return_url=_return_url(attempt, presence),
        off_session=presence.off_session,
    )
    tried = [route.acquirer]
    while True:
        answer = bank.ask(attempt.acquirer, question)
        if kept:
            # Another payment with the same card, or its owner, may have changed it meanwhile.
            method = method.reread()
        following = routing.following(payment, tried) if routing.may_follow(answer) else None
        if following is None:
            return settle_authorization(attempt, intent, method, _told(answer, intent, presence))
        # Collected here, committed with the next question: there is no gap in which the intent is free.
        attempt = reroute(attempt, intent, method, answer, following)
        tried.append(following.acquirer)
        question = replace(
            question,
            reference=attempt.reference,
            return_url=_return_url(attempt, presence),
            merchant_id=following.merchant_id,
        )


def claim(
    intent: PaymentIntent, method: PaymentMethod, route: Route, presence: Presence = ON_SESSION
) -> Attempt:
    """Collect the intent's move to `processing` and the attempt that locks it."""
    intent.require_confirmable()
    _check_owner(intent, method)
    method.hold(intent.id)
    accept_where_needed(intent, method, presence.acceptance)
    attempt = Attempt.begin(
        Kind.AUTHORIZE,
        acquirer=route.acquirer,
        intent_id=intent.id,
        charge_id=Charge.mint(),
        amount_minor=intent.amount,
        currency=intent.currency,
        return_url=presence.return_url,
    )
    open_tries.note(attempt)
    intent.payment_method_id = method.id
    intent.attempt_id = attempt.id
    intent.last_payment_error = None
    lifecycle.move(
        intent,
        Status.PROCESSING,
        attempt=attempt.id,
        acquirer=route.acquirer,
        contract=route.contract_id,
        why=route.why,
    )
    return attempt


def _told(answer: bank.Answer, intent: PaymentIntent, presence: Presence) -> bank.Answer:
    """Tell a decline for want of an authentication that the merchant itself did not want apart."""
    match answer:
        case bank.Declined(decline_code="authentication_required") if intent.is_shown and not (
            presence.off_session or presence.can_act
        ):
            return replace(answer, decline_code="authentication_not_handled")
        case _:
            return answer


def _return_url(attempt: Attempt, presence: Presence) -> str | None:
    return addresses.return_page(attempt.id) if presence.can_be_challenged else None


def _check_owner(intent: PaymentIntent, method: PaymentMethod) -> None:
    if method.customer_id is not None and method.customer_id != intent.customer_id:
        raise InvalidRequest(
            f"The customer does not have a payment method with the ID {method.id}. The payment method must "
            "belong to the customer of the PaymentIntent.",
            code="resource_missing",
            param="payment_method",
        )
    if method.customer_id is not None:
        Customer.living(method.customer_id)
