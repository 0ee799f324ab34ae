"""A courier drains the outbox: claims what is due, sends it side by side, writes down how each went."""

import logging
import time
from collections.abc import Callable, Sequence

from kit import jobs
from kit.exchanges import Exchanges
from kit.http import Client
from webhooks import attempts, claims, delinquency, delivery, outbox
from webhooks.attempts import Result
from webhooks.delivery import GONE, Parcel
from webhooks.outbox import Claim
from webhooks.places import TOTAL, Places

logger = logging.getLogger("florin.webhooks")

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

    def __init__(self, client: Client) -> None:
        self.client = client
        self._places = Places()
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
        places = self._places = self._places.emptied()
        # Attempts without a result yet; where a lease has ended meanwhile, two of them are one delivery's.
        open_ones: set[Claim] = set()
        looked_at, look_at = 0.0, 0.0
        with Exchanges(
            self.client, timeout_seconds=delivery.DEADLINE_SECONDS, most=TOTAL, name="courier"
        ) as under_way:
            while True:
                results: list[Result] = []
                if time.perf_counter() >= look_at or self._is_kicked():
                    looked_at = time.perf_counter()
                    parcels, results = self._collect()
                    for parcel in parcels:
                        places.take(parcel.claim)
                        open_ones.add(parcel.claim)
                        results += _send(under_way, parcel)
                    # A claim takes no more than half of what anybody may have, so there may be as much again.
                    look_at = 0.0 if len(parcels) >= GATHERED else looked_at + LOOK_AGAIN_SECONDS
                open_ones.difference_update(result.claim for result in results)
                came = _finished(under_way, wait=not results and places.taken() > 0)
                # One that failed in our own hands after it was sent has its result already.
                results += [result for result in came if result.claim in open_ones]
                open_ones.difference_update(result.claim for result in came)
                places.give_back(results)
                if results:
                    attempts.record(results)
                    _close(results, close)
                    at_once = places.room() >= GATHERED or places.taken() == 0
                    look_at = 0.0 if at_once else min(look_at, looked_at + LOOK_SOON_SECONDS)
                elif places.taken() == 0:
                    return

    def _is_kicked(self) -> bool:
        """Take a kick that waits for a worker: this one has room, and is quicker there than the next job."""
        return self._places.room() > 0 and jobs.take_kick(outbox.DRAIN, queue=outbox.QUEUE)

    def _collect(self) -> tuple[list[Parcel], list[Result]]:
        """Claim what there is room for; return what can be sent, and what no longer has anywhere to go."""
        room = self._places.room()
        if room <= 0 or self._stopping:
            return [], []
        taken = claims.claim(room, self._places.shares())
        if len(taken) == room:
            self._call_another()
        return delivery.pack(taken) if taken else ([], [])

    def _call_another(self) -> None:
        now = time.perf_counter()
        if now - self._called_at >= CALL_AGAIN_SECONDS:
            self._called_at = now
            jobs.kick(outbox.DRAIN, queue=outbox.QUEUE)


def _send(under_way: Exchanges, parcel: Parcel) -> list[Result]:
    """Send one; return the result of what can't be sent."""
    try:
        result = delivery.send(under_way, parcel)
    except Exception:
        # Without a result it would be tried for ever; a failure that counts recurs only so often.
        logger.exception("delivery %s could not be attempted", parcel.claim.id)
        result = delivery.unmade(parcel)
    return [] if result is None else [result]


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


def _finished(under_way: Exchanges, *, wait: bool) -> list[Result]:
    """Return the results there are, after waiting for a first one, and a moment for some more."""
    answers = under_way.finished(KICK_SECONDS if wait else 0.0)
    until = time.perf_counter() + GATHERING_SECONDS
    while wait and answers and len(answers) < GATHERED and (left := until - time.perf_counter()) > 0:
        answers += under_way.finished(left)
    return [delivery.result(sent, answer) for sent, answer in answers]
