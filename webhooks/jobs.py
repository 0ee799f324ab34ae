"""The edge of the webhooks' jobs: shallow functions, found by their dotted path; and their wiring."""

from kit import database, jobs
from kit.database import db
from kit.http import Client
from payments import events
from payments.scope import acting_as, system
from webhooks import delinquency, outbox, retention
from webhooks.courier import Courier
from webhooks.outbox import DRAIN, QUEUE, Claim
from webhooks.webhook_endpoints import DISABLED, WebhookEndpoint

# (seconds, dotted path): what the worker's ticker runs. Retries fall due, and kicks get lost.
SWEEPS: tuple[tuple[float, str], ...] = (
    (1.0, "webhooks.jobs.kick_if_due"),
    (600.0, "webhooks.jobs.kick_retention"),
)
FORGET = "webhooks.jobs.forget_old_events"
MAXIMUM_ATTEMPTS = 5  # of a change that loses a race against the merchant's own

_couriers: list[Courier] = []  # one in a process, but for tests with several apps


def connect(running: jobs.Jobs) -> None:
    """Wire the webhooks into events and commits; the courier's requests end when `running` stops.

    Called by app.py, once for each app; the lists are the process's and get each function once.
    """
    if outbox.subscribe not in events.subscribers:
        events.subscribers.append(outbox.subscribe)
    if outbox.after_commit not in database.on_commit:
        database.on_commit.append(outbox.after_commit)
    courier = Courier(Client())
    _couriers.append(courier)

    def stop() -> None:
        _couriers.remove(courier)
        courier.stop()

    running.on_stop.append(stop)


def drain() -> None:
    """Send all that is due, until nothing is left or under way."""
    _couriers[-1].drain(disable)


def kick_if_due() -> None:
    """Wake a worker for retries that fell due, and for deliveries whose kick or worker was lost."""
    if outbox.anything_due():
        jobs.kick(DRAIN, queue=QUEUE)
    database.rollback()


def kick_retention() -> None:
    """Have a worker delete old events: many batches must not hold up the other sweeps."""
    jobs.kick(FORGET)


def forget_old_events() -> int:
    """Delete events that are too old, with their attempts; return how many were looked at."""
    looked_at, last = 0, ""
    while True:
        count, last = retention.forget_batch(last)
        if count == 0:
            return looked_at
        looked_at += count


def disable(claim: Claim, reason: str) -> None:
    """Disable the endpoint of a delivery, and tell its merchant why."""
    for _ in range(MAXIMUM_ATTEMPTS):
        endpoint = db.session.get(WebhookEndpoint, claim.endpoint_id)
        if endpoint is None:
            return
        if endpoint.status == DISABLED:
            database.rollback()
            return
        with acting_as(system(claim.account_id, livemode=claim.livemode)):
            endpoint.switch(DISABLED, reason=reason)
            for subscriber in delinquency.subscribers:
                subscriber(endpoint, reason)
        try:
            database.commit()
        except (database.StaleWrite, database.DuplicateRow):  # another worker's letters are there already
            database.rollback()
        else:
            delinquency.tell(claim.endpoint_id, reason)
            return
