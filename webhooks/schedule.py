"""When a delivery that failed is tried again: the schedules as data, and the jitter.

Stripe retries for up to three days in live mode and a few times within hours in test mode; a tester
waits less gladly, so the first test retries follow within seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from random import random

SECOND, MINUTE, HOUR = 1, 60, 3600

# Seconds from each failed attempt to the next one; after the last the delivery has failed for good.
LIVE_DELAYS_SECONDS = (
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    20 * HOUR + 24 * MINUTE,
)
TEST_DELAYS_SECONDS = (2 * SECOND, 10 * SECOND, 1 * MINUTE, 10 * MINUTE, 1 * HOUR)

# Jitter takes at most this part off a delay: what failed together does not come back together, and
# no schedule ends later than its delays add up to.
JITTER = 0.2


def next_delay_seconds(
    failed_attempts: int, *, livemode: bool, dice: Callable[[], float] = random
) -> int | None:
    """Seconds until the next attempt after so many (one or more) failed; None when that was the last."""
    delays = LIVE_DELAYS_SECONDS if livemode else TEST_DELAYS_SECONDS
    if failed_attempts > len(delays):
        return None
    delay = delays[failed_attempts - 1]
    return max(1, round(delay * (1 - JITTER * dice())))
