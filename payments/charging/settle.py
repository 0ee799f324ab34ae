"""settle: record what a bank answered to an authorisation, once, in one unit of work."""

import logging
from dataclasses import asdict
from typing import Any

from payments import bank, events, lifecycle
from payments.balance.balance import announce_available
from payments.balance.balance_transactions import BalanceTransaction
from payments.charging import declines, test_tokens
from payments.charging.attempts import WAITING, Attempt, State
from payments.charging.charges import Charge
from payments.charging.charges import Status as ChargeStatus
from payments.charging.mandates import UNDECIDED, mandate_of, use_mandate
from payments.charging.methods import CARD
from payments.charging.next_actions import next_action
from payments.charging.payment_intents import PaymentIntent, Status
from payments.charging.payment_methods import PaymentMethod
from payments.customers.customers import Customer
from payments.hosted.checkout_sessions import CheckoutSession, PaymentStatus

logger = logging.getLogger("florin.settle")

UNEXPECTED = "unexpected answer"
NOT_REACHED = bank.Declined("processing_error", "processing_error")
# Stripe's bypassPending cards: their money is available at once.
AVAILABLE_AT_ONCE = frozenset(("bypassPending", "bypassPendingInternational"))


def settle_authorization(
    attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Answer
) -> bank.Answer:
    """Collect all that follows from a bank's answer to an attempt, and return it; the edge commits it.

    A bank that was not reached is told as a decline, which is what it comes to.
    """
    if isinstance(answer, bank.Unavailable):
        answer = NOT_REACHED
    _settle(attempt, intent, method, answer)
    return answer


def _settle(attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Answer) -> None:
    match answer:
        case bank.Authorized() if _tallies(attempt, intent, answer):
            _approved(attempt, intent, method, answer)
        case bank.Declined(code=bank.AUTHENTICATION_FAILED):
            _not_authenticated(attempt, intent, method, answer)
        case bank.Declined():
            _declined(attempt, intent, method, answer)
        case bank.ChallengeRequired() | bank.Pending():
            _left_open(attempt, intent, method, answer)
        case _ if attempt.status in WAITING:
            attempt.wait_longer()  # Nothing that could end it: another look asks the bank again.
        case bank.Unknown():
            attempt.close(State.UNKNOWN, {"unknown": answer.reason})
        case _:
            # An approval of another amount, or no answer to this question: a person must not guess either.
            logger.error("attempt %s: the bank's answer does not fit what was asked: %s", attempt.id, answer)
            attempt.close(State.UNKNOWN, {"unknown": f"{UNEXPECTED} {type(answer).__name__}"})


def _left_open(attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Open) -> None:
    """Collect that the end comes later; hearing it again changes nothing but the time of the next look."""
    match answer:
        case bank.ChallengeRequired() if attempt.status not in WAITING:
            attempt.close(State.CHALLENGED, {"url": answer.url})
            intent.next_action = next_action(attempt, method.type, answer)
            lifecycle.move(intent, Status.REQUIRES_ACTION)
        case bank.Pending() if attempt.status != State.PENDING:
            _accepted(attempt, intent, method, answer)
        case _:
            attempt.wait_longer()


def _accepted(attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Pending) -> None:
    """Collect that the payment is on its way: its charge is pending, and its session ends unpaid for now."""
    attempt.close(State.PENDING, {})
    charge = _charge(attempt, intent, method, answer.facts)
    charge.outcome = _outcome(answer.facts, "approved_by_network", "Payment pending.", "authorized")
    method.learn(learned(answer.facts))
    intent.next_action = None
    intent.latest_charge_id = charge.id
    events.record("charge.pending", charge)
    if intent.status == Status.REQUIRES_ACTION:
        lifecycle.move(intent, Status.PROCESSING)
    events.record("payment_intent.processing", intent)
    _tell_session(intent, PaymentStatus.UNPAID)


def _tallies(attempt: Attempt, intent: PaymentIntent, answer: bank.Authorized) -> bool:
    taken_minor = 0 if intent.manual else attempt.amount_minor
    asked = (attempt.amount_minor, attempt.currency, taken_minor)
    return (answer.amount_minor, answer.currency, answer.captured_minor) == asked


def _approved(
    attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Authorized
) -> None:
    attempt.close(State.SUCCEEDED, asdict(answer))
    at_once = test_tokens.suffix_of(method.test_number_token or "") in AVAILABLE_AT_ONCE
    charge = _charge(attempt, intent, method, answer.facts)
    if method.type == CARD:
        charge.card = charge.card | {
            "authorization_code": answer.authorization_code,
            "network_transaction_id": answer.network_transaction_id,
        }
    charge.outcome = _outcome(answer.facts, "approved_by_network", "Payment complete.", "authorized")
    if not intent.manual:
        take(intent, charge, attempt.amount_minor, at_once=at_once)
    else:
        intent.amount_capturable = attempt.amount_minor
    intent.attempt_id = intent.next_action = None
    intent.latest_charge_id = charge.id
    if not intent.details.get("setup_future_usage"):
        method.spend()
    elif intent.customer_id is not None and method.customer_id is None:
        method.attach(Customer.find(intent.customer_id))
    set_up_by = answer.network_transaction_id if intent.details.get("setup_future_usage") else None
    method.learn(learned(answer.facts) | {"set_up_by": set_up_by})
    lifecycle.move(charge, ChargeStatus.SUCCEEDED)
    use_mandate(intent, method)
    lifecycle.move(intent, Status.REQUIRES_CAPTURE if intent.manual else Status.SUCCEEDED)
    _tell_session(intent, PaymentStatus.UNPAID if intent.manual else PaymentStatus.PAID)


def take(intent: PaymentIntent, charge: Charge, amount_minor: int, *, at_once: bool = False) -> None:
    """Set the amounts of a capture and collect its balance transaction."""
    charge.captured = True
    charge.amount_captured = amount_minor
    intent.amount_received = amount_minor
    intent.amount_capturable = 0
    description = charge.details.get("description")
    transaction = BalanceTransaction.of_capture(
        charge.id, amount_minor, charge.currency, description, at_once=at_once, card=charge.card
    )
    charge.balance_transaction_id = transaction.id
    if at_once:
        announce_available(transaction)


def _declined(attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Declined) -> None:
    charge = end_try(attempt, intent, method, answer)
    use_mandate(intent, method)
    method.release()
    error = declines.as_error(answer, charge.id, card=method.type == CARD)
    intent.last_payment_error = error | {"payment_method": method.as_stripe()}
    intent.attempt_id = intent.next_action = None
    intent.payment_method_id = None
    lifecycle.move(intent, Status.REQUIRES_PAYMENT_METHOD, decline_code=answer.decline_code)
    _tell_session_of_failure(intent)


def end_try(attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Declined) -> Charge:
    """Collect the end of one try and its failed charge; what becomes of the intent is the caller's."""
    attempt.close(State.FAILED, asdict(answer))
    charge = _charge(attempt, intent, method, answer.facts)
    message = declines.message_for(answer, card=method.type == CARD)
    charge.failure_code, charge.failure_message = answer.code, message
    blocked, reached = answer.facts.blocked, answer is not NOT_REACHED
    charge.outcome = _outcome(
        answer.facts,
        "not_sent_to_network" if blocked or not reached else "declined_by_network",
        "Florin blocked this payment as too risky." if blocked else "The bank did not approve this payment.",
        "blocked" if blocked else "issuer_declined",
    ) | {"reason": "highest_risk_level" if blocked else answer.decline_code or answer.code,
         "network_decline_code": answer.network_decline_code, "advice_code": answer.advice_code}  # fmt: skip
    method.learn(learned(answer.facts))
    intent.latest_charge_id = charge.id
    lifecycle.move(charge, ChargeStatus.FAILED)
    return charge


def _not_authenticated(
    attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, answer: bank.Declined
) -> None:
    """Collect that the challenge was not passed: the issuer was never asked, so no charge is made."""
    attempt.close(State.FAILED, asdict(answer))
    method.release()
    intent.last_payment_error = declines.NOT_AUTHENTICATED | {"payment_method": method.as_stripe()}
    intent.attempt_id = intent.next_action = intent.payment_method_id = None
    lifecycle.move(intent, Status.REQUIRES_PAYMENT_METHOD, decline_code=declines.NOT_AUTHENTICATED["code"])
    _tell_session_of_failure(intent)


def _charge(attempt: Attempt, intent: PaymentIntent, method: PaymentMethod, facts: bank.CardFacts) -> Charge:
    """Return the attempt's charge: the one that has been pending, or a new one."""
    pending = Charge.peek(attempt.charge_id) if method.type != CARD else None
    if pending is not None:
        pending.method_data = (pending.method_data or {}) | learned(facts)
        return pending
    card = method.card | learned(facts) | {"network": facts.network, "three_d_secure": facts.three_d_secure}
    is_card = method.type == CARD
    kept = (
        "description",
        "receipt_email",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    )
    return Charge.new(
        id=attempt.charge_id,
        status=ChargeStatus.PENDING.value,
        amount=attempt.amount_minor,
        amount_captured=0,
        amount_refunded=0,
        currency=attempt.currency,
        captured=False,
        voided=False,
        disputed=False,
        payment_intent_id=intent.id,
        customer_id=intent.customer_id,
        payment_method_id=method.id,
        acquirer=attempt.acquirer,
        authorization=attempt.authorization,
        billing_details=method.billing_details,
        card=card if is_card else {},
        method_type=None if is_card else method.type,
        method_data=None if is_card else _data_of(intent, method) | learned(facts),
        outcome={},
        metadata_=intent.metadata_,
        details={name: intent.details[name] for name in kept if name in intent.details},
    )


def _data_of(intent: PaymentIntent, method: PaymentMethod) -> dict[str, Any]:
    """Return what a charge keeps of its method, with its own mandate among those of the method."""
    kept = {name: value for name, value in (method.data or {}).items() if name != UNDECIDED}
    mandate_id = mandate_of(intent, method)
    return kept | ({"mandate": mandate_id} if mandate_id else {})


def learned(facts: bank.CardFacts) -> dict[str, Any]:
    """Return what an answer told of the card, or of another means, as far as it told anything."""
    told = {
        "country": facts.country, "funding": facts.funding, "cvc_check": facts.cvc_check,
        "address_line1_check": facts.address_line1_check,
        "address_postal_code_check": facts.address_postal_code_check,
    }  # fmt: skip
    return facts.method or {name: value for name, value in told.items() if value is not None} | facts.card


def _outcome(facts: bank.CardFacts, network_status: str, message: str, outcome_type: str) -> dict[str, Any]:
    return {
        "network_status": network_status, "seller_message": message, "type": outcome_type,
        "risk_level": facts.risk_level, "risk_score": facts.risk_score,
    }  # fmt: skip


def _tell_session(intent: PaymentIntent, status: PaymentStatus) -> None:
    if intent.checkout_session_id is not None:
        # The merchant may have changed the session's metadata while the bank was asked.
        CheckoutSession.find(intent.checkout_session_id).reread().paid_for(status)


def _tell_session_of_failure(intent: PaymentIntent) -> None:
    if intent.checkout_session_id is not None:
        CheckoutSession.find(intent.checkout_session_id).reread().payment_failed()
