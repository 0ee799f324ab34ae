"""The acquirer's counter: its HTTP verbs, and one answer for each reference however often it is sent."""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import Connection

from bank_simulator import authorizations, forms, journal, operations
from bank_simulator.authorizations import Terms
from bank_simulator.config import BankSettings
from bank_simulator.errors import InvalidRequest, NotFound, ReferenceReused, Unauthorized
from bank_simulator.forms import AuthorizationForm, MoneyForm, VoidForm
from bank_simulator.journal import Entry, Stamp
from bank_simulator.storage import Storage

counter = Blueprint("acquirer", __name__)


@dataclass(frozen=True)
class Bank:
    settings: BankSettings
    storage: Storage
    clock: Callable[[], float]


@counter.get("/health")
def health() -> Response:
    """Says that the bank answers and that its database does."""
    _bank().storage.read(lambda tx: tx.exec_driver_sql("SELECT 1").scalar())
    return jsonify(object="health", status="ok")


@counter.post("/v1/authorizations")
def authorize() -> Response:
    form = forms.authorization_form(_body())
    settings = _bank().settings
    terms = Terms(settings.card_key, settings.limits)
    return _once(
        "authorization",
        form,
        form.reference,
        lambda tx, stamp: authorizations.authorize(tx, form, stamp, terms),
    )


@counter.post("/v1/authorizations/<reference>/captures")
def capture(reference: str) -> Response:
    form = forms.money_form(_body(), reference)
    return _once("capture", form, reference, lambda tx, stamp: operations.capture(tx, form, stamp))


@counter.post("/v1/authorizations/<reference>/refunds")
def refund(reference: str) -> Response:
    form = forms.money_form(_body(), reference)
    return _once("refund", form, reference, lambda tx, stamp: operations.refund(tx, form, stamp))


@counter.post("/v1/authorizations/<reference>/void")
def void(reference: str) -> Response:
    form = forms.void_form(_body(), reference)
    return _once("void", form, reference, lambda tx, stamp: operations.void(tx, form, stamp))


@counter.get("/v1/authorizations/<reference>")
def show_authorization(reference: str) -> Response:
    """How it stands now, unlike the answer to a repeated request, which is how it stood then."""
    row = _bank().storage.read(lambda tx: authorizations.find(tx, forms.path_reference(reference)))
    if row is None:
        raise NotFound("The bank has no authorisation under this reference.", "reference")
    return jsonify(authorizations.as_answer(row))


@counter.get("/v1/operations/<reference>")
def show_operation(reference: str) -> Response:
    """The answer that any reference got: of an authorisation, capture, void or refund."""
    earlier = _bank().storage.read(lambda tx: journal.find(tx, forms.path_reference(reference)))
    if earlier is None:
        raise NotFound("The bank has no operation under this reference.", "reference")
    return _json(earlier.answer)


@counter.get("/v1/journal")
def show_journal() -> Response:
    after = forms.page_number(request.args.get("after"), "after", 0, 0, forms.SEQ)
    limit = forms.page_number(request.args.get("limit"), "limit", 100, 1, forms.PAGE_ROWS)
    return jsonify(_bank().storage.read(lambda tx: journal.page(tx, after, limit), whole_journal=True))


def check_caller() -> None:
    """Runs before each request. /health is for whoever watches over the process and needs no secret."""
    if request.path == "/health":
        return
    settings = _bank().settings
    sent = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not hmac.compare_digest(sent, b"Bearer " + settings.secret.encode()):
        raise Unauthorized("Send the bank's secret as `Authorization: Bearer ...`.")
    if settings.latency_ms:
        time.sleep(settings.latency_ms / 1000)  # the line to a real bank is long; benchmarks ask for this


def _once(
    kind: str,
    form: AuthorizationForm | MoneyForm | VoidForm,
    authorization: str,
    work: Callable[[Connection, Stamp], Entry],
) -> Response:
    """Does the work under the form's reference, or repeats the answer that the reference already got."""
    bank = _bank()
    content: dict[str, Any] = {"kind": kind, "authorization": authorization, **form.content()}
    stamp = Stamp(journal.content_digest(bank.settings.card_key, content), int(bank.clock()))

    def answer(tx: Connection) -> str:
        earlier = journal.find(tx, form.reference)
        if earlier is None:
            return journal.append(tx, work(tx, stamp))
        if not hmac.compare_digest(earlier.content_digest, stamp.content_digest):
            raise ReferenceReused("This reference already stands for another operation.", "reference")
        return earlier.answer

    return _json(bank.storage.write(authorization, answer))


def _body() -> bytes:
    """At most 64 KiB, whatever the caller says or fails to say about the length."""
    body = b""
    if (request.content_length or 0) <= forms.BODY_BYTES:
        body = request.stream.read(forms.BODY_BYTES + 1)
        if len(body) <= forms.BODY_BYTES:
            return body
    raise InvalidRequest(f"The body is longer than {forms.BODY_BYTES} bytes.")


def _json(text: str) -> Response:
    return Response(text, mimetype="application/json")


def _bank() -> Bank:
    bank = current_app.extensions["bank"]
    if not isinstance(bank, Bank):
        raise TypeError("The application was not made by create_bank.")
    return bank
