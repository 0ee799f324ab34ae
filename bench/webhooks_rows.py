"""What the benchmark of webhooks starts from: a merchant with endpoints, and deliveries that wait."""

import sys
import time
from collections.abc import Sequence

import orjson
from sqlalchemy import select

import config
from app import create_app
from kit import database
from kit.database import db
from kit.ids import new_id
from payments.customers.customers import Customer
from payments.events import Event
from payments.scope import Caller, acting_as
from webhooks.outbox import Delivery
from webhooks.webhook_endpoints import WebhookEndpoint

ACCOUNT = "acct_bench"
BATCH = 500
FOREVER = 4_000_000_000  # in a year that no benchmark sees


def endpoints(urls: Sequence[str]) -> None:
    """Add an endpoint for all events at each address."""
    for url in urls:
        WebhookEndpoint.create({"url": url, "enabled_events": ["*"]})
    database.commit()


def deliveries(count: int, ids: Sequence[str] = (), *, due_at: int = FOREVER) -> None:
    """Write so many events, each for one of the endpoints in turn, none of them due yet."""
    ids = ids or list(db.session.scalars(WebhookEndpoint.mine().with_only_columns(WebhookEndpoint.id)))
    customer = Customer.create({"name": "Jenny Rosen", "email": "jenny@example.com"})
    data = orjson.dumps({"object": customer.as_stripe()}).decode()
    database.rollback()
    now = int(time.time())
    for start in range(0, count, BATCH):
        for number in range(start, min(start + BATCH, count)):
            event = Event.new(
                type="customer.created", object_id=customer.id, data=data, request_id=None,
                idempotency_key=None, pending_webhooks=1,
            )  # fmt: skip
            db.session.add(
                Delivery(
                    id=new_id("whd_"), account_id=ACCOUNT, livemode=False, created=now, event_id=event.id,
                    endpoint_id=ids[number % len(ids)], status="pending", attempts=0, due_at=due_at, fence=0,
                )
            )  # fmt: skip
        database.commit(last=True)


def hole(url: str, behind: int) -> None:
    """Add an endpoint that hangs, with so many deliveries that are due already."""
    endpoints([url])
    endpoint_id = db.session.scalars(select(WebhookEndpoint.id).where(WebhookEndpoint.url == url)).one()
    deliveries(behind, [endpoint_id], due_at=int(time.time()) - 1)


def steadily(per_second: int, seconds: float) -> None:
    """Commit events one by one at a rate; print when each was committed, by its id, as JSON."""
    committed: dict[str, float] = {}
    began = time.perf_counter()
    for number in range(int(per_second * seconds)):
        time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
        Customer.create({"name": "Jenny Rosen"})
        event_id = next(row.id for row in db.session.new if isinstance(row, Event))
        database.commit(last=True)
        committed[event_id] = time.time()
    sys.stdout.write(orjson.dumps(committed).decode())


def main(arguments: Sequence[str]) -> None:
    """Do what the first argument says, in an app of this process."""
    app = create_app(config.load())
    with app.app_context(), acting_as(Caller(account_id=ACCOUNT, livemode=False, actor="bench")):
        match arguments:
            case ["endpoints", *urls]:
                endpoints(urls)
            case ["deliveries", count]:
                deliveries(int(count))
            case ["hole", url, behind]:
                hole(url, int(behind))
            case ["steadily", per_second, seconds]:
                steadily(int(per_second), float(seconds))
            case _:
                raise SystemExit(
                    "endpoints URL..., deliveries COUNT, hole URL BEHIND or steadily PER_SECOND SECONDS"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
