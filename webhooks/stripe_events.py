"""Incoming: Stripe's webhooks, where Stripe is an acquirer. Checked, kept once, answered after the commit.

An event is a notice like any bank's (webhooks/bank_notices.py): a job fetches the truth from Stripe and
records what follows, so that neither their order nor their number matters.
"""

import logging
from typing import Protocol

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from kit import database, jobs
from payments import audit
from payments.notices import BankNotice
from payments.scope import Caller, acting_as
from webhooks.bank_notices import DRAIN

logger = logging.getLogger("florin.stripe")

blueprint = Blueprint("stripe_events", __name__)

SIGNATURE = "Stripe-Signature"
READER = "stripe_events"
MAXIMUM_BODY_BYTES = 256 * 1024
STRANGER = "unknown"
# Whom the audit row of an event belongs to that is about no payment of any merchant's.
NOBODY = Caller(account_id="florin", livemode=False, actor="stripe")


class Event(Protocol):
    """What one delivery told."""

    @property
    def event_id(self) -> str: ...

    @property
    def event_type(self) -> str: ...

    @property
    def object_id(self) -> str: ...

    @property
    def kind(self) -> str | None: ...

    @property
    def subject(self) -> str | None: ...


class Reader(Protocol):
    """Reads deliveries of one Stripe account; `name` is the acquirer's."""

    @property
    def name(self) -> str: ...

    def read(self, body: bytes, signature: str) -> Event | None:
        """Return the event of a delivery, None where it does not come from Stripe."""


def connect(app: Flask, reader: Reader) -> None:
    """Let the app hear Stripe's webhooks."""
    app.extensions[READER] = reader
    app.register_blueprint(blueprint)


@blueprint.post("/webhooks/stripe")
def receive() -> tuple[Response, int]:
    """Keep an event and answer; what is known already or concerns nobody here is answered alike."""
    if (request.content_length or 0) > MAXIMUM_BODY_BYTES:
        return _refused("the body is too long", 413)
    reader: Reader = current_app.extensions[READER]
    event = reader.read(request.get_data(cache=False), request.headers.get(SIGNATURE, ""))
    if event is None:
        logger.warning("a delivery was refused: its signature is not Stripe's, or old")
        return _refused("the signature is not Stripe's, or old", 400)
    if event.kind is None:
        return jsonify(received=True), 200
    _keep(reader.name, event, event.kind)
    return jsonify(received=True), 200


def _keep(acquirer: str, event: Event, kind: str) -> None:
    """Keep an event once. One about nothing of ours has no handler, and leaves an audit row instead."""
    if event.subject is None:
        # Another system may use the same account, or a payment is missing here: a person has to tell.
        BankNotice.take_in(acquirer, event.event_id, STRANGER, event.object_id)
        with acting_as(NOBODY):
            audit.record(
                "stripe.event", event.object_id, STRANGER, event=event.event_id, type=event.event_type
            )
    else:
        BankNotice.take_in(acquirer, event.event_id, kind, event.subject)
    try:
        database.commit(last=True)
    except database.DuplicateRow:
        database.rollback()
    else:
        jobs.kick(DRAIN)


def _refused(reason: str, status: int) -> tuple[Response, int]:
    return jsonify(error={"message": f"Not taken: {reason}."}), status
