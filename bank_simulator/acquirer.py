"""The acquirer's counter: the HTTP verbs of payments, the journal and the bank's clock."""

import hmac
import json
import time

from flask import Blueprint, Response, jsonify, request

from bank_simulator import authorizations, forms, journal, lost_answers, operations, slow_refunds
from bank_simulator.authorizations import Terms
from bank_simulator.desk import as_json, bank_at_hand, body, once
from bank_simulator.errors import NotFound, Unauthorized
from bank_simulator.front import PUBLIC
from bank_simulator.houses import house_of
from bank_simulator.methods import books

counter = Blueprint("acquirer", __name__)


@counter.get("/health")
def health() -> Response:
    """Says that the bank answers and that its database does."""
    bank_at_hand().storage.read(lambda tx: tx.exec_driver_sql("SELECT 1").scalar())
    return jsonify(object="health", status="ok")


@counter.post("/v1/authorizations")
def authorize() -> Response:
    form = forms.authorization_form(body())
    acts_before = lost_answers.acts_before(form.holder_name)
    if acts_before is False:
        raise lost_answers.lost()
    settings = bank_at_hand().settings
    terms = Terms(
        settings.card_key,
        settings.limits,
        house_of(settings.name),
        public_url=settings.public_url or request.url_root.rstrip("/"),
        challenge_seconds=settings.challenge_seconds,
    )
    answer = once(
        "authorization",
        form,
        form.reference,
        lambda tx, stamp: authorizations.authorize(tx, form, stamp, terms),
    )
    if acts_before:
        raise lost_answers.lost()
    return answer


@counter.post("/v1/authorizations/<reference>/captures")
def capture(reference: str) -> Response:
    form = forms.money_form(body(), reference)
    return once("capture", form, reference, lambda tx, stamp: operations.capture(tx, form, stamp))


@counter.post("/v1/authorizations/<reference>/refunds")
def refund(reference: str) -> Response:
    form = forms.money_form(body(), reference)
    return once("refund", form, reference, lambda tx, stamp: operations.refund(tx, form, stamp))


@counter.post("/v1/authorizations/<reference>/void")
def void(reference: str) -> Response:
    form = forms.void_form(body(), reference)
    return once("void", form, reference, lambda tx, stamp: operations.void(tx, form, stamp))


@counter.get("/v1/authorizations/<reference>")
def show_authorization(reference: str) -> Response:
    """How it stands now, unlike the answer to a repeated request, which is how it stood then."""
    known = forms.path_reference(reference)
    answer = bank_at_hand().storage.read(lambda tx: books.look_up(tx, known))
    if answer is None:
        raise NotFound("The bank has no authorisation under this reference.", "reference")
    return jsonify(answer)


@counter.get("/v1/operations/<reference>")
def show_operation(reference: str) -> Response:
    """The answer that any reference got; of a refund that takes its time, how it stands now."""
    known = forms.path_reference(reference)
    bank = bank_at_hand()
    earlier = bank.storage.read(lambda tx: journal.find(tx, known))
    if earlier is None:
        raise NotFound("The bank has no operation under this reference.", "reference")
    standing = bank.storage.read(lambda tx: slow_refunds.standing(tx, known))
    if standing is not None:
        return jsonify({**json.loads(earlier.answer), **standing})
    return as_json(earlier.answer)


@counter.get("/v1/journal")
def show_journal() -> Response:
    after = forms.page_number(request.args.get("after"), "after", 0, 0, forms.SEQ)
    limit = forms.page_number(request.args.get("limit"), "limit", 100, 1, forms.PAGE_ROWS)
    return jsonify(bank_at_hand().storage.read(lambda tx: journal.page(tx, after, limit), whole_journal=True))


@counter.get("/v1/clock")
def show_clock() -> Response:
    return jsonify(object="clock", now=bank_at_hand().now())


@counter.post("/v1/clock")
def advance_clock() -> Response:
    """Moves the bank's time forward; what falls due by that has been done when the answer comes."""
    seconds = forms.clock_form(body())
    bank = bank_at_hand()
    now = bank.clock.advance(seconds)
    bank.clockwork.run_due()
    return jsonify(object="clock", now=now)


def check_caller() -> None:
    """Runs before each request. A customer's pages need no secret, nor does /health, for whoever watches."""
    if request.path == "/health" or request.blueprint in PUBLIC:
        return
    settings = bank_at_hand().settings
    sent = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not hmac.compare_digest(sent, b"Bearer " + settings.secret.encode()):
        raise Unauthorized("Send the bank's secret as `Authorization: Bearer ...`.")
    if settings.latency_ms:
        time.sleep(settings.latency_ms / 1000)  # the line to a real bank is long; benchmarks ask for this
