"""A house of its own on each database with a bank of its own, so that a doctor finds what the test did."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stripe
from flask import Flask
from sqlalchemy import text

from kit.database import db
from payments import breakers
from payments.bank import acquirers
from payments.doctor import pages
from tests.support import bank as bank_server
from tests.support.bank import Bank
from tests.support.factories import create_merchant
from tests.support.houses import quiet_house
from tests.support.stripe_client import stripe_client
from tests.support.unreliable import Unreliable

ACQUIRER = "piggy_bank"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the house stands on; it is asked for by the house and by its bank."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def own_bank(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """A bank whose journal holds what this house did, and nothing else."""
    with bank_server.server(tmp_path_factory.mktemp(f"bank_of_{database}")) as running:
        yield running


@pytest.fixture(scope="session")
def house(
    request: pytest.FixtureRequest, database: str, own_bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The app on a migrated database that no other process works on."""
    folder = tmp_path_factory.mktemp("ward")
    ask = partial(request.getfixturevalue, "postgres_server")
    with quiet_house(database, own_bank, folder, ask) as app:
        yield app


@dataclass(frozen=True)
class Told:
    """What a command printed, and its exit code."""

    code: int
    said: str

    def found(self, check: str) -> bool:
        return f"FOUND {check}:" in self.said


@dataclass(frozen=True)
class Ward:
    """A merchant with payments, and the commands."""

    house: Flask
    account_id: str
    sdk: stripe.StripeClient
    data_dir: Path

    def run(self, *arguments: str) -> Told:
        done = self.house.test_cli_runner().invoke(args=["florin", *arguments], catch_exceptions=False)
        return Told(done.exit_code, done.output)

    def pay(self, **overrides: Any) -> stripe.PaymentIntent:
        params = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        return self.sdk.v1.payment_intents.create({**params, **overrides})  # type: ignore[typeddict-item]

    def tamper(self, statement: str, **values: Any) -> None:
        """Change the database behind Florin's back."""
        with self.house.app_context(), db.engine.connect() as connection:
            connection.execute(text(statement), values)


@pytest.fixture
def ward(house: Flask, monkeypatch: pytest.MonkeyPatch) -> Ward:
    """A ward whose doctor does not pause between two looks at the same thing."""
    breakers.reset()
    monkeypatch.setattr(pages, "LOOK_AGAIN_SECONDS", (0.0,))
    merchant, secret_key = create_merchant(house)
    data_dir = house.config["FLORIN"].data_dir
    return Ward(house, merchant.id, stripe_client(house, secret_key), data_dir)


@pytest.fixture
def line(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> Unreliable:  # noqa: ARG001 - it wires the bank
    """The line to the bank, which fails as the test plans it."""
    unreliable = Unreliable(acquirers[ACQUIRER], ACQUIRER)
    monkeypatch.setitem(acquirers, ACQUIRER, unreliable)
    return unreliable
