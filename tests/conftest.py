"""What every test may ask for: both databases, the bank, redis-server, the app and its servers.

Each worker of pytest-xdist has its own databases and servers, started when first asked for. Tests share
them and stay apart by making a merchant each (tests/support/factories.py); nothing is ever truncated.
The house that is served has a database of its own: what its sweeps do, no other test may meet.
"""

import gc
import os
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings, load
from payments.bank import acquirers
from payments.cases import desks
from payments.stand_ins import stand_ins
from payments.treasury import treasuries
from tests.support import bank as bank_server
from tests.support import databases, houses, order, postgres, redis_server
from tests.support import gateway as gateway_server
from tests.support.bank import Bank
from tests.support.machine import Machine

IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI the machine has everything that a test needs, so a skip there is a failure."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = (
            f"{report.nodeid} was skipped as a whole, which CI does not allow: {report.longrepr}"
        )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The collector of garbage leaves ten thousand tests and all of Florin alone, now and later.

    Each look at them would take a third of a second, and there is nothing among them that it could free.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nobody meets the sweeps of the served house; long tests begin early (tests/support/order.py)."""
    for item in items:
        if {"gateway", "database_url"} <= set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(f"{item.nodeid} uses both the quiet house and the one that is served")
    items[:] = order.arranged(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """What all test processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    machine = Machine(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    yield machine
    machine.close()


@pytest.fixture(autouse=True)
def a_share_of_the_machine(request: pytest.FixtureRequest, machine: Machine) -> Iterator[None]:
    """Every test waits while another one has the machine alone, but for those that are patient."""
    with nullcontext() if request.node.get_closest_marker("patient") else machine.share():
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server without any of our tables; tests/support/postgres.py makes databases in it."""
    with postgres.server() as server:
        yield server


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """A PostgreSQL database with nothing in it, for this test alone."""
    return postgres.create_database(postgres_server, "empty")


Make = Callable[[str], str]  # kind of a database -> its address


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a migrated database of a kind, which is the caller's alone."""
    ask = partial(request.getfixturevalue, "postgres_server")
    return lambda kind: databases.new_database(kind, tmp_path_factory.mktemp("database"), ask)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """The bank simulator, as a process of its own."""
    with bank_server.server(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """An empty redis-server."""
    with redis_server.server(tmp_path) as url:
        yield url


@pytest.fixture(scope="session", params=databases.KINDS)
def database_url(request: pytest.FixtureRequest, new_database: Make) -> str:
    """The quiet house's database; runs the test once on each kind.

    Only `app` works on it, and only when a test says so. No process may be started on it: its sweeps
    would do what other tests wait to see undone.
    """
    return new_database(request.param)


@pytest.fixture(scope="session")
def settings(database_url: str, bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load(gateway_server.variables(database_url, bank, tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The quiet house inside this process; its jobs run only when a test runs them."""
    with houses.opened(settings) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session", params=databases.KINDS)
def served_database(request: pytest.FixtureRequest, new_database: Make) -> str:
    """The served house's database, on which a real server's sweeps run all the time; once of each kind."""
    return new_database(request.param)


@pytest.fixture(scope="session")
def served_variables(
    served_database: str, bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The environment of the served house; a process that gets it sees the same rows."""
    return gateway_server.variables(served_database, bank, tmp_path_factory.mktemp("served_data"))


@pytest.fixture(scope="session")
def served(served_variables: dict[str, str]) -> Iterator[Flask]:
    """The served house inside this process. Folders whose tests use `gateway` call this their `app`."""
    with houses.opened(load(served_variables)) as app:
        yield app


@pytest.fixture(scope="session")
def gateway(served_variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The served house as a real server, its jobs inside it; gives its address."""
    with gateway_server.server(served_variables, tmp_path_factory.mktemp("gateway")) as base_url:
        yield base_url


# What the composition root wires to the banks of the house that was made last.
_WIRED: tuple[dict[str, Any], ...] = (acquirers, desks, treasuries, stand_ins)
_lines: weakref.WeakKeyDictionary[Flask, tuple[dict[str, Any], ...]] = weakref.WeakKeyDictionary()


@pytest.fixture(autouse=True)
def lines_of_the_house(request: pytest.FixtureRequest) -> None:
    """Houses in this process share its ports to the banks: each test finds the lines of its own house."""
    for name in ("house", "app"):
        if name in request.fixturenames:
            house = request.getfixturevalue(name)
            app = getattr(house, "app", house)
            if not isinstance(app, Flask):
                continue  # a house of other processes
            known = _lines.setdefault(app, tuple(map(dict, _WIRED)))
            for wired, lines in zip(_WIRED, known, strict=True):
                wired.clear()
                wired.update(lines)
