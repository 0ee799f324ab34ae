"""The session's page where the card is typed at the acquirer: the order, an email address, the way there."""

from http import HTTPStatus

from flask import Response, make_response, render_template, request
from wtforms import Field

from checkout import frames, gate, pages, rendering, typed, visits, waits
from checkout.countdown import countdown_of
from checkout.declines import Problem
from checkout.forms import PaymentForm
from checkout.i18n import language, speaking
from checkout.sums import Refused
from checkout.ways_out import web_address
from payments import bank
from payments.charging import tries
from payments.charging.cards import ELSEWHERE, CardDetails
from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.elsewhere import HOSTS, pays_elsewhere
from payments.scope import acting_as

PAGES = frozenset(("checkout.show", "checkout.submit"))


class ElsewhereForm(PaymentForm):
    """What is asked before the customer goes there: where to send the receipt, and what the shop wants."""

    def fields(self) -> list[Field]:
        """Return what is asked here; the card is typed there."""
        return self.asked_beside()

    def validate(self, extra_validators: object = None) -> bool:
        """Check what is asked here, and that the form is ours."""
        super().validate(extra_validators)
        asked = (*self.fields(), self.csrf_token)
        for field in self:
            if field not in asked:
                field.errors = ()
        return not any(field.errors for field in asked)

    def means(self) -> CardDetails:
        """Return the card that only the acquirer will know."""
        return ELSEWHERE

    def billing(self) -> Billing:
        """Return who pays; the name on the card is the acquirer's to ask."""
        address = self.address_as_asked() if self.asks_full_address else {}
        return Billing(
            self.email.data, self.payer(), **address, shipping=self.shipping(), answers=self.answers()
        )


def intercept() -> Response | None:
    """Answer in the page's stead where the card is typed elsewhere; None leaves the request to the page."""
    if not HOSTS or request.endpoint not in PAGES:
        return None
    session = visits.find_session(str((request.view_args or {}).get("session_id")))
    if session is None:
        return None
    frames.enter(session)
    locale = rendering.locale_of(session)
    with acting_as(visits.buyer_of(session, request, locale)), speaking(locale):
        shown = gate.page_for(visits.state_of(session))
        if shown != "pay" or not session.amount_total or not pays_elsewhere(session):
            return None
        return _submitted(session) if request.method == "POST" else _shown(session)


def _shown(session: CheckoutSession) -> Response:
    pages.remember_look(session, "elsewhere")
    refused = visits.last_error(session) if "waiting" in request.args else None
    problem = waits.why(session.id, refused) if refused else None
    return page(session, form_of(session, None), problem, HTTPStatus.OK)


def _submitted(session: CheckoutSession) -> Response:
    form = form_of(session, request.form)
    valid = form.validate()
    if form.stranger:
        return page(session, form, pages.STRANGER, HTTPStatus.BAD_REQUEST)
    for first in pages.before_paying:
        if (instead := first(session, form)) is not None:
            return instead
    if not valid:
        return page(session, form, None, HTTPStatus.UNPROCESSABLE_ENTITY)
    session_id = session.id
    try:
        answer = pages.paid(session_id, form)
    except tries.TooManyTries as limit:
        again = pages.present(session_id)
        return waits.told_when(page(again, form, waits.limited(limit), HTTPStatus.TOO_MANY_REQUESTS), limit)
    if answer is not None:  # else the session may hold what was typed in another window
        typed.remember(pages.present(session_id))
    if isinstance(answer, bank.ChallengeRequired):
        return rendering.challenge_page(CheckoutSession.find(session_id), answer.url)
    # Whatever else it came to, the session's own page tells.
    return Response(
        status=HTTPStatus.SEE_OTHER,
        headers={"Location": frames.address("checkout.show", pages.present(session_id), waiting="")},
    )


def form_of(session: CheckoutSession, given: object) -> ElsewhereForm:
    """Return the session's form, filled with what is given or, for None, with what is known."""
    return ElsewhereForm(
        given,
        language().locale,
        fixed_email=visits.known_email(session),
        ships_to=rendering.ships_to(session),
        asks=session.details,
        known=visits.known_details(session) | (typed.again(session) if given is None else {}),
    )


def page(
    session: CheckoutSession,
    form: ElsewhereForm,
    problem: Problem | None,
    status: HTTPStatus,
    refused: Refused | None = None,
) -> Response:
    """Return the page that leads to the acquirer's own."""
    html = render_template(
        "checkout/elsewhere.html",
        order=rendering.order_of(session),
        form=form,
        problem=problem,
        cancel_url=web_address(session.cancel_url),
        challenge_url=web_address(visits.challenge_address(session)),
        action=frames.address("checkout.submit", session),
        change_action=frames.address("checkout_changes.change", session),
        refused=refused,
        countdown=countdown_of(session),
        **rendering.words_of(session),
    )
    return make_response(html, status)
