"""What a buyer changes about an order before paying: a promotion code, and the way of delivery.

Each is a small form of its own, which works without scripts: the answer to a change is the page itself.
"""

import logging
import re
from http import HTTPStatus

from flask import Blueprint, Response, request
from flask_wtf import FlaskForm
from wtforms import StringField

from checkout import elsewhere, frames, gate, pages, rendering, visits, waits
from checkout.csrf import TokenOfPage
from checkout.forms import CSRF_SECONDS
from checkout.headers import protect
from checkout.i18n import Words
from checkout.refusals import BUSY, refused_words
from checkout.sums import Refused
from checkout.words import trimmed
from kit import database
from payments.charging import tries
from payments.errors import InvalidRequest, StripeError
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.elsewhere import pays_elsewhere
from payments.hosted.reprice import change_quantity, choose_shipping, enter_code, leave_code
from payments.hosted.saved_cards import forget_card

logger = logging.getLogger("florin.checkout")

blueprint = Blueprint("checkout_changes", __name__)
blueprint.after_request(protect)

MAXIMUM_ATTEMPTS = 4  # of a change that lost a race
LONGEST_CODE = 500
QUANTITY = re.compile("[0-9]{1,6}")


class OrderForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """One of: a code to enter or take off, a delivery, how many of a line, a saved card to remove."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """The token is that of the page."""

        csrf_class = TokenOfPage
        csrf_time_limit = CSRF_SECONDS

    promotion_code = StringField(name="promotionCode", filters=[trimmed])
    remove = StringField(name="removePromotionCode")
    shipping_rate = StringField(name="shippingRate")
    remove_card = StringField(name="removeSavedCard")
    line = StringField(name="line", filters=[trimmed])
    quantity = StringField(name="quantity", filters=[trimmed])
    remove_line = StringField(name="removeItem")

    def wanted(self) -> int:
        """Return how many of the line are wanted; raises InvalidRequest for what is no number."""
        if self.remove_line.data:
            return 0
        if not QUANTITY.fullmatch(self.quantity.data):
            raise InvalidRequest("This quantity can't be chosen.", param="quantity")
        return int(self.quantity.data)

    def place(self) -> str:
        """Return where on the page a refusal stands: by the small form that was sent."""
        places = {
            "cards": self.remove_card.data,
            "delivery": self.shipping_rate.data,
            "lines": self.line.data,
        }
        return next((place for place, sent in places.items() if sent), "code")

    @property
    def enters_code(self) -> bool:
        """Tell whether it brings a code, and nothing that goes before one: wrong codes are counted."""
        before = (self.remove, self.line, self.remove_card, self.shipping_rate)
        return not any(field.data for field in before)


@blueprint.post("/c/pay/<session_id>/order")
def change(session_id: str) -> Response:
    """Change the order, and show its page again."""
    request.max_content_length = pages.MAXIMUM_FORM_BYTES
    return pages.visited(session_id, _changed)


def _changed(session: CheckoutSession) -> Response:
    page = gate.page_for(visits.state_of(session))
    if page != "pay":
        return pages.closed_page(session, page)
    form = OrderForm(request.form)
    if not form.validate():
        blank = rendering.payment_form(session, None)
        return rendering.form_page(session, blank, pages.STRANGER, HTTPStatus.BAD_REQUEST)
    try:
        tried = tries.enter_code(session.id) if form.enters_code else None
    except tries.TooManyTries as limit:
        busy = _page(session, Refused(waits.TOO_MANY_CODES, form.promotion_code.data[:LONGEST_CODE]))
        busy.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return waits.told_when(busy, limit)
    problem = _counted(session.id, form, tried)
    if problem is None:
        address = frames.address("checkout.show", session)
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
    present = pages.present(session.id)
    page = gate.page_for(visits.state_of(present))
    if page != "pay":
        return pages.closed_page(present, page)
    return _page(present, Refused(problem, form.promotion_code.data[:LONGEST_CODE], form.place()))


def _page(session: CheckoutSession, refused: Refused) -> Response:
    if pays_elsewhere(session) and session.amount_total:
        blank = elsewhere.form_of(session, None)
        return elsewhere.page(session, blank, None, HTTPStatus.UNPROCESSABLE_ENTITY, refused)
    blank = rendering.payment_form(session, None)
    return rendering.form_page(session, blank, None, HTTPStatus.UNPROCESSABLE_ENTITY, refused)


def _counted(session_id: str, form: OrderForm, tried: tries.Try | None) -> Words | None:
    """Change the order as below; only a code that is no good counts, not one that could not be looked at."""
    problem: Words | None = BUSY
    try:
        problem = _carried_out(session_id, form)
    finally:
        if tried is not None and problem in (None, BUSY):
            tried.left()
    return problem


def _carried_out(session_id: str, form: OrderForm) -> Words | None:
    """Change the order; return what stands in the way, in words for the buyer, None for nothing."""
    for _ in range(MAXIMUM_ATTEMPTS):
        try:
            _change(pages.present(session_id), form)
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


def _change(session: CheckoutSession, form: OrderForm) -> None:
    if form.remove.data:
        leave_code(session)
    elif form.line.data:
        change_quantity(session, form.line.data, form.wanted())
    elif form.remove_card.data:
        forget_card(session, form.remove_card.data)
    elif form.shipping_rate.data:
        choose_shipping(session, form.shipping_rate.data)
    else:
        enter_code(session, form.promotion_code.data[:LONGEST_CODE])
