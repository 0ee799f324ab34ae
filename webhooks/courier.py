"""A courier drains the outbox: claims what is due, sends it side by side, writes down how each went."""

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence

from kit import jobs
from kit.http import Client
from kit.pool import DaemonPool
from webhooks import attempts, delinquency, delivery, outbox
from webhooks.attempts import Result
from webhooks.delivery import GONE, Parcel
from webhooks.outbox import Claim

logger = logging.getLogger("florin.webhooks")

CONCURRENCY = 128
# A black hole holds this many of the places at most, so that the others go on being served.
PER_ENDPOINT = 64
CLAIM_COUNT = 128
# While attempts are under way, new deliveries are looked for when there is room for so many, since a claim of
# two costs the database nearly as much as one of fifty; else, as long as some come back, a little later.
# Results are gathered likewise.
GATHERED = 32
LOOK_SOON_SECONDS = 0.02
GATHERING_SECONDS = 0.005
# While nothing comes back, as beside an endpoint that hangs, a kick says that there is something to look for:
# to ask for one costs a fraction of a look. What no kick tells of is found a little later.
KICK_SECONDS = 0.004
LOOK_AGAIN_SECONDS = 0.25
# A worker that has more than it can take asks for another one, but no more often than this.
CALL_AGAIN_SECONDS = 0.2
GONE_REASON = "the endpoint answered 410 Gone"


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
        looked_at, look_at = 0.0, 0.0
        with DaemonPool(self._concurrency, name="courier") as pool:
            while True:
                parcels: list[Parcel] = []
                results: list[Result] = []
                if time.perf_counter() >= look_at or self._is_kicked(under_way):
                    looked_at = time.perf_counter()
                    look_at = looked_at + LOOK_AGAIN_SECONDS
                    parcels, results = self._collect(under_way)
                for parcel in parcels:
                    under_way[parcel.claim.endpoint_id] += 1
                    pool.submit(self._carry, parcel, finished)
                results += _finished(finished, wait=under_way.total() > 0)
                for result in results:
                    if result.attempt is not None:
                        under_way[result.claim.endpoint_id] -= 1
                if results:
                    attempts.record(results)
                    _close(results, close)
                    at_once = self._room(under_way) >= GATHERED or under_way.total() == 0
                    look_at = 0.0 if at_once else min(look_at, looked_at + LOOK_SOON_SECONDS)
                elif under_way.total() == 0:
                    return

    def _is_kicked(self, under_way: Counter[str]) -> bool:
        """Take a kick that waits for a worker: this one has room, and is quicker there than the next job."""
        return self._room(under_way) > 0 and jobs.take_kick(outbox.DRAIN, queue=outbox.QUEUE)

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
        return delivery.pack(claims) if claims else ([], [])

    def _call_another(self) -> None:
        now = time.perf_counter()
        if now - self._called_at >= CALL_AGAIN_SECONDS:
            self._called_at = now
            jobs.kick(outbox.DRAIN, queue=outbox.QUEUE)

    def _carry(self, parcel: Parcel, finished: queue.SimpleQueue[Result]) -> None:
        try:
            finished.put(delivery.attempt(self.client, parcel))
        except Exception:
            # Without a result the courier would wait for ever; a failure that counts recurs only so often.
            logger.exception("delivery %s could not be attempted", parcel.claim.id)
            finished.put(delivery.unmade(parcel))


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
            results.append(finished.get(timeout=KICK_SECONDS))
            until = time.perf_counter() + GATHERING_SECONDS
            while len(results) < GATHERED and (left := until - time.perf_counter()) > 0:
                results.append(finished.get(timeout=left))
        while True:
            results.append(finished.get_nowait())
    except queue.Empty:
        return results
