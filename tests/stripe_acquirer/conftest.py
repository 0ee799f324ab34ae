"""Florin with a Stripe behind it: a second Florin, a process with a database and a bank of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import stripe
from flask import Flask
from sqlalchemy import delete, select

import sweeps
from kit import database
from kit.database import db
from launcher.places import ROOT
from payments import breakers, cases
from payments.acquirers.stripe_psp import StripeAcquirer
from payments.bank import acquirers
from payments.charging.attempts import Attempt
from payments.contracts import Contract, Terms
from payments.events import Event
from payments.merchants import ApiKey, KeyKind, Merchant
from payments.notices import BankNotice
from tests.support import bank as bank_server
from tests.support import gateway
from tests.support.bank import Bank
from tests.support.databases import KINDS, new_sqlite
from tests.support.houses import quiet_house
from tests.support.stripe_client import stripe_client
from tests.support.stripe_proxy import Proxy, proxy

PEER_KEY = "sk_test_the_key_of_Florin_at_its_Stripe"
ACQUIRER = "the_tests_stripe_acquirer"
WEBHOOK_SECRET = "whsec_between_the_second_Florin_and_the_first"


@dataclass(frozen=True)
class Peer:
    """The second Florin, which plays Stripe, and the SDK of Florin's account there."""

    url: str
    sdk: stripe.StripeClient
    database_path: str


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """A Stripe: another house, another bank, other books."""
    folder = tmp_path_factory.mktemp("the_other_house")
    url_of_database = new_sqlite(folder)
    with bank_server.server(tmp_path_factory.mktemp("its_bank")) as bank:
        given = gateway.variables(url_of_database, bank, folder) | {"DEMO_SECRET_KEY": PEER_KEY}
        subprocess.run([sys.executable, "-m", "seed"], cwd=ROOT, env={**os.environ, **given}, check=True)
        with gateway.server(given, folder) as url:
            sdk = stripe.StripeClient(PEER_KEY, base_addresses={"api": url}, max_network_retries=0)
            yield Peer(url, sdk, url_of_database.removeprefix("sqlite:///"))


@pytest.fixture(scope="session")
def session_line(peer: Peer) -> Iterator[Proxy]:
    with proxy(peer.url) as line:
        yield line


@pytest.fixture
def line(session_line: Proxy) -> Proxy:
    """The line to the peer, which fails as the test plans it."""
    session_line.reset()
    return session_line


@pytest.fixture(scope="session", params=KINDS)
def house(
    request: pytest.FixtureRequest,
    bank: Bank,
    session_line: Proxy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """Florin inside this process, on each database, with no sweep but the test's."""
    folder = tmp_path_factory.mktemp("house")
    behind = {
        "STRIPE_SECRET_KEY": PEER_KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": session_line.url,
    }
    ask = partial(request.getfixturevalue, "postgres_server")
    with quiet_house(request.param, bank, folder, ask, behind) as app:
        acquirer = acquirers["stripe"]
        assert isinstance(acquirer, StripeAcquirer)
        app.extensions[ACQUIRER] = acquirer
        acquirers.pop("stripe")  # other houses of this process have none
        yield app
        cases.desks.pop("stripe", None)
        acquirer.line.close()


@dataclass(frozen=True)
class Shop:
    """A merchant of the test's own whose only contract is with Stripe."""

    house: Flask
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
        """Every question to Stripe, oldest first."""
        with self.house.app_context():
            query = select(Attempt).where(Attempt.account_id == self.account_id).order_by(Attempt.id)
            return list(db.session.scalars(query))

    def acquirer(self) -> StripeAcquirer:
        """The adapter itself."""
        adapter: StripeAcquirer = self.house.extensions[ACQUIRER]
        return adapter

    def reference(self) -> str:
        """What the newest authorisation is called."""
        return [attempt.id for attempt in self.attempts() if attempt.kind == "authorize"][-1]

    def event_types(self) -> list[str]:
        with self.house.app_context():
            query = select(Event.type).where(Event.account_id == self.account_id).order_by(Event.id)
            return list(db.session.scalars(query))


@pytest.fixture
def shop(house: Flask, line: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop; its open questions are closed after the test, so that no other test's sweep meets them."""
    breakers.reset()
    monkeypatch.setitem(acquirers, "stripe", house.extensions[ACQUIRER])
    account_id, secret_key = open_shop(house)
    yield Shop(house, account_id, secret_key, stripe_client(house, secret_key))
    line.reset()
    sweep(house, age_seconds=3600)
    with house.app_context(), db.engine.connect() as connection:
        connection.execute(delete(BankNotice))  # what waits to be tried again


def open_shop(house: Flask) -> tuple[str, str]:
    """Return a new merchant's id and secret key; it has a contract with Stripe alone."""
    with house.app_context():
        merchant = Merchant.open("Rosie's Roses")
        Contract.sign(merchant.id, Terms("stripe"))
        _, secret_key = ApiKey.issue(merchant.id, KeyKind.SECRET, livemode=False)
        database.commit()
        return merchant.id, secret_key


def sweep(house: Flask, *, age_seconds: int = 60) -> int:
    """Run the sweep over open questions as if they had been asked so long ago."""
    breakers.reset()  # nobody waits until it is polite to ask again
    with house.app_context():
        open_now = Attempt.__table__.c.status.in_(("asked", "unknown", "challenged", "pending"))
        change: dict[str, Any] = {"created": Attempt.created - age_seconds, "look_at": 1}
        with db.engine.connect() as connection:
            connection.execute(Attempt.__table__.update().where(open_now).values(change))  # type: ignore[attr-defined]
        return sweeps.reconcile_attempts()


def at_stripe(peer: Peer, reference: str) -> list[stripe.PaymentIntent]:
    """Every intent that the peer has of one of our references, with its latest charge."""
    newest = peer.sdk.v1.payment_intents.list({"limit": 100, "expand": ["data.latest_charge"]}).data
    return [intent for intent in newest if reference_on(intent) == reference]


def reference_on(thing: Any) -> str | None:
    """Our reference in the metadata of one of the peer's objects."""
    reference: str | None = thing.to_dict()["metadata"].get("florin_reference")
    return reference
