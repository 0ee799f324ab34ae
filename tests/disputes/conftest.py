"""A bank whose clock may be moved, and a house on each database that follows what happens to its payments."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import load
from launcher.places import LOOPBACK
from payments.bank import acquirers
from payments.cases import desks
from tests.disputes.support import LATER, Shop, UnreliableDesk
from tests.support import bank as bank_server
from tests.support import gateway as gateway_server
from tests.support.bank import Bank
from tests.support.databases import KINDS
from tests.support.factories import create_merchant
from tests.support.houses import opened
from tests.support.ports import free_port
from tests.support.stripe_client import stripe_client


@pytest.fixture(scope="session")
def notice_port() -> int:
    """Where the bank sends its notices: to nobody, unless a test has a gateway listen there."""
    return free_port()


@pytest.fixture(scope="session")
def own_bank(tmp_path_factory: pytest.TempPathFactory, notice_port: int) -> Iterator[Bank]:
    """A bank of these tests' own: nobody else minds when it is next week there."""
    url = f"http://{LOOPBACK}:{notice_port}/webhooks/bank"
    # Nothing happens before a test moves the clock, however slow the machine is.
    settings = {"BANK_NOTICE_URL": url, "BANK_LATER_SECONDS": str(LATER)}
    with bank_server.server(tmp_path_factory.mktemp("own_bank"), **settings) as running:
        yield running


@pytest.fixture
def gateway(house_variables: dict[str, str], notice_port: int, tmp_path: Path) -> Iterator[str]:
    """The house as a real server, which the bank's notices reach."""
    with gateway_server.server(house_variables, tmp_path, notice_port) as base_url:
        yield base_url


@pytest.fixture(scope="session", params=KINDS)
def house_variables(
    request: pytest.FixtureRequest,
    own_bank: Bank,
    new_database: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The environment of a house on a migrated database."""
    return gateway_server.variables(
        new_database(request.param), own_bank, tmp_path_factory.mktemp("disputes")
    )


@pytest.fixture(scope="session")
def house(house_variables: dict[str, str]) -> Iterator[Flask]:
    """The app inside this process; its jobs run only when a test runs them."""
    known = (dict(acquirers), dict(desks))
    with opened(load(house_variables)) as app:
        yield app
    acquirers.update(known[0])
    desks.update(known[1])


@pytest.fixture
def shop(house: Flask, own_bank: Bank) -> Shop:
    merchant, secret_key = create_merchant(house)
    return Shop(house, own_bank, merchant.id, secret_key, stripe_client(house, secret_key))


@pytest.fixture
def desk(house: Flask, monkeypatch: pytest.MonkeyPatch) -> UnreliableDesk:  # noqa: ARG001 - it wires the bank
    """The line to the bank's desk, which fails as the test plans it."""
    unreliable = UnreliableDesk(desks["piggy_bank"])
    monkeypatch.setitem(desks, "piggy_bank", unreliable)
    return unreliable
