"""The short address of a payment link: whoever follows it comes to a session of their own."""

import logging
import re
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException

from checkout import rendering, visits, waits
from checkout.headers import protect
from checkout.i18n import N_, speaking
from checkout.locales import choose_locale
from kit import database
from payments import audit
from payments.charging import tries
from payments.errors import InvalidRequest, StripeError
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.link_parameters import LinkParameters
from payments.hosted.open_link import open_link
from payments.hosted.payment_links import PaymentLink
from payments.hosted.reprice import enter_code
from payments.scope import acting_as

logger = logging.getLogger("florin.checkout")

CODE = re.compile(r"[0-9A-Za-z]{1,64}")

blueprint = Blueprint("links", __name__)
blueprint.after_request(protect)


@blueprint.get("/b/<code>")
def follow(code: str) -> Response:
    """Open a session for whoever follows the link; one that only looks whether it is there opens none."""
    link = PaymentLink.of_code(code) if CODE.fullmatch(code) else None
    if link is None:
        return rendering.message_page(
            N_("We cannot find this payment link"),
            N_("The link may have been cut short. Please ask the shop for it once more."),
            HTTPStatus.NOT_FOUND,
        )
    asked = LinkParameters.read(request.args)
    locale = choose_locale(asked.locale, request.accept_languages)
    with acting_as(visits.buyer_of(link, request)), speaking(locale):
        if not link.is_open:
            return rendering.sold_out_page(link)
        if request.method == "HEAD":
            return Response(status=HTTPStatus.OK)
        return _opened(link, asked)


def _opened(link: PaymentLink, asked: LinkParameters) -> Response:
    try:
        tries.open_by_link()
        session = open_link(link, asked)
    except tries.TooManyTries as limit:
        audit.record("payment_link.limited", link.id)
        database.commit()
        busy = rendering.message_page(
            N_("This link has been opened very often in a short time"),
            N_("You have not been charged. Please wait a minute, and follow the link once more."),
            HTTPStatus.TOO_MANY_REQUESTS,
        )
        return waits.told_when(busy, limit)
    except InvalidRequest as refusal:
        logger.info("link %s was not opened: %s", link.id, refusal.message)
        database.rollback()
        return rendering.message_page(
            N_("This link can't be paid at the moment"),
            N_("What it offers is not sold here just now. Please ask the shop."),
            HTTPStatus.CONFLICT,
        )
    dropped: dict[str, Any] = (
        {"card_numbers_in": list(asked.with_card_numbers)} if asked.with_card_numbers else {}
    )
    audit.record("payment_link.opened", link.id, session=session.id, **dropped)
    database.commit()
    if asked.promotion_code and session.details.get("allow_promotion_codes"):
        _enter(session.id, asked.promotion_code)
    address = url_for("checkout.show", session_id=session.id)
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _enter(session_id: str, code: str) -> None:
    """Enter the code of the link's address as if it were typed; one that is no good counts and is dropped."""
    try:
        tried = tries.enter_code(session_id)
    except tries.TooManyTries:
        return
    counts = False
    try:
        enter_code(CheckoutSession.find(session_id), code)
        database.commit()
    except StripeError as refusal:
        logger.info("the code of the link to %s was dropped: %s", session_id, refusal.message)
        database.rollback()
        counts = True
    except (database.StaleWrite, database.DuplicateRow):
        database.rollback()  # the customer has the page already, and types the code there
    finally:
        if not counts:
            tried.left()


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> Response | HTTPException:
    """Answer a fault of ours: nothing has been paid yet."""
    if isinstance(error, HTTPException):
        return error
    logger.error("a payment link failed", exc_info=error)
    database.rollback()
    return rendering.message_page(
        N_("Something went wrong on our side"),
        N_("You have not been charged. Please follow the link once more."),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
