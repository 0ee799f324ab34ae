"""How webhooks are usually sent: one job for each delivery, on RQ or dramatiq, with the same rows.

Each job reads its event and endpoint, signs in both ways, posts over a kept-alive connection and writes
attempt, delivery and event in one transaction. It keeps no lease, no fence and no fairness, looks at no
address and caps no reply, which makes it cheaper than Florin.
"""

import argparse
import os
import threading
import time
from functools import cache

import dramatiq
import orjson
import psycopg
import redis
import rq
import urllib3
from dramatiq.brokers.redis import RedisBroker
from rq.serializers import JSONSerializer

import config
from kit.ids import new_id
from kit.signing import signature_header, standard_headers
from payments import vault

QUEUE = "plain"
REDIS_URL = os.environ.get("REDIS_URL", "")
# The secret is opened once for each process and endpoint, as a careful author would.
PURPOSE = "webhook secret of "

if REDIS_URL:
    dramatiq.set_broker(RedisBroker(url=REDIS_URL))  # type: ignore[no-untyped-call]
pool = urllib3.PoolManager(maxsize=64)

READ = """
    SELECT e.id, e.type, e.created, e.data, e.pending_webhooks, d.endpoint_id, d.attempts
    FROM webhook_deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = %s
"""
KEEP = """
    INSERT INTO webhook_attempts (id, account_id, livemode, created, delivery_id, event_id, endpoint_id,
        number, url, request_headers, pending_webhooks, response_status, response_headers, response_body,
        truncated, elapsed_ms)
    VALUES (%s, 'acct_bench', false, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false, %s)
"""
DONE = (
    "UPDATE webhook_deliveries SET status = 'succeeded', due_at = NULL, attempts = attempts + 1 WHERE id = %s"
)
ARRIVED = "UPDATE events SET pending_webhooks = pending_webhooks - 1 WHERE id = %s"


@cache
def _connection(_thread: int) -> psycopg.Connection:
    url = config.load().database_url.replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True)


@cache
def _endpoint(endpoint_id: str) -> tuple[str, str]:
    settings = config.load()
    vault.configure(settings.vault_keys, settings.fingerprint_key)
    with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
        found = connection.execute(
            "SELECT url, secret FROM webhook_endpoints WHERE id = %s", [endpoint_id]
        ).fetchone()
    assert found  # noqa: S101 - the benchmark's own row
    return found[0], vault.unseal(found[1], purpose=PURPOSE + endpoint_id)


def deliver(delivery_id: str) -> None:
    """Send one delivery and write down how it went."""
    connection = _connection(threading.get_ident())
    found = connection.execute(READ, [delivery_id]).fetchone()
    assert found  # noqa: S101 - the benchmark's own row
    event_id, type_, created, data, pending, endpoint_id, attempts = found
    url, secret = _endpoint(endpoint_id)
    body = orjson.dumps(
        {
            "id": event_id, "object": "event", "type": type_, "created": created, "livemode": False,
            "pending_webhooks": pending, "data": orjson.Fragment(data),
        }
    )  # fmt: skip
    now = int(time.time())
    headers = {
        "Content-Type": "application/json", "Stripe-Signature": signature_header(body, [secret], now),
        **standard_headers(event_id, body, [secret], now),
    }  # fmt: skip
    began = time.perf_counter()
    answer = pool.request("POST", url, body=body, headers=headers, timeout=20, redirect=False, retries=False)
    elapsed = round((time.perf_counter() - began) * 1000)
    with connection.transaction():
        connection.execute(
            KEEP,
            [
                new_id("wha_"), now, delivery_id, event_id, endpoint_id, attempts + 1, url,
                orjson.dumps(headers).decode(), pending, answer.status,
                orjson.dumps(dict(answer.headers)).decode(), answer.data.decode(), elapsed,
            ],
        )  # fmt: skip
        connection.execute(DONE, [delivery_id])
        connection.execute(ARRIVED, [event_id])


@dramatiq.actor(queue_name=QUEUE)
def deliver_by_dramatiq(delivery_id: str) -> None:
    """The same as an actor."""
    deliver(delivery_id)


def enqueue(how: str) -> None:
    """Queue a job for each delivery that waits, as fast as the library can."""
    settings = config.load()
    with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM webhook_deliveries ORDER BY id")]
    if how == "dramatiq":
        for delivery_id in ids:
            deliver_by_dramatiq.send(delivery_id)
        return
    queue = rq.Queue(QUEUE, connection=redis.Redis.from_url(REDIS_URL), serializer=JSONSerializer)
    prepared = [rq.Queue.prepare_data("bench.webhooks_plain.deliver", [id], result_ttl=0) for id in ids]
    queue.enqueue_many(prepared)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=["rq", "dramatiq"])
    enqueue(parser.parse_args().how)
