"""A limit on requests a second for each key, as Stripe has one; each process counts for itself."""

import threading
import time
from dataclasses import dataclass

from payments.errors import RateLimited

NAME = "florin_rate_limiter"  # in the app's extensions
# A key may save up so many seconds of its rate for a burst.
BURST_SECONDS = 2.0
MAXIMUM_KEYS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """A token bucket for each key; a rate of 0 limits nothing."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: dict[str, _Bucket] = {}
        self._guard = threading.Lock()

    def take(self, key_id: str) -> None:
        """Count a request; raises RateLimited where the key's tokens are used up."""
        if not self._per_second:
            return
        now = time.monotonic()
        most = self._per_second * BURST_SECONDS
        with self._guard:
            if len(self._buckets) > MAXIMUM_KEYS:
                self._buckets.clear()  # A moment's leniency costs less than a leak.
            bucket = self._buckets.setdefault(key_id, _Bucket(most, now))
            bucket.tokens = min(most, bucket.tokens + (now - bucket.filled_at) * self._per_second)
            bucket.filled_at = now
            if bucket.tokens < 1:
                raise RateLimited(
                    "Too many requests in a short time. Please wait a moment and try again.",
                    code="rate_limit",
                )
            bucket.tokens -= 1
