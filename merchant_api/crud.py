"""The edge of a /v1 request: gate, parse, idempotency, one verb, render, commit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from flask import Blueprint, Response, current_app
from flask.globals import request_ctx

from kit import database
from kit.database import db
from kit.reading import only_reading
from merchant_api import after_races, browsers, expand, gate, idempotency, rate_limit, tried, versions
from merchant_api.answers import Answer, answered
from merchant_api.asked import Asked
from merchant_api.errors import READABLE, as_stripe_error, rendered
from merchant_api.given import parameters_given
from merchant_api.operations import Operation
from payments import audit, audit_spool, recordings
from payments.charging import reconcile
from payments.charging.card_brands import without_card_numbers
from payments.errors import InvalidRequest, LockTimeout, NotFound, StripeError
from payments.scope import Caller, acting_as
from webhooks.cli import request_logs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("florin.api")

Verb = Callable[..., Any]
OPERATIONS: list[Operation] = []
# Parameters that name the payment which a request without an id in its path is about.
ABOUT = ("payment_intent", "charge", "transaction_id")
MAXIMUM_ATTEMPTS = 4  # of a verb that lost a race before anything left the house
MAXIMUM_RECORDINGS = 50  # of an answer that the bank has given: money may have moved


@dataclass(slots=True)
class Exchange:
    """One request on its way through the edge."""

    request: Asked
    operation: Operation
    verb: Verb
    path_arguments: dict[str, str]
    request_id: str
    who: Caller | None = None
    version: str = ""
    key: idempotency.IdempotencyKey | None = None
    paths: list[str] = field(default_factory=list)  # of expand[]
    named: str | None = None  # the payment that the parameters are about
    renamed: dict[str, str] = field(default_factory=dict)  # what the caller calls parameters of today
    overtaken: bool = False  # another one has recorded what the bank said to this request


@dataclass(frozen=True, slots=True)
class View:
    """A verb under its operation, as Flask calls it; merchant_api/short_way.py asks it directly."""

    described: Operation
    verb: Verb

    def answer(self, environ: WSGIEnvironment, path_arguments: dict[str, str]) -> Answer:
        """Carry out one request, and tell of it whoever looks on."""
        request = Asked(environ)
        exchange = Exchange(request, self.described, self.verb, path_arguments, gate.new_request_id())
        told = answer(exchange)
        request_logs.tell(exchange.who, request.method, request.path, told.status, told.body)
        return told

    def __call__(self, **path_arguments: str) -> Response:
        """Carry out Flask's present request."""
        told = self.answer(request_ctx.request.environ, path_arguments)
        return Response(told.body, told.status, told.headers)


def operation(blueprint: Blueprint, described: Operation) -> Callable[[Verb], Verb]:
    """Register a verb under a method and path of /v1; all else that there is to know is in `described`."""

    def register(verb: Verb) -> Verb:
        name = f"{described.method.lower()}_{verb.__module__.rpartition('.')[2]}_{verb.__name__}"
        rule = described.path.replace("{", "<").replace("}", ">")
        blueprint.add_url_rule(rule, name, View(described, verb), methods=[described.method])
        OPERATIONS.append(described)
        return verb

    return register


def answer(exchange: Exchange) -> Answer:
    """Carry out one exchange; every outcome is an HTTP response in Stripe's shape."""
    try:
        who, key = gate.identify(exchange.request, exchange.request_id)
        current_app.extensions[rate_limit.NAME].take(who.actor)
        exchange.who = who  # What comes after this leaves an audit row, refused or not.
        gate.admit(exchange.request, key, publishable_too=exchange.operation.publishable)
        exchange.version = gate.negotiated_version(exchange.request)
        with acting_as(exchange.who):
            if exchange.operation.method != "GET" or exchange.operation.records:
                return _parsed(exchange)
            with only_reading(db.engine):
                return _parsed(exchange)
    except Exception as error:  # noqa: BLE001 - the last handler: whatever happens, the caller gets an answer
        return _refused(exchange, error)


def _parsed(exchange: Exchange) -> Answer:
    described, request = exchange.operation, exchange.request
    given = parameters_given(request, described)
    # A request that names no version may be worded as any version would.
    named = gate.STRIPE_VERSION in request.environ
    raw = versions.upgrade(given, exchange.version if named else "", described)
    exchange.named = next((given[name] for name in ABOUT if isinstance(given.get(name), str)), None)
    exchange.renamed = versions.renamed(given, raw)
    parameters = described.params.parse(raw)
    expand.check(described.noun_name, parameters.get("expand", []))
    key = request.header(gate.IDEMPOTENCY_KEY)
    if key is not None and described.method == "POST":
        idempotency.check_key(key)
        assert exchange.who is not None  # noqa: S101 - set by answer(); for the type checker
        asked = idempotency.fingerprint("POST", request.path, raw)
        claimed = idempotency.claim(exchange.who, key, asked)
        if isinstance(claimed, idempotency.Replay):
            return _replayed(exchange, claimed)
        exchange.key = claimed
    return _executed(exchange, parameters)


def _replayed(exchange: Exchange, replay: idempotency.Replay) -> Answer:
    _conclude(exchange, replay.status, replay.body, "replayed", _object_id(orjson.loads(replay.body)))
    return _response(exchange, replay.status, replay.body, replayed=True)


def _executed(exchange: Exchange, parameters: dict[str, Any]) -> Answer:
    exchange.paths = parameters.pop("expand", [])
    for _ in range(MAXIMUM_ATTEMPTS):
        asked_before = database.commits()
        try:
            return _rendered(exchange, exchange.verb(parameters, **exchange.path_arguments))
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
            if database.commits() != asked_before:
                # The verb has committed a claim and asked the bank: it must not run twice.
                return _overtaken(exchange)
            _restore_key(exchange)
    raise LockTimeout


def _rendered(exchange: Exchange, outcome: Any) -> Answer:
    wire = versions.downgrade(expand.expanded(outcome, exchange.paths), exchange.version)
    body = orjson.dumps(browsers.told(wire), option=READABLE)
    _conclude(exchange, 200, body, "succeeded", _object_id(outcome))
    return _response(exchange, 200, body)


def _overtaken(exchange: Exchange) -> Answer:
    """Record what the bank said where nobody has yet, and answer with the object as it stands then."""
    exchange.overtaken = True
    database.rollback()
    if collect := recordings.unfinished():
        return _collected_again(exchange, collect)
    _record_again()
    _restore_key(exchange)
    return _rendered(exchange, after_races.outcome(exchange.operation))


def _collected_again(exchange: Exchange, collect: Callable[[], object]) -> Answer:
    """Do again what was left to do after the bank's answer, on the rows as they are now."""
    for _ in range(MAXIMUM_RECORDINGS):
        _restore_key(exchange)
        try:
            return _rendered(exchange, collect())
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
    raise LockTimeout


def _record_again() -> None:
    """Record the bank's answer on the rows as they are now; where that fails too, the sweep does."""
    for _ in range(MAXIMUM_RECORDINGS):
        try:
            reconcile.record_again()
            database.commit()
        except (database.StaleWrite, database.DuplicateRow):
            database.rollback()
        else:
            return


def _restore_key(exchange: Exchange) -> None:
    if exchange.key is not None:
        exchange.key = db.session.get(idempotency.IdempotencyKey, exchange.key.id)


def _object_id(outcome: Any) -> str | None:
    if isinstance(outcome, dict):
        return outcome.get("id") or outcome.get("transaction_id")
    return getattr(outcome, "id", None)


def _id_asked_for(exchange: Exchange) -> str | None:
    """Return the id that path or parameters name, as far as it may be kept: no NUL, no card number."""
    named = next(iter(exchange.path_arguments.values()), exchange.named or "")
    return without_card_numbers(named)[:255] if named and named.isprintable() else None


def _conclude(
    exchange: Exchange, status: int, body: bytes, outcome: str, object_id: str | None = None
) -> None:
    """Write the audit row of the request with all that it changed; a query's row may be spooled."""
    action = f"{exchange.operation.method} {exchange.operation.path}"
    object_id = object_id or _id_asked_for(exchange)
    spool = audit_spool.in_force() if exchange.operation.method == "GET" else None
    # A test token is a query, too, yet what it is answered with has to be kept.
    if spool is not None and exchange.who is not None and not database.collected():
        spool.put(exchange.who, action, object_id, outcome, {"status": status})
        return
    audit.record(action, object_id, outcome, status=status)
    if exchange.key is not None:
        secret = exchange.operation.tells_secret and status < 400
        idempotency.complete(exchange.key, status, body, secret=secret)
    database.commit(last=True)


def _refused(exchange: Exchange, error: Exception) -> Answer:
    told = browsers.refused(exchange.who, _as_told(exchange, error))
    if told.status >= 500:
        logger.error("request %s failed", exchange.request_id, exc_info=error)
    body = rendered(told, exchange.request_id, browser=bool(exchange.who and exchange.who.publishable))
    try:
        if not told.keep:
            database.rollback()
            _restore_key(exchange)
        if exchange.who is not None:
            with acting_as(exchange.who):
                _remember_refusal(exchange, told, body)
    except (database.StaleWrite, database.DuplicateRow) as race:
        if not told.keep or exchange.overtaken or exchange.who is None:
            return _unrecorded(exchange, race)
        try:
            with acting_as(exchange.who):
                return _overtaken(exchange)
        except Exception as third:  # noqa: BLE001 - the truth may be a decline, too
            return _refused(exchange, third)
    except Exception as second:  # noqa: BLE001 - the last handler, as in answer()
        return _unrecorded(exchange, second)
    return tried.with_wait(_response(exchange, told.status, body), told)


def _unrecorded(exchange: Exchange, second: Exception) -> Answer:
    logger.error("request %s could not be recorded", exchange.request_id, exc_info=second)
    told = as_stripe_error(second)
    body = rendered(told, exchange.request_id)
    _remember_failure(exchange, told, body)
    return _response(exchange, told.status, body)


def _as_told(exchange: Exchange, error: Exception) -> StripeError:
    """Return the error to be told: a missing object is a 404 where the path names it, else a 400."""
    told = as_stripe_error(error)
    for name, callers_name in exchange.renamed.items():
        told.message = told.message.replace(name, callers_name)
        told.param = told.param and told.param.replace(name, callers_name)
    if isinstance(told, NotFound) and told.object_id not in exchange.path_arguments.values():
        return InvalidRequest(told.message, code=told.code, param=told.param)
    return told


def _remember_refusal(exchange: Exchange, told: StripeError, body: bytes) -> None:
    if exchange.key is not None and told.should_retry:
        idempotency.release(exchange.key)
        db.session.expunge(exchange.key)
        exchange.key = None
    about = told.extra.get("payment_intent") or {}  # made by this very request, where it is a decline
    _conclude(exchange, told.status, body, told.code or told.type, about.get("id"))


def _remember_failure(exchange: Exchange, told: StripeError, body: bytes) -> None:
    """Keep the answer of a request whose first answer could not be kept: its key must not stay taken."""
    db.session.remove()
    if exchange.who is None:
        return
    try:
        _restore_key(exchange)
        with acting_as(exchange.who):
            _conclude(exchange, told.status, body, told.type)
    except Exception:
        logger.exception("request %s left its idempotency key behind", exchange.request_id)
        db.session.remove()


def _response(exchange: Exchange, status: int, body: bytes, *, replayed: bool = False) -> Answer:
    request, version = exchange.request, exchange.version
    return answered(request, exchange.request_id, version, status, body, replayed=replayed)
