"""What Stripe's objects and errors mean in the words of our port."""

from dataclasses import replace
from typing import Any

import stripe

from payments import bank
from payments.acquirers.reading import integer, mapping, text, text_or_none, web_address
from payments.acquirers.stripe_line import LineFailed

UNREADABLE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
NEVER_APPROVED = bank.Declined("processing_error", "processing_error")
# Stripe's code of a customer who did not pass the challenge.
NOT_AUTHENTICATED = "payment_intent_authentication_failure"
# A busy object, unlike a busy account: somebody else's request about it is being carried out.
LOCKED = "lock_timeout"


def of_intent(intent: dict[str, Any]) -> bank.Answer:
    """Return how a payment intent stands, its latest charge expanded.

    NotFound where it was made and never confirmed: nobody was asked for money. Raises what is in UNREADABLE.
    """
    charge = mapping(intent.get("latest_charge"))
    match intent["status"]:
        case "succeeded" | "requires_capture":
            return _authorized(intent, charge)
        case "processing":
            return bank.Pending()
        case "requires_action":
            return _challenge(mapping(intent.get("next_action")))
        case "canceled":
            return NEVER_APPROVED
        case "requires_payment_method" | "requires_confirmation":
            error = mapping(intent.get("last_payment_error"))
            return declined(error, charge) if error else bank.NotFound()
        case other:
            return bank.Unknown(f"unknown status {other!r}"[:200])


def of_session(session: dict[str, Any]) -> bank.Answer:
    """Return how a checkout session stands, its intent and that one's latest charge expanded.

    A customer whose card was declined may try another one there, so only the session's own end counts.
    """
    match session["status"]:
        case "open":
            return bank.ChallengeRequired(web_address(session["url"]))
        case "expired":
            return bank.Declined(bank.AUTHENTICATION_FAILED, None)
        case "complete":
            return _paid_there(mapping(session["payment_intent"]))
        case other:
            return bank.Unknown(f"unknown status {other!r}"[:200])


def _paid_there(intent: dict[str, Any]) -> bank.Answer:
    answer = of_intent(intent)
    match answer:
        case bank.NotFound():
            return bank.Pending()
        case bank.Authorized() | bank.Declined():
            details = mapping(mapping(intent["latest_charge"]).get("payment_method_details"))
            told = mapping(details.get("card"))
            card: dict[str, Any] = {name: text(told[name]) for name in ("brand", "last4")}
            card |= {name: integer(told[name]) for name in ("exp_month", "exp_year")}
            return replace(answer, facts=replace(answer.facts, card=card))
    return answer


def of_refund(refund: dict[str, Any], amount_minor: int) -> bank.Answer:
    """Return how a refund stands; one of another amount than asked is no answer."""
    if integer(refund["amount"]) != amount_minor:
        return bank.Unknown("the refund is of another amount")
    match refund["status"]:
        case "succeeded":
            return bank.Done(refund_reference(refund))
        case "pending" | "requires_action":
            return bank.Pending()
        case "failed" | "canceled" as ended:
            return bank.Refused(text_or_none(refund.get("failure_reason")) or ended)
        case other:
            return bank.Unknown(f"the refund is {other!r}"[:200])


def refund_reference(refund: dict[str, Any]) -> str | None:
    """Return the reference by which the card's bank knows a refund (its ARN)."""
    card = mapping(mapping(refund.get("destination_details")).get("card"))
    return text_or_none(card.get("reference"))


def refused_card(error: stripe.CardError) -> bank.Declined:
    """Return the decline that Stripe tells as an error."""
    told = error.json_body if isinstance(error.json_body, dict) else {}
    return declined(mapping(told.get("error")), {})


def declined(error: dict[str, Any], charge: dict[str, Any]) -> bank.Declined:
    """Return the decline of an error object, with what the network told of the card."""
    code = text_or_none(error.get("code")) or "card_declined"
    if code == NOT_AUTHENTICATED:
        return bank.Declined(bank.AUTHENTICATION_FAILED, None)
    known = charge or {"payment_method_details": mapping(error.get("payment_method"))}
    return bank.Declined(
        code,
        text_or_none(error.get("decline_code")),
        text_or_none(error.get("network_decline_code")),
        text_or_none(error.get("advice_code")),
        _facts(known),
    )


def surely_not_done(error: stripe.StripeError) -> bool:
    """Tell whether Stripe has surely carried out nothing of a request that it answered so."""
    match error:
        case LineFailed():
            return not error.sent
        case stripe.RateLimitError():
            return error_code(error) != LOCKED
        case stripe.AuthenticationError() | stripe.PermissionError():
            return True
        case _:
            return False


def error_code(error: stripe.StripeError) -> str | None:
    """Return an error's code, which the SDK hands over for some types of error only."""
    told = error.json_body if isinstance(error.json_body, dict) else {}
    code = told.get("error", {}).get("code") if isinstance(told.get("error"), dict) else None
    return code if isinstance(code, str) else None


def reason_of(error: stripe.StripeError) -> str:
    """Return what may be kept and logged of an error: no sentence of Stripe's, which may quote ours."""
    if isinstance(error, LineFailed):
        return str(error)[:200]
    known = (type(error).__name__, f"HTTP {error.http_status}", error_code(error), error.request_id)
    return " ".join(part for part in known if part)[:200]


def _authorized(intent: dict[str, Any], charge: dict[str, Any]) -> bank.Authorized:
    card = mapping(mapping(charge.get("payment_method_details")).get("card"))
    return bank.Authorized(
        amount_minor=integer(intent["amount"]),
        currency=text(intent["currency"]),
        captured_minor=integer(intent["amount_received"]),
        authorization_code=text_or_none(card.get("authorization_code")),
        network_transaction_id=text_or_none(card.get("network_transaction_id")),
        facts=_facts(charge),
    )


def _challenge(action: dict[str, Any]) -> bank.Answer:
    """Return the issuer's page; NotFound where no address leads there, since nothing was approved."""
    if action.get("type") != "redirect_to_url":
        return bank.NotFound()
    return bank.ChallengeRequired(web_address(mapping(action.get("redirect_to_url"))["url"]))


def _facts(charge: dict[str, Any]) -> bank.CardFacts:
    card = mapping(mapping(charge.get("payment_method_details")).get("card"))
    checks, outcome = mapping(card.get("checks")), mapping(charge.get("outcome"))
    score = outcome.get("risk_score")
    return bank.CardFacts(
        network=text_or_none(card.get("network")),
        country=text_or_none(card.get("country")),
        funding=text_or_none(card.get("funding")),
        cvc_check=text_or_none(checks.get("cvc_check")),
        address_line1_check=text_or_none(checks.get("address_line1_check")),
        address_postal_code_check=text_or_none(checks.get("address_postal_code_check")),
        risk_level=text_or_none(outcome.get("risk_level")) or "normal",
        risk_score=None if score is None else integer(score),
        blocked=outcome.get("type") == "blocked",
        three_d_secure=_three_d_secure(mapping(card.get("three_d_secure"))),
    )


def _three_d_secure(told: dict[str, Any]) -> dict[str, Any] | None:
    known = ("authentication_flow", "electronic_commerce_indicator", "exemption_indicator", "result",
             "result_reason", "transaction_id", "version")  # fmt: skip
    return {name: text_or_none(told.get(name)) for name in known} if told else None
