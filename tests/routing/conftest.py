"""A house with two banks on each database, and lines to them that fail as a test plans it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import select

import sweeps
from acquiring import CUCKOO_BANK, PIGGY_BANK
from kit.database import db
from payments import breakers
from payments.audit import AuditRow
from payments.bank import acquirers
from payments.charging.attempts import Attempt
from payments.events import Event
from tests.support import bank as bank_server
from tests.support.bank import Bank
from tests.support.factories import create_merchant
from tests.support.houses import quiet_house
from tests.support.stripe_client import stripe_client
from tests.support.unreliable import Unreliable

MORNING = 1_795_300_000
CRASH_SECONDS = 31  # after so long no request can still be waiting for an answer
UNKNOWN_SECONDS = 3  # after so long an unknown answer is looked up


@pytest.fixture(scope="session")
def second_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Cuckoo Bank, as a process of its own."""
    with bank_server.server(tmp_path_factory.mktemp("cuckoo"), BANK_NAME=CUCKOO_BANK) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, bank: Bank, second_bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The app with both banks on a migrated database that no other process sweeps."""
    folder = tmp_path_factory.mktemp("two_banks")
    second = {
        "ACQUIRERS": f"{PIGGY_BANK},{CUCKOO_BANK}",
        "BANK2_URL": second_bank.url,
        "BANK2_SECRET": second_bank.secret,
    }
    ask = partial(request.getfixturevalue, "postgres_server")
    with quiet_house(request.param, bank, folder, ask, second) as app:
        yield app


@dataclass(frozen=True)
class Lines:
    """The lines to the two banks, in the order in which a new merchant's contracts name them."""

    piggy: Unreliable
    cuckoo: Unreliable


@pytest.fixture
def lines(house: Flask, monkeypatch: pytest.MonkeyPatch) -> Lines:  # noqa: ARG001 - it wires the banks
    """The lines to the real banks, which fail as the test plans it."""
    breakers.reset()
    found = []
    for name in (PIGGY_BANK, CUCKOO_BANK):
        line = Unreliable(acquirers[name], name)
        monkeypatch.setitem(acquirers, name, line)
        found.append(line)
    return Lines(*found)


@dataclass(frozen=True)
class Shop:
    """A merchant of the test's own with contracts with both banks."""

    house: Flask
    bank: Bank
    account_id: str
    sdk: stripe.StripeClient

    def pay(self, **overrides: Any) -> stripe.PaymentIntent:
        """Create and confirm an intent of $20.00."""
        params = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        return self.sdk.v1.payment_intents.create({**params, **overrides})  # type: ignore[typeddict-item]

    def only_intent(self) -> stripe.PaymentIntent:
        (intent,) = self.sdk.v1.payment_intents.list().data
        return intent

    def charges(self) -> list[stripe.Charge]:
        """Every charge, oldest first."""
        return self.sdk.v1.charges.list().data[::-1]

    def attempts(self) -> list[Attempt]:
        """Every question to a bank, oldest first."""
        with self.house.app_context():
            query = select(Attempt).where(Attempt.account_id == self.account_id).order_by(Attempt.id)
            return list(db.session.scalars(query))

    def tries(self) -> list[tuple[str, str]]:
        """The acquirer and the end of each try."""
        return [(attempt.acquirer, attempt.status) for attempt in self.attempts()]

    def audited(self, action: str) -> list[dict[str, Any]]:
        """The details of the audit rows of one action, oldest first."""
        with self.house.app_context():
            query = select(AuditRow).where(AuditRow.account_id == self.account_id, AuditRow.action == action)
            return [row.details for row in db.session.scalars(query.order_by(AuditRow.seq))]

    def event_types(self) -> list[str]:
        """What happened, oldest first."""
        with self.house.app_context():
            query = select(Event.type).where(Event.account_id == self.account_id).order_by(Event.id)
            return list(db.session.scalars(query))


@pytest.fixture
def shop(house: Flask, bank: Bank) -> Iterator[Shop]:
    merchant, secret_key = create_merchant(house)
    yield Shop(house, bank, merchant.id, stripe_client(house, secret_key))
    with time_machine.travel(MORNING + 24 * 3600):
        sweep(house)


def sweep(house: Flask) -> int:
    """Run the sweep over open questions once."""
    with house.app_context():
        return sweeps.reconcile_attempts()


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves forward."""
    with time_machine.travel(MORNING, tick=True) as traveller:
        yield traveller
