"""The way back from a bank's page: the bank's word is checked, the truth looked up, the customer sent on.

What the customer brings decides nothing. The bank is asked how the payment stands; bringing the same word
again, or bringing it to another payment, changes nothing.
"""

import logging
import re
from http import HTTPStatus

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException

from checkout import rendering, visits
from checkout.headers import protect
from checkout.i18n import N_, Words
from checkout.ways_out import success_address
from kit import database
from kit.database import db
from payments import audit, bank
from payments.charging import reconcile
from payments.charging.attempts import ENDS, Attempt, Kind
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_intents import Status as IntentStatus
from payments.charging.return_urls import with_result
from payments.charging.setup_intents import SetupIntent
from payments.hosted.checkout_sessions import CheckoutSession
from payments.scope import acting_as

logger = logging.getLogger("florin.checkout")

SENT = frozenset((Kind.AUTHORIZE, Kind.VERIFY))
ATTEMPT_ID = re.compile(r"att_[0-9A-Za-z]{1,60}")
LONGEST_TOKEN = 1000
MAXIMUM_RECORDINGS = 50  # a notice, the sweep or another window may record the same end at this moment

WHY = {
    "expired": N_("The link that you came by is too old to be used again."),
    "bad": N_("The link that you came by is damaged, or it belongs to another payment."),
}
PAID = frozenset((IntentStatus.SUCCEEDED, IntentStatus.REQUIRES_CAPTURE))
# Of a customer who goes on to nowhere: how it stands -> title and words, for a payment and for a setup.
STANDS: dict[str, dict[str, tuple[Words, Words]]] = {
    "payment_intent": {
        IntentStatus.SUCCEEDED: (
            N_("Payment received"),
            N_("This payment has been made. You were charged once."),
        ),
        IntentStatus.REQUIRES_CAPTURE: (
            N_("Payment received"),
            N_("This payment has been made. You were charged once."),
        ),
        IntentStatus.PROCESSING: (
            N_("Payment on its way"),
            N_("Your bank has taken the payment in; the shop is told of its end."),
        ),
        IntentStatus.REQUIRES_ACTION: (
            N_("Not confirmed yet"),
            N_("Your bank still waits for your confirmation. You have not been charged."),
        ),
    },
    "setup_intent": {
        IntentStatus.SUCCEEDED: (
            N_("Card saved"),
            N_("The shop keeps this card. You have not been charged."),
        ),
        IntentStatus.PROCESSING: (
            N_("Not known yet"),
            N_("Your bank has been asked; the shop is told what it says."),
        ),
        IntentStatus.REQUIRES_ACTION: (
            N_("Not confirmed yet"),
            N_("Your bank still waits for your confirmation. You have not been charged."),
        ),
    },
}
ELSE = {
    "payment_intent": (N_("Not paid"), N_("No money has been taken for this payment.")),
    "setup_intent": (
        N_("Card not saved"),
        N_("The shop does not keep this card. You have not been charged."),
    ),
}

blueprint = Blueprint("returns", __name__)
blueprint.after_request(protect)


@blueprint.get("/c/return/<attempt_id>")
def come_back(attempt_id: str) -> Response:
    """Take in the customer whom a bank's page sends back."""
    attempt = db.session.get(Attempt, attempt_id) if ATTEMPT_ID.fullmatch(attempt_id) else None
    if attempt is None or attempt.kind not in SENT or attempt.acquirer not in bank.acquirers:
        return rendering.message_page(
            N_("We cannot find this payment"),
            N_(
                "The link may have been cut short. Please go back to the shop to see how your payment stands."
            ),
            HTTPStatus.NOT_FOUND,
        )
    with acting_as(visits.buyer_of(attempt, request)):
        token = request.args.get("token", "")[:LONGEST_TOKEN]
        word = bank.acquirers[attempt.acquirer].read_return(attempt.reference, token)
        if word == "good" and attempt.status not in ENDS:
            _look(attempt_id)
        audit.record("checkout.returned", attempt.intent_id, word, attempt=attempt_id)
        database.commit()
        intent = _intent_of(attempt)
        if word != "good":
            return _told(
                intent, why=WHY[word], onward=_address(attempt, intent) if word == "expired" else None
            )
        onward = _address(attempt, intent)
        return _told(intent) if onward is None else _sent(onward)


def _look(attempt_id: str) -> None:
    """Have the bank say how the payment stands, and record it unless somebody else is faster."""
    for _ in range(MAXIMUM_RECORDINGS):
        try:
            reconcile.reconcile_attempt(attempt_id, patiently=False)
            database.commit()
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
        else:
            break
    database.rollback()  # what comes next reads the rows as they are now


def _intent_of(attempt: Attempt) -> PaymentIntent | SetupIntent:
    noun: type[PaymentIntent | SetupIntent] = SetupIntent if attempt.kind == Kind.VERIFY else PaymentIntent
    return noun.find(attempt.intent_id)


def _address(attempt: Attempt, intent: PaymentIntent | SetupIntent) -> str | None:
    """Return where the customer goes on: the session's page, the merchant's own address, or nowhere."""
    if intent.checkout_session_id is not None:
        session = CheckoutSession.find(intent.checkout_session_id)
        if session.is_embedded:  # the shop's page shows the frame again, or says thank you
            return success_address(session.success_url, session.id)
        return url_for("checkout.show", session_id=session.id, waiting="")
    return with_result(attempt.return_url, intent) if attempt.return_url else None


def _sent(onward: str) -> Response:
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": onward})


def _told(
    intent: PaymentIntent | SetupIntent, *, why: Words | None = None, onward: str | None = None
) -> Response:
    """Return a page with the truth as Florin knows it."""
    title, words = STANDS[intent.object_name].get(intent.status, ELSE[intent.object_name])
    status = HTTPStatus.OK if why is None else HTTPStatus.BAD_REQUEST
    return rendering.returned_page(
        intent, title, words, status, good=intent.status in PAID, why=why, onward=onward
    )


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> Response | HTTPException:
    """Answer a fault of ours: the payment's end does not depend on this page."""
    if isinstance(error, HTTPException):
        return error
    logger.error("the way back failed", exc_info=error)
    database.rollback()
    return rendering.message_page(
        N_("Something went wrong on our side"),
        N_("Your payment is not lost. Please go back to the shop to see how it stands."),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
