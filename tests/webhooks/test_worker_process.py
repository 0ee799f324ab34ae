"""The worker's own process: works off Redis, and ends cleanly on SIGTERM."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from flask import Flask

from config import load
from kit import jobs
from launcher.places import ROOT
from tests.support import databases, gateway, houses
from tests.support.bank import NOBODY, SECRET, Bank
from tests.support.factories import create_merchant
from tests.support.processes import wait_until
from tests.webhooks.conftest import Sink

pytestmark = pytest.mark.slow

WAIT_SECONDS = 60.0


@pytest.fixture(params=databases.KINDS)
def variables(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], bank: Bank, tmp_path: Path
) -> dict[str, str]:
    """The environment of a house on which nobody works but the worker."""
    return gateway.variables(new_database(request.param), bank, tmp_path)


@pytest.fixture
def app(variables: dict[str, str]) -> Iterator[Flask]:
    """That house in this process."""
    with houses.opened(load(variables)) as app:
        yield app


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


def test_without_redis_the_worker_says_in_one_line_what_it_lacks(tmp_path: Path) -> None:
    given = gateway.variables(f"sqlite:///{tmp_path}/none.sqlite3", Bank(NOBODY, SECRET), tmp_path)
    environment = {**os.environ, **given, "REDIS_URL": ""}
    done = subprocess.run(
        [sys.executable, "worker.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "REDIS_URL" in done.stderr
