"""The customer's wish for more time: granted once, and answered by the same page with all that was typed."""

import logging
from http import HTTPStatus

from flask import Blueprint, Response, request

from checkout import elsewhere, gate, pages, rendering, visits
from checkout.declines import Problem
from checkout.forms import PaymentForm
from checkout.headers import protect
from checkout.i18n import N_
from kit import database
from payments.errors import StripeError
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.elsewhere import pays_elsewhere
from payments.hosted.extend import extend

logger = logging.getLogger("florin.checkout")

MAXIMUM_ATTEMPTS = 4  # of a wish that lost a race
NO_MORE = Problem(
    N_("This page can't be kept open for longer."),
    N_("You have not been charged. You can pay until its time is over."),
)

blueprint = Blueprint("checkout_more_time", __name__)
blueprint.after_request(protect)


@blueprint.post("/c/pay/<session_id>/extend")
def prolong(session_id: str) -> Response:
    """Keep the page open for longer, and show it again with all that was typed but the security code."""
    request.max_content_length = pages.MAXIMUM_FORM_BYTES
    return pages.visited(session_id, _prolonged)


def _prolonged(session: CheckoutSession) -> Response:
    page, session_id = gate.page_for(visits.state_of(session)), session.id
    if page != "pay":
        return pages.closed_page(session, page)
    form = _form(session)
    form.validate()
    if form.stranger:
        form.forget_card()
        return _page(session, form, pages.STRANGER, HTTPStatus.BAD_REQUEST)
    form.forget_complaints()
    granted = _granted(session_id)
    session = pages.present(session_id)
    page = gate.page_for(visits.state_of(session))
    if page != "pay":
        return pages.closed_page(session, page)
    return _page(
        session, form, None if granted else NO_MORE, HTTPStatus.OK if granted else HTTPStatus.CONFLICT
    )


def _granted(session_id: str) -> bool:
    """Put off the session's end; tell whether there was time to give."""
    for _ in range(MAXIMUM_ATTEMPTS):
        try:
            extend(pages.present(session_id))
            database.commit()
        except StripeError as refusal:
            logger.info("session %s was not extended: %s", session_id, refusal.message)
            database.rollback()
            return False
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
        else:
            return True
    return False


def _is_elsewhere(session: CheckoutSession) -> bool:
    return bool(session.amount_total) and pays_elsewhere(session)


def _form(session: CheckoutSession) -> PaymentForm:
    if _is_elsewhere(session):
        return elsewhere.form_of(session, request.form)
    return rendering.payment_form(session, request.form)


def _page(
    session: CheckoutSession, form: PaymentForm, problem: Problem | None, status: HTTPStatus
) -> Response:
    if isinstance(form, elsewhere.ElsewhereForm):
        return elsewhere.page(session, form, problem, status)
    return rendering.form_page(session, form, problem, status)
