"""Incoming: a bank's notices. Checked, kept once, answered after the commit; handled by a job.

What never came in is read again at the bank now and then, so that a lost notice costs time and nothing else.

The signature is `Bank-Signature: t=<seconds>,v1=<hex>`, an HMAC-SHA-256 over the time and the raw body. Its
key is made of the secret that we share with that bank (docs/bank_simulator.md).
"""

import hashlib
import hmac
import logging
import re
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, jsonify, request

from kit import clock, database, jobs, signing
from payments import cases, notices
from payments.bank import Unknown
from payments.cases import NotYet
from payments.notices import BankNotice, NoticeCursor

logger = logging.getLogger("florin.notices")

blueprint = Blueprint("bank_notices", __name__)

SIGNATURE = "Bank-Signature"
DRAIN = "webhooks.bank_notices.drain"
CATCH_UP = "webhooks.bank_notices.catch_up"
KEYS = "bank_notice_keys"
MAXIMUM_BODY_BYTES = 16 * 1024
NOTICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
KIND = re.compile(r"[a-z0-9_.]{1,32}")  # and of the banks' names
SUBJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")

# (seconds, dotted path): a kick may get lost, and a handler that failed is tried again.
SWEEPS: tuple[tuple[float, str], ...] = (
    (1.0, "webhooks.bank_notices.kick_if_due"),
    (5.0, "webhooks.bank_notices.kick_catch_up"),
    (600.0, "webhooks.bank_notices.forget_old"),
)


def connect(app: Flask, secrets_of_banks: dict[str, str]) -> None:
    """Let the app hear the notices of these banks: acquirer's name -> the secret that we share with it."""
    app.extensions[KEYS] = {name: key_of(secret) for name, secret in secrets_of_banks.items()}
    app.register_blueprint(blueprint)


def key_of(secret: str) -> str:
    """Return the key that a bank signs its notices with."""
    return hmac.new(secret.encode(), b"notices", hashlib.sha256).hexdigest()


@blueprint.post("/webhooks/bank")
def receive() -> tuple[Response, int]:
    """Keep a notice and answer; one that was kept before is answered alike."""
    if (request.content_length or 0) > MAXIMUM_BODY_BYTES:
        return _refused("the body is too long", 413)
    body = request.get_data(cache=False)
    told = _read(body)
    if told is None:
        return _refused("the body is no notice", 400)
    keys: dict[str, str] = current_app.extensions[KEYS]
    key = keys.get(told["bank"])
    header = request.headers.get(SIGNATURE, "")
    if key is None or not signing.verifies(header, body, key, now=clock.now()):
        return _refused("the signature is not that bank's, or old", 401)
    try:
        BankNotice.take_in(told["bank"], told["id"], told["kind"], told["subject"])
        database.commit(last=True)
    except database.DuplicateRow:
        database.rollback()
    else:
        jobs.kick(DRAIN)
    return jsonify(received=True), 200


def drain() -> int:
    """Hand each waiting notice to its handler; return how many came to their end."""
    ended, last = 0, ""
    while notice_ids := notices.due(after=last, resting=cases.resting()):
        database.rollback()
        ended += sum(_handled(notice_id) for notice_id in notice_ids)
        last = notice_ids[-1]
    return ended


def catch_up() -> int:
    """Read again what each bank has told, and take in what never reached us; return how much that was."""
    missed = 0
    for acquirer in cases.desks.keys() - set(cases.resting()):
        try:
            missed += _caught_up(acquirer)
        except (database.StaleWrite, database.DuplicateRow):
            logger.info("the notices of %s are being read elsewhere", acquirer)
        finally:
            database.rollback()
    if missed:
        jobs.kick(DRAIN)
    return missed


def kick_catch_up() -> None:
    """Have a worker catch up: a bank that is slow to answer must not hold up the other sweeps."""
    jobs.kick(CATCH_UP)


def kick_if_due() -> None:
    """Wake a worker for notices that wait."""
    if notices.due(resting=cases.resting()):
        jobs.kick(DRAIN)
    database.rollback()


def forget_old() -> int:
    """Delete notices that no bank will repeat any more."""
    return notices.forget_old()


def _caught_up(acquirer: str) -> int:
    missed, has_more = 0, True
    while has_more:
        after = NoticeCursor.of(acquirer).seq
        database.rollback()
        page = cases.ask(acquirer, lambda desk, after=after: desk.notices(after))  # type: ignore[misc]
        if isinstance(page, Unknown):
            logger.warning("%s did not tell its notices: %s", acquirer, page.reason)
            return missed
        if not page.notices or page.notices[-1].seq <= after:
            return missed  # there are none, or this is a page that we have read before: no reason to go on
        unknown = notices.unknown_of(acquirer, [notice.id for notice in page.notices])
        for notice in page.notices:
            if notice.id in unknown:
                BankNotice.take_in(acquirer, notice.id, notice.kind, notice.subject)
        NoticeCursor.of(acquirer).seq = page.notices[-1].seq
        database.commit()
        missed, has_more = missed + len(unknown), page.has_more
    return missed


def _handled(notice_id: str) -> bool:
    """One notice, one commit. What its handler can't do now must not keep the others waiting."""
    try:
        notice = database.load(BankNotice, notice_id)
        if notice is None or notice.due_at is None or notice.acquirer in cases.resting():
            return False
        notices.HANDLERS[notice.kind](notice.acquirer, notice.subject)
        # The handler may have asked the bank and come back with fresh rows.
        notice = database.load(BankNotice, notice_id) or notice
        notice.due_at = None
        database.commit()
    except (database.StaleWrite, database.DuplicateRow):
        logger.info("notice %s met somebody who was faster; it is tried again", notice_id)
        return False
    except NotYet as reason:
        logger.info("notice %s has to wait: %s", notice_id, reason)
        database.rollback()
        _put_off(notice_id)
        return False
    except Exception:
        logger.exception("notice %s could not be handled", notice_id)
        database.rollback()
        _put_off(notice_id)
        return False
    else:
        return True
    finally:
        database.rollback()


def _put_off(notice_id: str) -> None:
    notice = database.load(BankNotice, notice_id)
    if notice is not None and notice.due_at is not None:
        notice.failed()
        try:
            database.commit()
        except database.StaleWrite:
            logger.info("notice %s was handled elsewhere", notice_id)


def _read(body: bytes) -> dict[str, str] | None:
    """Return a notice's fields, None where the body is something else."""
    try:
        told: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict):
        return None
    patterns = {"id": NOTICE_ID, "kind": KIND, "subject": SUBJECT, "bank": KIND}
    for name, pattern in patterns.items():
        if not isinstance(told.get(name), str) or pattern.fullmatch(told[name]) is None:
            return None
    return {name: told[name] for name in patterns}


def _refused(reason: str, status: int) -> tuple[Response, int]:
    return jsonify(error={"message": f"Not taken: {reason}."}), status
