"""What a buyer changes about an order before paying: a code, the delivery, quantities, a saved card.

It works without scripts: the answer to a change is the page itself, with all that was typed but the security
code. What was typed into the order and not applied yet is applied before anything is paid.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, request

from checkout import elsewhere, frames, gate, pages, rendering, visits, waits
from checkout.declines import Problem
from checkout.forms import PaymentForm
from checkout.headers import protect
from checkout.i18n import Words
from checkout.order_form import OrderForm, Step, is_whole, unapplied
from checkout.refusals import BUSY, refused_words
from checkout.sums import Refused
from kit import database
from payments.charging import tries
from payments.errors import StripeError
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.elsewhere import pays_elsewhere

logger = logging.getLogger("florin.checkout")

blueprint = Blueprint("checkout_changes", __name__)
blueprint.after_request(protect)

MAXIMUM_ATTEMPTS = 4  # of a change that lost a race


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why not all was changed; `limit` where too many codes were tried."""

    refused: Refused
    limit: tries.TooManyTries | None = None


@blueprint.post("/c/pay/<session_id>/order")
def change(session_id: str) -> Response:
    """Change the order, and show its page again."""
    request.max_content_length = pages.MAXIMUM_FORM_BYTES
    return pages.visited(session_id, _changed)


def _changed(session: CheckoutSession) -> Response:
    page = gate.page_for(visits.state_of(session))
    if page != "pay":
        return pages.closed_page(session, page)
    order = OrderForm(request.form)
    if not order.validate():
        form = _typed(session)
        form.forget_card()
        return rendering.form_page(session, form, pages.STRANGER, HTTPStatus.BAD_REQUEST)
    stopped = _carried_out(session.id, order.steps(session, request.form))
    if stopped is None and not is_whole(request.form):
        address = frames.address("checkout.show", session)
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
    return _shown_again(session.id, stopped)


def before_paying(session: CheckoutSession, form: PaymentForm) -> Response | None:
    """Apply what was typed and not applied; None where the total is still the one that was shown."""
    shown_minor = session.amount_total if form.expected_minor is None else form.expected_minor
    steps = unapplied(session, request.form, code=True)
    stopped = _carried_out(session.id, steps) if steps else None
    if stopped is None and (not steps or pages.present(session.id).amount_total == shown_minor):
        return None
    return _shown_again(session.id, stopped, None if stopped else pages.CHANGED)


pages.before_paying.append(before_paying)


def _shown_again(session_id: str, stopped: _Stopped | None, problem: Problem | None = None) -> Response:
    """Return the page as the order stands now, with all that was typed beside it."""
    session = pages.present(session_id)
    page = gate.page_for(visits.state_of(session))
    if page != "pay":
        return pages.closed_page(session, page)
    refused = stopped.refused if stopped else None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if stopped else HTTPStatus.CONFLICT if problem else HTTPStatus.OK
    if pays_elsewhere(session) and session.amount_total:
        form = elsewhere.form_of(session, request.form if is_whole(request.form) else None)
        response = elsewhere.page(session, form, problem, status, refused)
    else:
        response = rendering.form_page(session, _typed(session), problem, status, refused)
    if stopped is None or stopped.limit is None:
        return response
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    return waits.told_when(response, stopped.limit)


def _typed(session: CheckoutSession) -> PaymentForm:
    form = rendering.payment_form(session, request.form if is_whole(request.form) else None)
    form.leave_what_is_gone()
    return form


def _carried_out(session_id: str, steps: Sequence[Step]) -> _Stopped | None:
    """Take each step; return what stands in the way of one, None for nothing. Those before it are taken."""
    for step in steps:
        try:
            tried = tries.enter_code(session_id) if step.enters_code else None
        except tries.TooManyTries as limit:
            return _Stopped(Refused(waits.TOO_MANY_CODES, step.place), limit)
        problem = _counted(session_id, step, tried)
        if problem is not None:
            return _Stopped(Refused(problem, step.place))
    return None


def _counted(session_id: str, step: Step, tried: tries.Try | None) -> Words | None:
    """Take a step as below; only a code that is no good counts, not one that could not be looked at."""
    problem: Words | None = BUSY
    try:
        problem = _taken(session_id, step)
    finally:
        if tried is not None and problem in (None, BUSY):
            tried.left()
    return problem


def _taken(session_id: str, step: Step) -> Words | None:
    """Change the order; return what stands in the way, in words for the buyer, None for nothing."""
    for _ in range(MAXIMUM_ATTEMPTS):
        try:
            step.take(pages.present(session_id))
            database.commit()
        except StripeError as refusal:
            logger.info("order of %s was not changed: %s", session_id, refusal.message)
            database.rollback()
            return refused_words(refusal)
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
        else:
            return None
    return BUSY
