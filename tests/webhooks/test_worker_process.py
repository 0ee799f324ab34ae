"""The worker's own process: works off Redis, and ends cleanly on SIGTERM."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from flask import Flask

from kit import jobs
from launcher.places import ROOT
from tests.support.factories import create_merchant
from tests.support.processes import wait_until
from tests.webhooks.conftest import Sink

pytestmark = pytest.mark.slow

WAIT_SECONDS = 60.0


def test_the_worker_delivers_what_a_web_process_wrote_and_ends_cleanly(
    app: Flask, variables: dict[str, str], redis_url: str, sink: Sink, tmp_path: Path
) -> None:
    _, key = create_merchant(app)
    client = app.test_client()
    headers = {"Authorization": f"Bearer {key}"}
    endpoint = {"url": sink.url, "enabled_events[]": "customer.created"}
    secret = orjson.loads(client.post("/v1/webhook_endpoints", data=endpoint, headers=headers).data)["secret"]
    environment = {**os.environ, **variables, "REDIS_URL": redis_url}
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "worker.py"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    # A gateway of another test may be at work on the same database; this worker must be up before it ends.
    log_of_worker = tmp_path / "worker.log"
    wait_until(lambda: "the worker works" in log_of_worker.read_text(), "the worker to work")
    asking = jobs.Jobs(redis_url)  # as a web process beside a worker has it
    kept = jobs._in_force
    jobs.use(asking)
    try:
        customer = orjson.loads(client.post("/v1/customers", data={"name": "Zoë"}, headers=headers).data)
        (received,) = sink.wait_for(1, seconds=WAIT_SECONDS)
    finally:
        jobs.use(kept)
        asking.stop()
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(WAIT_SECONDS)
    assert code == 0, (tmp_path / "worker.log").read_text()
    assert received.verified(secret).data.object["id"] == customer["id"]


def test_without_redis_the_worker_says_in_one_line_what_it_lacks(variables: dict[str, str]) -> None:
    environment = {**os.environ, **variables, "REDIS_URL": ""}
    done = subprocess.run(
        [sys.executable, "worker.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "REDIS_URL" in done.stderr
