"""The short address of a payment link: whoever follows it comes to a session of their own."""

import logging
import re
from http import HTTPStatus

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException

from checkout import rendering, visits, waits
from checkout.headers import protect
from checkout.i18n import N_
from kit import database
from payments import audit
from payments.charging import tries
from payments.errors import InvalidRequest
from payments.hosted.open_link import open_link
from payments.hosted.payment_links import PaymentLink
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
    with acting_as(visits.buyer_of(link, request)):
        if not link.is_open:
            return rendering.sold_out_page(link)
        if request.method == "HEAD":
            return Response(status=HTTPStatus.OK)
        return _opened(link)


def _opened(link: PaymentLink) -> Response:
    try:
        tries.open_by_link()
        session = open_link(link, request.args.get("client_reference_id"))
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
    audit.record("payment_link.opened", link.id, session=session.id)
    database.commit()
    address = url_for("checkout.show", session_id=session.id)
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


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
