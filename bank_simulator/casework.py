"""The counter for what comes after a payment: disputes, fraud warnings, and notices to be read again."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bank_simulator import card_updates, disputes, forms, fraud_warnings, futures, notices, own_entries
from bank_simulator.authorizations import find as find_authorization
from bank_simulator.desk import bank_at_hand, body, once
from bank_simulator.journal import Entry, Stamp

counter = Blueprint("casework", __name__)

EVIDENCE_BYTES = 512 * 1024


@dataclass(frozen=True)
class _Move:
    """A merchant's move in a dispute, under a reference of its own."""

    reference: str
    dispute: str
    evidence: dict[str, str]

    def content(self) -> dict[str, Any]:
        return dict(vars(self))


@counter.get("/v1/disputes/<dispute_id>")
def show_dispute(dispute_id: str) -> Response:
    wanted = forms.path_reference(dispute_id)
    return jsonify(bank_at_hand().storage.read(lambda tx: disputes.as_answer(tx, disputes.find(tx, wanted))))


@counter.get("/v1/authorizations/<reference>/disputes")
def show_disputes_of(reference: str) -> Response:
    """The disputes of a payment; what its holder is about to dispute is disputed before the answer."""
    known = forms.path_reference(reference)
    bank = bank_at_hand()
    bank.clockwork.hasten(futures.OPEN_DISPUTE, known, futures.SOON_SECONDS)
    found = bank.storage.read(
        lambda tx: [disputes.as_answer(tx, row) for row in disputes.of_authorization(tx, known)]
    )
    return jsonify(object="list", data=found)


@counter.post("/v1/disputes/<dispute_id>/evidence")
def take_evidence(dispute_id: str) -> Response:
    reference, evidence = forms.evidence_form(body(EVIDENCE_BYTES))
    return _moved("evidence", _Move(reference, forms.path_reference(dispute_id), evidence))


@counter.post("/v1/disputes/<dispute_id>/close")
def close_dispute(dispute_id: str) -> Response:
    reference = forms.reference_form(body())
    return _moved("dispute_close", _Move(reference, forms.path_reference(dispute_id), {}))


@counter.get("/v1/fraud_warnings/<warning_id>")
def show_warning(warning_id: str) -> Response:
    wanted = forms.path_reference(warning_id)
    return jsonify(bank_at_hand().storage.read(lambda tx: fraud_warnings.as_answer(tx, wanted)))


@counter.post("/v1/card_updates")
def update_card() -> Response:
    """The issuer's own doing: a card is renewed, and whoever keeps it is told."""
    form = card_updates.update_form(body())
    return once(
        "card_update", form, form.authorization, lambda tx, stamp: card_updates.renew(tx, form, stamp)
    )


@counter.get("/v1/card_updates/<update_id>")
def show_card_update(update_id: str) -> Response:
    wanted = forms.path_reference(update_id)
    return jsonify(bank_at_hand().storage.read(lambda tx: card_updates.as_answer(tx, wanted)))


@counter.get("/v1/notices")
def show_notices() -> Response:
    """Every notice there ever was, in order; for a caller who may have missed some."""
    after = forms.page_number(request.args.get("after"), "after", 0, 0, forms.SEQ)
    limit = forms.page_number(request.args.get("limit"), "limit", 100, 1, forms.PAGE_ROWS)
    found = bank_at_hand().storage.read(lambda tx: notices.page(tx, after, limit), whole_journal=True)
    return jsonify(found)


def _moved(kind: str, move: _Move) -> Response:
    storage = bank_at_hand().storage
    authorization = storage.read(lambda tx: str(disputes.find(tx, move.dispute)["authorization"]))

    def work(tx: Any, stamp: Stamp) -> Entry:
        if kind == "evidence":
            reason = disputes.take_evidence(tx, move.dispute, move.evidence, stamp.now)
        else:
            reason = disputes.accept(tx, move.dispute, stamp.now)
        books = find_authorization(tx, authorization)
        assert books is not None  # noqa: S101 - a dispute is about a payment; for the type checker
        facts = {
            "outcome": "approved" if reason is None else "declined",
            "reason": reason,
            "amount_minor": 0,
            "dispute": disputes.as_answer(tx, disputes.find(tx, move.dispute)),
        }
        return own_entries.entry(
            books, kind, move.reference, stamp.now, content_digest=stamp.content_digest, **facts
        )

    return once(kind, move, authorization, work)
