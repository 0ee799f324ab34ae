"""A webhook carries the very event that GET /v1/events/{id} answers with."""

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from kit import clock
from kit.database import db
from tests.support.factories import create_merchant
from tests.support.processes import wait_until
from tests.webhooks.conftest import Sink
from webhooks import jobs as webhook_jobs
from webhooks.outbox import Delivery

AN_HOUR_SECONDS = 3600


@pytest.fixture(autouse=True)
def _other_tests_deliveries_wait(app: Flask) -> None:
    """What others have left for endpoints that are gone would take its time, and is not this test's."""
    with app.app_context():
        later = update(Delivery).where(Delivery.due_at.is_not(None))
        db.session.execute(later.values(due_at=clock.now() + AN_HOUR_SECONDS))
        db.session.remove()


def test_the_signed_body_is_the_event_as_the_api_gives_it(
    app: Flask, client: FlaskClient, sink: Sink
) -> None:
    headers = {"Authorization": f"Bearer {create_merchant(app)[1]}"}
    endpoint = {"url": sink.url, "enabled_events[]": "customer.created"}
    secret = orjson.loads(client.post("/v1/webhook_endpoints", data=endpoint, headers=headers).data)["secret"]
    client.post("/v1/customers", data={"name": "Zoë", "metadata[a]": "1"}, headers=headers)
    (event,) = orjson.loads(client.get("/v1/events?type=customer.created", headers=headers).data)["data"]
    as_read = client.get(f"/v1/events/{event['id']}", headers=headers).data
    with app.app_context():
        webhook_jobs.drain()
    (received,) = sink.wait_for(1)
    assert orjson.loads(received.body) == {**orjson.loads(as_read), "pending_webhooks": 1}
    assert received.verified(secret).id == event["id"]

    def pending() -> int:
        told = client.get(f"/v1/events/{event['id']}", headers=headers).data
        return int(orjson.loads(told)["pending_webhooks"])

    wait_until(lambda: pending() == 0, "the delivery's result is written")
