"""The page of a receipt: what was paid, with what, and how much of it came back; made to be printed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from babel import Locale
from babel.dates import format_date
from flask import Blueprint, Response, make_response, render_template, request

from checkout import rendering, visits
from checkout.headers import protect
from checkout.i18n import N_, Words, speaking
from checkout.locales import choose_locale
from checkout.looks import face_of
from kit import database
from kit.database import db
from kit.readable import format_amount
from payments import audit, audit_spool
from payments.charging.charges import Charge
from payments.receipts import numbers
from payments.receipts.receipt import Receipt, receipt_of
from payments.scope import acting_as, caller

CHARGE_ID = re.compile(r"ch_[0-9A-Za-z]{1,60}")
TITLES = {
    "paid": N_("Receipt"),
    "partially_refunded": N_("Receipt, partially refunded"),
    "refunded": N_("Receipt, refunded"),
}

blueprint = Blueprint("receipts", __name__)
blueprint.after_request(protect)


@dataclass(frozen=True, slots=True)
class Written:
    """A receipt with its sums and its date as the customer writes them."""

    receipt: Receipt
    title: Words
    date: str
    paid: str
    refunded: str | None
    left: str
    lines: tuple[tuple[str, int, str], ...]


@blueprint.get("/c/receipt/<charge_id>/<seal>")
def show(charge_id: str, seal: str) -> Response:
    """Show the receipt as it stands now to whoever was given its address."""
    known = CHARGE_ID.fullmatch(charge_id) and numbers.is_sealed(charge_id, seal)
    charge = db.session.get(Charge, charge_id) if known else None
    if charge is None or not charge.captured:
        return rendering.message_page(
            N_("We cannot find this receipt"),
            N_("The link may have been cut short. Please ask the shop for it once more."),
            HTTPStatus.NOT_FOUND,
        )
    with acting_as(visits.buyer_of(charge, request)):
        receipt = receipt_of(charge)
        _remember(charge)
        locale = choose_locale(receipt.locale, request.accept_languages)
        with speaking(locale):
            return make_response(
                render_template(
                    "checkout/receipt.html",
                    order=None,
                    face=face_of(receipt.look, livemode=charge.livemode),
                    test_mode=receipt.test_mode,
                    written=written(receipt, locale),
                )
            )


def written(receipt: Receipt, locale: Locale) -> Written:
    """Return a receipt in a locale's way of writing."""

    def money(amount_minor: int) -> str:
        return format_amount(amount_minor, receipt.currency, locale)

    return Written(
        receipt=receipt,
        title=TITLES[receipt.state],
        date=format_date(datetime.fromtimestamp(receipt.paid_at, UTC).date(), "long", locale=locale),
        paid=money(receipt.paid_minor),
        refunded=money(receipt.refunded_minor) if receipt.refunded_minor else None,
        left=money(receipt.paid_minor - receipt.refunded_minor),
        lines=tuple((name, quantity, money(amount)) for name, quantity, amount in receipt.lines),
    )


def _remember(charge: Charge) -> None:
    spool = audit_spool.in_force()
    if spool is None:
        audit.record("receipt.shown", charge.id)
        database.commit()
    else:
        spool.put(caller(), "receipt.shown", charge.id, "shown", {})
