"""The counter for whoever tests: has a customer act at once, at the issuer's page or at that of a method.

Nothing is set here: an act is carried out by the functions that the customer's own page calls.
"""

from flask import Blueprint, Response, jsonify
from sqlalchemy import Connection

from bank_simulator import authorizations, challenge, completion, forms
from bank_simulator.desk import Bank, bank_at_hand, body
from bank_simulator.errors import InvalidRequest, NotFound
from bank_simulator.methods import acts, books

counter = Blueprint("customer_acts", __name__)


@counter.post("/v1/authorizations/<reference>/acts")
def act(reference: str) -> Response:
    """Carries out an act and answers with the authorisation as it stands then; what has ended stays so."""
    known, wanted = forms.path_reference(reference), forms.act_form(body())
    bank = bank_at_hand()

    def work(tx: Connection) -> None:
        if authorizations.find(tx, known) is None:
            raise NotFound("The bank has no authorisation under this reference.", "reference")
        asked = challenge.of(tx, known)
        if asked is None:
            _at_a_method(tx, known, wanted, bank)
        elif asked.open:
            _at_the_issuer(tx, known, wanted, bank)

    bank.storage.write(known, work)
    return jsonify(bank.storage.read(lambda tx: books.look_up(tx, known)))


def _at_a_method(tx: Connection, reference: str, wanted: str, bank: Bank) -> None:
    if books.is_payment(tx, reference):
        terms = books.Terms(bank.settings.card_key, bank.settings.limits)
        acts.take(tx, books.payment_of(tx, reference), wanted, terms, bank.now())


def _at_the_issuer(tx: Connection, reference: str, wanted: str, bank: Bank) -> None:
    asked, now = challenge.of(tx, reference), bank.now()
    assert asked is not None  # noqa: S101 - looked up by the caller; for the type checker
    if wanted == "lapse" or asked.expires_at <= now:
        completion.time_out(tx, reference, now)
    elif wanted == "cancel":
        completion.refused(tx, reference, "canceled", now)
    elif wanted == "approve":
        completion.passed(tx, asked, bank.settings.limits, now)
    elif wanted != "refuse":
        raise InvalidRequest("A challenge can't be left to be decided later.", "act")
    elif asked.kind == "out_of_band":
        completion.refused(tx, reference, "rejected", now)
    else:
        while asked.open:
            asked = completion.answered_wrongly(tx, asked, now)
