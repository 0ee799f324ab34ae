"""A circuit breaker for each acquirer: a bank that does not answer is probed now and then, not hammered.

Each process has its own. Nothing about a payment is decided here: an open breaker puts off a look at the
bank, and puts its contract last where another one fits.
"""

import logging
import threading
from dataclasses import dataclass

from kit import clock

logger = logging.getLogger("florin.breakers")

# So many questions in a row without a readable answer open the breaker ...
FAILURES_TO_OPEN = 5
# ... for so many seconds; then one question may probe, and each probe in vain takes the next step.
PAUSES_SECONDS = (2, 4, 8, 15)


@dataclass(slots=True)
class Breaker:
    """How one acquirer has answered of late."""

    failures: int = 0
    step: int = 0
    opened_at: int = 0
    open_until: int = 0

    def is_open(self, now: int) -> bool:
        """Tell whether the pause lasts; a clock that went backwards ends it."""
        return self.opened_at <= now < self.open_until


_breakers: dict[str, Breaker] = {}
_guard = threading.Lock()


def is_open(acquirer: str) -> bool:
    """Tell whether the acquirer has stopped answering and it is too early to ask again."""
    breaker = _breakers.get(acquirer)
    return breaker is not None and breaker.is_open(clock.now())


def admits(acquirer: str) -> bool:
    """Tell whether to ask now; after a pause one caller is let through, and the others wait for its luck."""
    now = clock.now()
    with _guard:
        breaker = _breakers.get(acquirer)
        if breaker is None or breaker.failures < FAILURES_TO_OPEN:
            return True
        if breaker.is_open(now):
            return False
        _pause(breaker, now, breaker.step)
        return True


def note(acquirer: str, *, answered: bool) -> None:
    """Remember how a question went."""
    now = clock.now()
    with _guard:
        breaker = _breakers.setdefault(acquirer, Breaker())
        if answered:
            if breaker.failures >= FAILURES_TO_OPEN:
                logger.warning("%s answers again", acquirer)
            breaker.failures = breaker.step = breaker.open_until = 0
            return
        breaker.failures += 1
        if breaker.failures == FAILURES_TO_OPEN:
            logger.error("%s does not answer: it is probed every now and then from here on", acquirer)
            _pause(breaker, now, 0)
        elif breaker.failures > FAILURES_TO_OPEN:
            # The probe's own pause has begun with it; the next one is longer.
            breaker.step = min(breaker.step + 1, len(PAUSES_SECONDS) - 1)
            _pause(breaker, now, breaker.step)


def reset() -> None:
    """Forget everything, as a new process would."""
    with _guard:
        _breakers.clear()


def _pause(breaker: Breaker, now: int, step: int) -> None:
    breaker.opened_at, breaker.open_until = now, now + PAUSES_SECONDS[step]
