"""Sending one delivery: what it carries, how it is signed and posted, and where it goes from there."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag

from kit import clock, database, reading
from kit.database import db
from kit.exchanges import Exchanges
from kit.http import Failure, Response
from kit.signing import signature_header, standard_headers
from payments.events import Event
from payments.resource import NounType
from payments.vault import VaultLocked
from webhooks import chaos, reach, rendering
from webhooks.attempts import Attempt, Result
from webhooks.outbox import CANCELED, FAILED, PENDING, SUCCEEDED, Claim
from webhooks.schedule import next_delay_seconds
from webhooks.webhook_endpoints import WebhookEndpoint

logger = logging.getLogger("florin.webhooks")

DEADLINE_SECONDS = 20.0
GONE = 410
DENIED = "denied"  # an address that nothing may be sent to, by its text or by what its name leads to
UNTOLD = "rendering"  # the reason of an attempt whose body could not be made


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that an attempt needs, so that the threads which post touch no database."""

    claim: Claim
    url: str
    secrets: tuple[str, ...]
    body: bytes | None  # None where the event can't be put into the endpoint's version
    pending_webhooks: int
    lost: bool = False  # on purpose


def pack(claims: Sequence[Claim]) -> tuple[list[Parcel], list[Result]]:
    """Load what claimed deliveries carry; those of disabled or deleted endpoints are canceled."""
    with reading.only_reading(db.engine):
        events = _loaded(Event, {claim.event_id for claim in claims})
        endpoints = _loaded(WebhookEndpoint, {claim.endpoint_id for claim in claims})
    bodies: dict[tuple[str, str | None], bytes | None] = {}
    taking = {endpoint_id for endpoint_id, endpoint in endpoints.items() if endpoint.takes_deliveries()}
    secrets = {endpoint_id: _opened(endpoints[endpoint_id]) for endpoint_id in taking}
    parcels, undeliverable = [], []
    for claim in claims:
        if claim.endpoint_id in secrets and not secrets[claim.endpoint_id]:
            continue  # It waits for the end of its lease, and so for the key.
        if claim.event_id not in events or claim.endpoint_id not in secrets:
            undeliverable.append(Result(claim, CANCELED, None, claim.attempts, None))
            continue
        event, endpoint = events[claim.event_id], endpoints[claim.endpoint_id]
        rendered = (event.id, endpoint.api_version)
        if rendered not in bodies:
            bodies[rendered] = _rendered(event, endpoint.api_version)
        signing, pending = secrets[endpoint.id], event.pending_webhooks
        parcels.append(
            Parcel(
                claim, endpoint.url, signing, bodies[rendered], pending,
                lost=chaos.drops(endpoint.chaos, claim.attempts),
            )
        )  # fmt: skip
    database.rollback()  # Nothing is to be written; the next round must see the rows as they are then.
    return parcels, undeliverable


def _rendered(event: Event, version: str | None) -> bytes | None:
    """Return an event's body; nothing where it can't be put into that version, which stops no other."""
    try:
        return rendering.body(event, version)
    except Exception:
        logger.exception("event %s can't be told as %s has it", event.id, version)
        return None


def _opened(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    """Return what signs for an endpoint; nothing where its master key is missing, which stops no other."""
    try:
        return tuple(endpoint.secrets_in_force())
    except (VaultLocked, InvalidTag):
        logger.exception("the signing secret of %s can't be opened", endpoint.id)
        return ()


def _loaded(noun: type[NounType], ids: set[str]) -> dict[str, NounType]:
    """Return rows by their ids, read by one of a few statements that each connection prepares once."""
    given = sorted(ids)
    places = 1 << (len(given) - 1).bit_length()
    marks = ", ".join("?" * places)
    padded = given + given[-1:] * (places - len(given))
    return {row.id: row for row in database.load_where(noun, f'"id" IN ({marks})', padded)}


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel on its way: what its attempt will say of the request."""

    parcel: Parcel
    headers: dict[str, str]
    at: int


def send(under_way: Exchanges, parcel: Parcel) -> Result | None:
    """Post one event, signed at this moment; return the result only where nothing is to be sent."""
    now = clock.now()
    if parcel.body is None:
        return _failed(parcel, Attempt(now, parcel.url, {}, parcel.pending_webhooks, reason=UNTOLD))
    if parcel.lost:
        return _failed(parcel, Attempt(now, parcel.url, {}, parcel.pending_webhooks, reason=chaos.DROPPED))
    refused = reach.refused_at_delivery(parcel.url, livemode=parcel.claim.livemode)
    if refused is not None:
        fact = Attempt(now, parcel.url, {}, parcel.pending_webhooks, reason=DENIED, detail=refused)
        return _failed(parcel, fact)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature_header(parcel.body, parcel.secrets, now),
        **standard_headers(parcel.claim.event_id, parcel.body, parcel.secrets, now),
    }
    within = reach.reach(livemode=parcel.claim.livemode)
    under_way.post(Sent(parcel, headers, now), parcel.url, parcel.body, headers, reach=within)
    return None


def unmade(parcel: Parcel) -> Result:
    """Return the result of an attempt that the house itself failed to make; it counts."""
    failure = Failure("unreachable", sent=False, detail="Florin failed to make the request")
    return result(Sent(parcel, {}, clock.now()), failure)


def result(sent: Sent, answer: Response | Failure) -> Result:
    """Say where a delivery goes from here; any answer but 2xx, and none, is a failure."""
    parcel, headers, now = sent.parcel, sent.headers, sent.at
    claim = parcel.claim
    match answer:
        case Response(status=status) if 200 <= status < 300:
            return Result(
                claim, SUCCEEDED, None, claim.attempts + 1, _fact(parcel, headers, now, answer, None)
            )
        case Response(status=status):
            reason = "redirect" if 300 <= status < 400 else "status"
        case Failure(kind="stopped"):
            # We broke it off ourselves. It may have arrived, so it is kept, and tried again without counting.
            fact = _fact(parcel, headers, now, answer, "stopped")
            return Result(claim, PENDING, now, claim.attempts, fact)
        case Failure(kind=kind):
            reason = kind
    return _failed(parcel, _fact(parcel, headers, now, answer, reason))


def _failed(parcel: Parcel, fact: Attempt) -> Result:
    """Put a delivery off to its next attempt, or give it up where that was the last."""
    claim = parcel.claim
    failed = claim.attempts + 1
    delay = next_delay_seconds(failed, livemode=claim.livemode)
    if delay is None or fact.response_status == GONE:
        return Result(claim, FAILED, None, failed, fact)
    return Result(claim, PENDING, fact.created + delay, failed, fact)


def _fact(
    parcel: Parcel, headers: dict[str, str], now: int, answer: Response | Failure, reason: str | None
) -> Attempt:
    if isinstance(answer, Failure):
        return Attempt(
            now, parcel.url, headers, parcel.pending_webhooks,
            elapsed_ms=answer.elapsed_ms, reason=reason, detail=_storable(answer.detail),
        )  # fmt: skip
    return Attempt(
        now, parcel.url, headers, parcel.pending_webhooks,
        response_status=answer.status,
        response_headers={_storable(name): _storable(value) for name, value in answer.headers.items()},
        response_body=_storable(answer.body.decode("utf-8", "replace")),
        truncated=answer.truncated, elapsed_ms=answer.elapsed_ms, reason=reason,
    )  # fmt: skip


def _storable(text: str) -> str:
    """PostgreSQL's text has no place for NUL, and JSON none for half of a surrogate pair."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
