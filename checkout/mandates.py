"""A mandate as its customer has accepted it, at an address that only whoever knows its id has."""

import re
from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request

from checkout import rendering, visits
from checkout.headers import protect
from checkout.i18n import N_, Words, gettext, speaking
from checkout.locales import choose_locale
from checkout.looks import face_of
from kit import database
from kit.database import db
from kit.readable import format_amount
from payments import audit
from payments.branding import look_of
from payments.charging.mandates import Mandate
from payments.charging.methods import METHODS
from payments.charging.methods.sepa_debit import MANDATE
from payments.merchants import present_name
from payments.scope import acting_as

MANDATE_ID = re.compile(r"mandate_[0-9A-Za-z]{1,64}")

blueprint = Blueprint("mandates_of_customers", __name__)
blueprint.after_request(protect)


@blueprint.get("/c/mandate/<mandate_id>")
def show(mandate_id: str) -> Response:
    """Show what was allowed, to whom, and the reference that the customer's bank knows it by."""
    mandate = db.session.get(Mandate, mandate_id) if MANDATE_ID.fullmatch(mandate_id) else None
    if mandate is None:
        return rendering.message_page(
            N_("We cannot find this payment"),
            N_("The link may have been cut short. Please ask the shop for it once more."),
            HTTPStatus.NOT_FOUND,
        )
    locale = choose_locale(None, request.accept_languages)
    with acting_as(visits.buyer_of(mandate, request)), speaking(locale):
        html = render_template(
            "checkout/mandate.html",
            order=None,
            face=face_of(look_of(mandate.account_id), livemode=mandate.livemode),
            test_mode=not mandate.livemode,
            title=Words(METHODS[mandate.type].label),
            sum=format_amount(mandate.amount, mandate.currency, locale),
            words=gettext(MANDATE, merchant=present_name()),
            reference=mandate.reference,
        )
        audit.record("mandate.shown", mandate.id)
        database.commit()
        return make_response(html)
