"""The bank's own pages for paying without a card, the customer's phone, and the counter that begins it all.

A page's address is its key: nobody can guess it, and it leads to one payment alone. Every step is answered
with a page and never with a redirect, so that a form's target stays on the bank's own origin.
"""

import io
from http import HTTPStatus
from typing import Any

import segno
from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy import Connection

from bank_simulator import front
from bank_simulator.desk import Bank, bank_at_hand, body, once
from bank_simulator.errors import NotFound
from bank_simulator.languages import N_, Words
from bank_simulator.methods import METHODS, books, upi, wording
from bank_simulator.methods.books import Terms
from bank_simulator.methods.forms import payment_form
from bank_simulator.methods.kinds import Payment

LOOK_AGAIN_SECONDS = 2
LONGEST_FIELD = 300
# Of methods whose names are words, and no brand's.
NAMES = {"x_netbanking": N_("Net banking"), "sepa_debit": N_("SEPA Direct Debit")}
QR_FORMATS = {
    "svg": ("image/svg+xml", {"scale": 6, "border": 3}),
    "png": ("image/png", {"scale": 8, "border": 3}),
}

counter = Blueprint("payments", __name__)
pages = Blueprint("methods", __name__, template_folder="../templates")
pages.after_request(front.protect)
pictures = Blueprint("pictures", __name__)  # a shop may show them on a page of its own
front.PUBLIC.update((pages.name, pictures.name))


@counter.post("/v1/payments")
def begin() -> Response:
    """Begins a payment by another method than a card."""
    form, terms = payment_form(body(), METHODS), _terms(bank_at_hand())
    base = bank_at_hand().settings.public_url or request.host_url.rstrip("/")
    return once("payment", form, form.reference, lambda tx, stamp: books.begin(tx, form, stamp, terms, base))


@pages.get("/pay/<token>")
def show(token: str) -> Response:
    """The page of the step that the payment is at."""
    return _page(_found(token))


@pages.post("/pay/<token>")
def act(token: str) -> Response:
    """Takes what the customer sent, and shows what comes of it."""
    return _page(*_stepped(_found(token)))


@pictures.get("/pay/<token>/qr.<kind>")
def qr_code(token: str, kind: str) -> Response:
    """UPI's QR code as a picture."""
    payment = _found(token)
    if payment.method != upi.UPI.type or kind not in QR_FORMATS:
        raise NotFound("There is no such picture.")
    mimetype, look = QR_FORMATS[kind]
    picture = io.BytesIO()
    segno.make(upi.payment_uri(payment), error="m", micro=False).save(picture, kind=kind, **look)
    return Response(picture.getvalue(), mimetype=mimetype)


@pages.get("/phone/<token>")
def phone(token: str) -> Response:
    """The customer's phone, on which whoever tests approves or refuses."""
    return _phone(_found(token))


@pages.post("/phone/<token>")
def answer_on_phone(token: str) -> Response:
    return _phone(_stepped(_found(token))[0])


def _found(token: str) -> Payment:
    payment = bank_at_hand().storage.read(lambda tx: books.by_token(tx, token))
    if payment is None or (request.path.startswith("/phone/") and payment.method != upi.UPI.type):
        raise NotFound("There is no such payment.")
    front.speak_to(payment.reference)
    return payment


def _stepped(payment: Payment) -> tuple[Payment, Words | None]:
    bank = bank_at_hand()
    if not front.form_is_ours(payment.reference):
        return payment, front.STRANGER
    sent = {name: value[:LONGEST_FIELD] for name, value in request.form.items()}

    def work(tx: Connection) -> Words | None:
        return books.step(tx, payment.reference, sent, _terms(bank), bank.now())

    problem = bank.storage.write(payment.reference, work)
    return _found(payment.token), problem


def _page(payment: Payment, problem: Words | None = None) -> Response:
    bank, method = bank_at_hand(), METHODS[payment.method]
    step = payment.step if payment.open and payment.expires_at > bank.now() else "ended"
    if step == upi.QR and ("collect" in request.args or problem):
        step = "upi_collect"
    shown: dict[str, Any] = {
        "problem": problem,
        "left": wording.time_left(payment.expires_at, bank.now()),
        "onward": _onward(payment),
        "again_seconds": LOOK_AGAIN_SECONDS,
        "here": url_for("methods.show", token=payment.token),
        **method.view(payment),
    }
    return _rendered(f"methods/{step}.html", payment, **shown)


def _phone(payment: Payment) -> Response:
    over = payment.open and payment.expires_at <= bank_at_hand().now()
    return _rendered("methods/upi_phone.html", payment, over=over, payee=upi.UPI.name)


def _rendered(template: str, payment: Payment, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:
    bank = bank_at_hand()
    html = render_template(
        template,
        payment=payment,
        method_name=NAMES.get(payment.method, METHODS[payment.method].name),
        bank_name=bank.settings.name.replace("_", " ").title(),
        amount=front.money(payment.amount_minor, payment.currency),
        money=front.money,
        day=wording.day,
        written_day=wording.written_day,
        form_token=front.form_token(payment.reference),
        **shown,
    )
    return make_response(html, status)


def _onward(payment: Payment) -> str | None:
    if payment.return_url is None:
        return None
    return front.return_address(payment.return_url, payment.reference, payment.outcome)


def _terms(bank: Bank) -> Terms:
    return Terms(bank.settings.card_key, bank.settings.limits)
