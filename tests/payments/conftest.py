"""A house of its own on each database, with no sweep but the test's, and a line to the bank that fails."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
import stripe
import time_machine
from flask import Flask
from sqlalchemy import select

import sweeps
from kit.database import db
from payments import breakers
from payments.bank import acquirers
from payments.charging.attempts import Attempt
from payments.events import Event
from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree
from tests.support.factories import create_merchant
from tests.support.houses import quiet_house
from tests.support.stripe_client import stripe_client
from tests.support.unreliable import Unreliable

ACQUIRER = "piggy_bank"
UNKNOWN_SECONDS = 3  # after so long an unknown answer is looked up
AGAIN_SECONDS = 30  # after so long at the most it is looked up once more
MORNING, DAY_SECONDS = 1_795_300_000, 24 * 3600
CRASH_SECONDS = 31  # after so long no request can still be waiting for an answer


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The app on a migrated database that no other process sweeps."""
    folder = tmp_path_factory.mktemp("house")
    ask = partial(request.getfixturevalue, "postgres_server")
    with quiet_house(request.param, bank, folder, ask) as app:
        yield app


@pytest.fixture
def line(house: Flask, monkeypatch: pytest.MonkeyPatch) -> Unreliable:  # noqa: ARG001 - it wires the bank
    """The line to the real bank, which fails as the test plans it."""
    breakers.reset()
    inner = acquirers[ACQUIRER]
    unreliable = Unreliable(inner, inner.name)
    monkeypatch.setitem(acquirers, ACQUIRER, unreliable)
    return unreliable


@dataclass(frozen=True)
class Shop:
    """A merchant of the test's own, with the official SDK, and what the house knows of it."""

    house: Flask
    bank: Bank
    account_id: str
    secret_key: str
    sdk: stripe.StripeClient

    def pay(self, **overrides: object) -> stripe.PaymentIntent:
        """Create and confirm an intent of $20.00."""
        params = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        return self.sdk.v1.payment_intents.create({**params, **overrides})  # type: ignore[typeddict-item]

    def intent(self, intent_id: str) -> stripe.PaymentIntent:
        return self.sdk.v1.payment_intents.retrieve(intent_id)

    def only_intent(self) -> stripe.PaymentIntent:
        (intent,) = self.sdk.v1.payment_intents.list().data
        return intent

    def attempts(self) -> list[Attempt]:
        """Every question to the bank, oldest first."""
        with self.house.app_context():
            query = select(Attempt).where(Attempt.account_id == self.account_id).order_by(Attempt.id)
            return list(db.session.scalars(query))

    def event_types(self) -> list[str]:
        """What happened, oldest first."""
        with self.house.app_context():
            query = select(Event.type).where(Event.account_id == self.account_id).order_by(Event.id)
            return list(db.session.scalars(query))

    def check_books(self, *, open_questions: int = 0) -> None:
        assert_the_books_agree(self.house, self.bank, self.account_id, open_questions=open_questions)


@pytest.fixture
def shop(house: Flask, bank: Bank) -> Iterator[Shop]:
    """A shop, whose open questions are closed after the test, so that no other test's sweep meets them."""
    merchant, secret_key = create_merchant(house)
    yield Shop(house, bank, merchant.id, secret_key, stripe_client(house, secret_key))
    with time_machine.travel(MORNING + DAY_SECONDS):
        sweep(house)


def sweep(house: Flask) -> int:
    """Run the sweep over open questions once; in a session of its own, as the worker does."""
    with house.app_context():
        return sweeps.reconcile_attempts()


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves forward."""
    with time_machine.travel(MORNING, tick=True) as traveller:
        yield traveller


@pytest.fixture
def soon() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves forward from now, which is the bank's time, too."""
    with time_machine.travel(time.time(), tick=True) as traveller:
        yield traveller
