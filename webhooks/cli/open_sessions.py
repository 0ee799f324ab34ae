"""Which sessions of the Stripe CLI are open: asked of the database ten times a second at most.

Every event and request asks this, and mostly nobody listens; so each process remembers the answer for a
moment. The listener lets a new session in only when no process can remember a time before it.
"""

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from kit import clock
from kit.database import db, load_where
from webhooks.cli.log_filters import LogFilters
from webhooks.cli.sessions import REQUEST_LOGS, WEBHOOKS, CliSession

REMEMBERED_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Listening:
    """An open session, as far as a writer needs it."""

    id: str
    webhooks: bool
    request_logs: bool
    filters: LogFilters


Known = dict[tuple[str, bool], list[Listening]]
_known: WeakKeyDictionary[Engine, tuple[float, Known]] = WeakKeyDictionary()


def of(account_id: str, *, livemode: bool) -> list[Listening]:
    """Return the open sessions of an account and mode, as they were at most a tenth of a second ago."""
    engine = db.engine
    looked_at, known = _known.get(engine, (0.0, {}))
    if time.monotonic() - looked_at >= REMEMBERED_SECONDS:
        looked_at = time.monotonic()  # before the look: what is opened during it is found by the next one
        known = _look()
        _known[engine] = (looked_at, known)
    return known.get((account_id, livemode), [])


def forget() -> None:
    """Look again at the next question: this process has just opened a session."""
    _known.clear()


def _look() -> Known:
    found: Known = {}
    for row in load_where(CliSession, "expires_at > ?", (clock.now(),)):
        listening = Listening(
            row.id,
            webhooks=WEBHOOKS in row.features,
            request_logs=REQUEST_LOGS in row.features,
            filters=LogFilters(**{name: tuple(words) for name, words in row.filters.items()}),
        )
        found.setdefault((row.account_id, row.livemode), []).append(listening)
    return found
