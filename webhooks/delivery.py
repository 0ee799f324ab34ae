"""Sending: a courier claims due deliveries, posts them side by side, and writes down how each went."""

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag

from kit import clock, database, jobs
from kit.http import Client, Failure, Response
from kit.pool import DaemonPool
from kit.signing import signature_header, standard_headers
from payments.events import Event
from payments.resource import NounType
from payments.vault import VaultLocked
from webhooks import attempts, chaos, delinquency, outbox, reach, rendering
from webhooks.attempts import Attempt, Result
from webhooks.outbox import CANCELED, FAILED, PENDING, SUCCEEDED, Claim
from webhooks.schedule import next_delay_seconds
from webhooks.webhook_endpoints import WebhookEndpoint

logger = logging.getLogger("florin.webhooks")

DEADLINE_SECONDS = 20.0
CONCURRENCY = 128
# A black hole holds this many of the places at most, so that the others go on being served.
PER_ENDPOINT = 64
CLAIM_COUNT = 128
# While some attempts are under way, new deliveries are looked for this often, or as soon as there is room for
# so many: a claim of two costs the database nearly as much as one of fifty. Results are gathered likewise.
LOOK_AGAIN_SECONDS = 0.02
GATHERED = 32
GATHERING_SECONDS = 0.005
# A worker that has more than it can take asks for another one, but no more often than this.
CALL_AGAIN_SECONDS = 0.2
GONE = 410
DENIED = "denied"  # an address that nothing may be sent to, by its text or by what its name leads to
UNTOLD = "rendering"  # the reason of an attempt whose body could not be made
GONE_REASON = "the endpoint answered 410 Gone"


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that an attempt needs, so that the threads which post touch no database."""

    claim: Claim
    url: str
    secrets: tuple[str, ...]
    body: bytes | None  # None where the event can't be put into the endpoint's version
    pending_webhooks: int
    lost: bool = False  # on purpose


class Courier:
    """Drains the outbox; one for each process."""

    def __init__(
        self, client: Client, *, concurrency: int = CONCURRENCY, per_endpoint: int = PER_ENDPOINT
    ) -> None:
        self.client = client
        self._concurrency = concurrency
        self._per_endpoint = per_endpoint
        self._stopping = False
        self._called_at = 0.0

    def stop(self) -> None:
        """Claim nothing more and break off what is under way; drain() returns soon after."""
        self._stopping = True
        self.client.stop()

    def drain(self, close: Callable[[Claim, str], None]) -> None:
        """Deliver until nothing is due and nothing under way.

        `close` is called with a claim of each endpoint that said 410 or has failed for too long, and why.
        """
        finished: queue.SimpleQueue[Result] = queue.SimpleQueue()
        under_way: Counter[str] = Counter()
        looked_at = 0.0
        with DaemonPool(self._concurrency, name="courier") as pool:
            while True:
                parcels: list[Parcel] = []
                undeliverable: list[Result] = []
                now = time.perf_counter()
                if self._room(under_way) >= GATHERED or now - looked_at >= LOOK_AGAIN_SECONDS:
                    looked_at = now
                    parcels, undeliverable = self._collect(under_way)
                for parcel in parcels:
                    under_way[parcel.claim.endpoint_id] += 1
                    pool.submit(self._carry, parcel, finished)
                results = undeliverable + _finished(finished, wait=under_way.total() > 0)
                for result in results:
                    if result.attempt is not None:
                        under_way[result.claim.endpoint_id] -= 1
                if results:
                    attempts.record(results)
                    _close(results, close)
                    looked_at = 0.0 if under_way.total() == 0 else looked_at
                elif under_way.total() == 0:
                    return

    def _room(self, under_way: Counter[str]) -> int:
        return min(CLAIM_COUNT, self._concurrency - under_way.total())

    def _collect(self, under_way: Counter[str]) -> tuple[list[Parcel], list[Result]]:
        """Claim what there is room for; return what can be sent, and what no longer has anywhere to go."""
        room = self._room(under_way)
        if room <= 0 or self._stopping:
            return [], []
        # Half a share for each claim and half a share to be called busy add up to one share.
        half = max(1, self._per_endpoint // 2)
        busy = [endpoint_id for endpoint_id, count in under_way.items() if count > self._per_endpoint - half]
        claims = outbox.claim(room, per_endpoint=half, busy=busy)
        if len(claims) == room:
            self._call_another()
        return pack(claims) if claims else ([], [])

    def _call_another(self) -> None:
        now = time.perf_counter()
        if now - self._called_at >= CALL_AGAIN_SECONDS:
            self._called_at = now
            jobs.kick(outbox.DRAIN, queue=outbox.QUEUE)

    def _carry(self, parcel: Parcel, finished: queue.SimpleQueue[Result]) -> None:
        try:
            finished.put(attempt(self.client, parcel))
        except Exception:
            # Without a result the courier would wait for ever; a failure that counts recurs only so often.
            logger.exception("delivery %s could not be attempted", parcel.claim.id)
            failure = Failure("unreachable", sent=False, detail="Florin failed to make the request")
            finished.put(_result(parcel, {}, clock.now(), failure))


def _close(results: Sequence[Result], close: Callable[[Claim, str], None]) -> None:
    delinquent = delinquency.note(results)
    reasons = {
        result.claim.endpoint_id: (result.claim, delinquency.REASON)
        for result in results
        if result.claim.endpoint_id in delinquent
    }
    for result in results:
        if result.attempt is not None and result.attempt.response_status == GONE:
            reasons[result.claim.endpoint_id] = (result.claim, GONE_REASON)
    for claim, reason in reasons.values():
        close(claim, reason)


def _finished(finished: queue.SimpleQueue[Result], *, wait: bool) -> list[Result]:
    """Return the results there are, after waiting for a first one, and a moment for some more."""
    results: list[Result] = []
    try:
        if wait:
            results.append(finished.get(timeout=LOOK_AGAIN_SECONDS))
            until = time.perf_counter() + GATHERING_SECONDS
            while len(results) < GATHERED and (left := until - time.perf_counter()) > 0:
                results.append(finished.get(timeout=left))
        while True:
            results.append(finished.get_nowait())
    except queue.Empty:
        return results


def pack(claims: Sequence[Claim]) -> tuple[list[Parcel], list[Result]]:
    """Load what claimed deliveries carry; those of disabled or deleted endpoints are canceled."""
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


def attempt(client: Client, parcel: Parcel) -> Result:
    """Post one event, signed at this moment; any answer but 2xx, and none, is a failure."""
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
    answer = client.post(
        parcel.url,
        parcel.body,
        headers,
        timeout_seconds=DEADLINE_SECONDS,
        reach=reach.reach(livemode=parcel.claim.livemode),
    )
    return _result(parcel, headers, now, answer)


def _result(parcel: Parcel, headers: dict[str, str], now: int, answer: Response | Failure) -> Result:
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
