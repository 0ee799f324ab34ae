"""The hosted page: one address for each session, and the page that its state calls for."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from checkout import frames, gate, rendering, shapes, typed, visits, waits
from checkout.compressing import compressed
from checkout.declines import Problem
from checkout.forms import PaymentForm
from checkout.headers import protect
from checkout.i18n import N_, speaking
from kit import database
from payments import audit, audit_spool, bank
from payments.charging import reconcile, tries
from payments.charging.cards import CardDetails
from payments.errors import InvalidRequest, StripeError
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.pay import pay
from payments.hosted.recover import recover
from payments.hosted.save import save
from payments.scope import acting_as, caller

logger = logging.getLogger("florin.checkout")

MAXIMUM_FORM_BYTES = 16 * 1024
MAXIMUM_ATTEMPTS = 4  # of a payment that lost a race before the bank was asked
MAXIMUM_RECORDINGS = 50  # of an answer that the bank has given: money may have moved
ALREADY_PAID_SECONDS = 5  # enough to read that nothing was charged twice

STRANGER = Problem(
    N_("This page was open for too long, or your browser does not keep cookies."),
    N_("You have not been charged. Please type your card again."),
)
CHANGED = Problem(
    N_("The total of this order has changed."),
    N_("You have not been charged. Look at the order again before you pay."),
)
NOT_STARTED = Problem(
    N_("This payment could not be started."),
    N_("No money has been taken. Please try again, or return to the shop."),
)

# Asked once a form of ours has come, before its payment is tried; what one returns is the answer instead.
before_paying: list[Callable[[CheckoutSession, PaymentForm], Response | None]] = []

blueprint = Blueprint("checkout", __name__)
blueprint.after_request(protect)
blueprint.after_request(compressed)


@blueprint.get("/c/pay/<session_id>")
def show(session_id: str) -> Response:
    """Show the page of the session's state."""
    return visited(session_id, _shown)


@blueprint.post("/c/pay/<session_id>")
def submit(session_id: str) -> Response:
    """Take the card that the buyer typed."""
    request.max_content_length = MAXIMUM_FORM_BYTES
    return visited(session_id, _submitted)


@blueprint.get("/c/recover/<session_id>")
def reopen(session_id: str) -> Response:
    """Take the buyer of an expired session to a new one with the same order."""
    return visited(session_id, _reopened)


def visited(session_id: str, step: Callable[[CheckoutSession], Response]) -> Response:
    """Take a step at a session's address, as its buyer."""
    session = visits.find_session(session_id)
    if session is None:
        return rendering.message_page(
            N_("We cannot find this payment page"),
            N_("The link may have been cut short. Please go back to the shop and start again."),
            HTTPStatus.NOT_FOUND,
        )
    frames.enter(session)
    locale = rendering.locale_of(session)
    with acting_as(visits.buyer_of(session, request, locale)), speaking(locale):
        return step(session)


def _shown(session: CheckoutSession) -> Response:
    page = gate.page_for(visits.state_of(session))
    remember_look(session, page)
    waited = "waiting" in request.args
    if page == "paid":
        return rendering.paid_page(session, already=not waited, onward_seconds=0 if waited else None)
    if page != "pay":
        return closed_page(session, page)
    frame, challenge = frames.present(), visits.challenge_address(session)
    if waited and challenge and frame is not None and not frame.comes_back:
        return rendering.challenge_page(session, challenge)  # until the other window is done
    if not waited:
        return shapes.form_page(session)
    refused = visits.last_error(session)
    problem = waits.why(session.id, refused) if refused else None
    form = rendering.payment_form(session, None)
    form.choose(visits.refused_method(session) if refused else None)
    return rendering.form_page(session, form, problem, HTTPStatus.OK, declined=problem is not None)


def _submitted(session: CheckoutSession) -> Response:
    page = gate.page_for(visits.state_of(session))
    if page != "pay":
        _remember("checkout.page_submitted", session, page)
        return closed_page(session, page)
    form = rendering.payment_form(session, request.form)
    good = form.validate()
    if form.stranger:
        _remember("checkout.page_submitted", session, "stranger")
        form.forget_card()
        return rendering.form_page(session, form, STRANGER, HTTPStatus.BAD_REQUEST)
    if form.choose(request.form.get("instead")):
        form.forget_complaints()
        return rendering.form_page(session, form, None, HTTPStatus.OK)
    for first in before_paying:
        if (instead := first(session, form)) is not None:
            return instead
    if not good:
        _remember("checkout.page_submitted", session, "invalid")
        return rendering.form_page(session, form, None, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return _answered(session.id, form)
    except tries.TooManyTries as limit:
        session = present(session.id)
        _remember("checkout.page_submitted", session, "limited")
        page_again = rendering.form_page(session, form, waits.limited(limit), HTTPStatus.TOO_MANY_REQUESTS)
        return waits.told_when(page_again, limit)


def _answered(session_id: str, form: PaymentForm) -> Response:
    """Pay, and show what came of it: the shop, the form with the bank's reason, or the truth as it stands."""
    answer = paid(session_id, form)
    session = present(session_id)
    if answer is not None:  # else the session may hold what was typed in another window
        typed.remember(session)
    match answer:
        case bank.Declined():
            told = visits.Refused(answer.code, answer.decline_code, session_id)
            problem = waits.why(session_id, visits.last_error(session) or told)
            return rendering.form_page(session, form, problem, HTTPStatus.PAYMENT_REQUIRED, declined=True)
        case bank.ChallengeRequired():
            return rendering.challenge_page(session, answer.url)
    page = gate.page_for(visits.state_of(session))
    if page == "paid" and answer is not None:
        return rendering.paid_page(session, already=False, onward_seconds=0)
    if page == "pay":
        changed = form.expected_minor not in (None, session.amount_total)
        return rendering.form_page(session, form, CHANGED if changed else NOT_STARTED, HTTPStatus.CONFLICT)
    return closed_page(session, page)


def paid(session_id: str, form: PaymentForm) -> bank.Answer | None:
    """Call the one verb, within limits; None where another window, the shop or the clock was faster.

    Raises TooManyTries before anything has been asked or changed.
    """
    means = form.means()
    database.rollback()  # the counting has a connection of its own: this thread needs no second one
    with tries.tried(session_id, means if isinstance(means, CardDetails) else None):
        return _paid(session_id, form)


def _paid(session_id: str, form: PaymentForm) -> bank.Answer | None:
    for _ in range(MAXIMUM_ATTEMPTS):
        commits_before = database.commits()
        try:
            answer = _carried_out(present(session_id), form)
            database.commit()
        except StripeError as refusal:
            logger.info("session %s was not paid: %s", session_id, refusal.message)
            keep(refusal)
            return None
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
            if database.commits() != commits_before:
                return _recorded_again()
        else:
            return answer
    return None


def _carried_out(session: CheckoutSession, form: PaymentForm) -> bank.Answer:
    means = form.means()
    if not session.keeps_card:
        return pay(session, means, form.billing(), expected_minor=form.expected_minor)
    if not isinstance(means, CardDetails):
        raise InvalidRequest("Only a card can be kept.", param="paymentMethod")
    return save(session, means, form.billing())


def keep(refusal: StripeError) -> None:
    """Write what a refusal has found out, as a payment that another window has just completed."""
    try:
        if refusal.keep:
            database.commit()
    except (database.StaleWrite, database.DuplicateRow):
        logger.info("it was recorded elsewhere meanwhile")
    database.rollback()


def _reopened(session: CheckoutSession) -> Response:
    session_id = session.id
    try:
        successor = recover(session)
        audit.record("checkout.recovered", session.id, "succeeded", successor=successor.id)
        database.commit()
    except InvalidRequest as refusal:
        logger.info("session %s was not recovered: %s", session.id, refusal.message)
        database.rollback()
        return _to_page(present(session_id))
    return _to_page(successor)


def _to_page(session: CheckoutSession) -> Response:
    address = frames.address("checkout.show", session)
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _recorded_again() -> bank.Answer | None:
    """Record an answer after the shop changed the session meanwhile; None where another has recorded it."""
    for _ in range(MAXIMUM_RECORDINGS):
        try:
            answer = reconcile.record_again()
            database.commit()
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
        else:
            return answer
    return None


def present(session_id: str) -> CheckoutSession:
    """Return the session as it stands now."""
    return CheckoutSession.find(session_id)


def closed_page(session: CheckoutSession, page: str) -> Response:
    """Return the page of a session that takes no card now, for a buyer who has just sent one."""
    match page:
        case "waiting":
            return rendering.waiting_page(session)
        case "expired":
            return rendering.expired_page(session)
        case "sold_out" if link := visits.link_of(session):
            return rendering.sold_out_page(link)
        case _:
            return rendering.paid_page(session, already=True, onward_seconds=ALREADY_PAID_SECONDS)


def remember_look(session: CheckoutSession, page: str) -> None:
    """Write the audit row of a query, spooled where the house spools them (docs/decisions/0002)."""
    spool = audit_spool.in_force()
    if spool is None:
        _remember("checkout.page_shown", session, page)
    else:
        spool.put(caller(), "checkout.page_shown", session.id, page, {})


def _remember(action: str, session: CheckoutSession, outcome: str) -> None:
    audit.record(action, session.id, outcome)
    database.commit()


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Answer a form that no buyer could have typed."""
    return rendering.message_page(
        N_("That was more than this page can read"),
        N_("You have not been charged. Please go back and type shorter answers."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> Response | HTTPException:
    """Answer a fault of ours without a word that could mislead: the page itself knows what was paid."""
    if isinstance(error, HTTPException):
        return error
    logger.error("the hosted page failed", exc_info=error)
    database.rollback()
    return rendering.message_page(
        N_("Something went wrong on our side"),
        N_("Open this page again to see whether you have paid. It never charges an order twice."),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
