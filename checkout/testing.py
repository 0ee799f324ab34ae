"""The testers' panel: an outcome at a click, in test mode only, by the verb that the API calls, too."""

import logging
from http import HTTPStatus

from flask import Blueprint, Response, request
from flask_wtf import FlaskForm
from wtforms import StringField

from checkout import frames, gate, pages, rendering, visits
from checkout.csrf import TokenOfPage
from checkout.declines import Problem
from checkout.forms import CSRF_SECONDS
from checkout.headers import protect
from checkout.i18n import Words
from kit import database
from payments.errors import StripeError
from payments.hosted.bring_about import bring_about
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.outcomes import BY_NAME

logger = logging.getLogger("florin.checkout")

MAXIMUM_ATTEMPTS = 4  # of an outcome that lost a race; it goes on with what it has begun
# Said to developers, and so in English alone, as the panel itself.
LIVE = Words("There is no such page"), Words("Outcomes can be chosen in test mode only.")
NOT_COME_TO = Words("This outcome was not come to.")
NO_SUCH = "There is no such outcome."
BUSY = "Something else has changed this payment meanwhile. Look at the page again."

blueprint = Blueprint("checkout_testing", __name__)
blueprint.after_request(protect)


class PanelForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """The button that was pressed, and the method to come to the outcome by; '' for the first that fits."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """The token is that of the page."""

        csrf_class = TokenOfPage
        csrf_time_limit = CSRF_SECONDS

    outcome = StringField(name="outcome")
    method_type = StringField(name="payment_method_type")


@blueprint.post("/c/pay/<session_id>/outcome")
def complete(session_id: str) -> Response:
    """Have a made-up customer bring the session to an outcome, and show its page again."""
    request.max_content_length = pages.MAXIMUM_FORM_BYTES
    return pages.visited(session_id, _completed)


def _completed(session: CheckoutSession) -> Response:
    if session.livemode:
        return rendering.message_page(*LIVE, HTTPStatus.NOT_FOUND)
    form, session_id = PanelForm(request.form), session.id
    if not form.validate():
        return _told(session, pages.STRANGER, HTTPStatus.BAD_REQUEST)
    refusal = _carried_out(session_id, form.outcome.data, form.method_type.data or None)
    if refusal is not None:
        return _told(
            pages.present(session_id),
            Problem(NOT_COME_TO, Words(refusal.replace("%", "%%"))),
            HTTPStatus.CONFLICT,
        )
    address = frames.address("checkout.show", pages.present(session_id), waiting="")
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _carried_out(session_id: str, name: str, method_type: str | None) -> str | None:
    """Bring the outcome about; return what stands in the way, in words for a tester, None for nothing."""
    outcome = BY_NAME.get(name)
    if outcome is None:
        return NO_SUCH
    for _ in range(MAXIMUM_ATTEMPTS):
        try:
            bring_about(pages.present(session_id), outcome, method_type=method_type)
            database.commit()
        except StripeError as refusal:
            logger.info("session %s did not come to %s: %s", session_id, name, refusal.message)
            pages.keep(refusal)
            return refusal.message
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
        else:
            return None
    return BUSY


def _told(session: CheckoutSession, problem: Problem, status: HTTPStatus) -> Response:
    page = gate.page_for(visits.state_of(session))
    if page != "pay":
        return pages.closed_page(session, page)
    return rendering.form_page(session, rendering.payment_form(session, None), problem, status)
