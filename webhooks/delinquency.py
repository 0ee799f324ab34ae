"""Endpoints that fail for days: since when, and what was done about it.

A row comes to be with the first failure of a streak and its streak ends with any success, so that an endpoint
that works costs one read for a batch of results and no write.
"""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from webhooks.attempts import Result
from webhooks.chaos import DROPPED
from webhooks.webhook_endpoints import WebhookEndpoint

DAY_SECONDS = 24 * 3600
# So long without a single success, and an endpoint is disabled.
FAILING_SECONDS = 5 * DAY_SECONDS
# Longer than the longest pause of the schedules. After such a silence a failure begins a new streak: one that
# failed once, and again a week later, has not failed for a week.
SILENCE_SECONDS = 2 * DAY_SECONDS
# For so long an endpoint that works is taken to be without a streak. One that another process has noted in
# the meantime ends with the next success; seconds in five days.
TRUSTED_SECONDS = 10
# How exactly the last failure is known, so that a streak does not cost a write for each batch.
NOTED_EVERY_SECONDS = 3600
# What says nothing about the endpoint: we broke it off ourselves, or lost it on purpose.
OUR_OWN = frozenset(("stopped", DROPPED))

# Called with each endpoint that the house disables, and why, inside the same unit of work; wired in app.py.
subscribers: list[Callable[["WebhookEndpoint", str], None]] = []

REASON = "no attempt has succeeded for 5 days"


class EndpointHealth(Base):
    """Since when an endpoint has failed, and whether the house has disabled it."""

    __tablename__ = "webhook_endpoint_health"

    endpoint_id: Mapped[Id] = mapped_column(primary_key=True)
    failing_since: Mapped[int | None]
    last_failed_at: Mapped[int | None]
    disabled_at: Mapped[int | None]
    disabled_reason: Mapped[str | None]


_KEEP = text("""
    INSERT INTO webhook_endpoint_health (endpoint_id, failing_since, last_failed_at)
    VALUES (:id, :failing_since, :last_failed_at)
    ON CONFLICT (endpoint_id) DO UPDATE
    SET failing_since = excluded.failing_since, last_failed_at = excluded.last_failed_at
""")
_TELL = text("""
    INSERT INTO webhook_endpoint_health (endpoint_id, disabled_at, disabled_reason)
    VALUES (:id, :now, :reason)
    ON CONFLICT (endpoint_id) DO UPDATE SET failing_since = NULL, last_failed_at = NULL,
    disabled_at = excluded.disabled_at, disabled_reason = excluded.disabled_reason
""")


# Endpoint -> until when it is trusted.
_well_until: dict[str, int] = {}


def note(results: Sequence[Result]) -> set[str]:
    """Keep who fails since when; return the endpoints that have failed for too long."""
    now = clock.now()
    tried = [result for result in results if result.attempt and result.attempt.reason not in OUR_OWN]
    arrived = {one.claim.endpoint_id for one in tried if one.attempt and one.attempt.reason is None}
    failed = {one.claim.endpoint_id for one in tried} - arrived
    trusted = {one for one in arrived if _well_until.get(one, 0) > now}
    known = streaks((arrived - trusted) | failed)
    _well_until.update((one, now + TRUSTED_SECONDS) for one in arrived - trusted)
    delinquent = set()
    for endpoint_id in sorted(arrived & known.keys()):
        _execute(endpoint_id, failing_since=None, last_failed_at=None)
    for endpoint_id in sorted(failed):
        _well_until.pop(endpoint_id, None)
        since, last = known.get(endpoint_id, (now, 0))
        if now - last > SILENCE_SECONDS:
            since = now
        if now - last >= NOTED_EVERY_SECONDS:
            _execute(endpoint_id, failing_since=since, last_failed_at=now)
        if now - since >= FAILING_SECONDS:
            delinquent.add(endpoint_id)
    return delinquent


def streaks(endpoint_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Return since when, and when last, those of some endpoints failed that fail at present."""
    if not endpoint_ids:
        return {}
    query = db.select(
        EndpointHealth.endpoint_id, EndpointHealth.failing_since, EndpointHealth.last_failed_at
    ).where(EndpointHealth.endpoint_id.in_(endpoint_ids), EndpointHealth.failing_since.is_not(None))
    with db.engine.connect() as connection:
        return {
            endpoint_id: (int(since or 0), int(last or 0))
            for endpoint_id, since, last in connection.execute(query)
        }


def tell(endpoint_id: str, reason: str) -> None:
    """Keep, for the merchant to read, why the house has disabled an endpoint; its streak is over."""
    with db.engine.connect() as connection:
        connection.execute(_TELL, {"id": endpoint_id, "now": clock.now(), "reason": reason})


def told(endpoint_ids: Collection[str]) -> dict[str, EndpointHealth]:
    """Return what is known of those of some endpoints that failed or were disabled by the house."""
    query = db.select(EndpointHealth).where(EndpointHealth.endpoint_id.in_(endpoint_ids))
    return {row.endpoint_id: row for row in db.session.scalars(query)}


def _execute(endpoint_id: str, *, failing_since: int | None, last_failed_at: int | None) -> None:
    values = {"id": endpoint_id, "failing_since": failing_since, "last_failed_at": last_failed_at}
    with db.engine.connect() as connection:
        connection.execute(_KEEP, values)
