"""Houses with banks of their own, whose days the tests end, and a line that fails as a test plans it."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest
import requests
import stripe
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select

import paying
import settling
from kit import database
from kit.database import db
from payments import breakers, cases, treasury
from payments.balance import reconciliation, terms
from payments.balance.settlements import Settlement
from payments.bank import Unknown, acquirers
from payments.contracts import Contract, Terms
from payments.events import Event
from payments.ledger import LedgerEntry
from payments.merchants import Merchant
from payments.treasury import FileRead, Listing, PayOut, PayoutStands, Treasury
from tests.support import bank as bank_server
from tests.support.bank import Bank
from tests.support.databases import KINDS
from tests.support.factories import create_merchant
from tests.support.houses import quiet_house
from tests.support.stripe_client import stripe_client

PIGGY, CUCKOO = "piggy_bank", "cuckoo_bank"
DAY_SECONDS = 24 * 3600
GOOD_ACCOUNT = "000123456789"
MINUTE_SECONDS = 61


# Each test has some days of its own: a house never sees its clock go back.
_mornings = itertools.count(1_900_000_000, 3 * DAY_SECONDS)


@dataclass
class Banks:
    """Both banks of these tests; nobody else moves their clocks."""

    piggy: Bank
    cuckoo: Bank

    def end_the_day(self, bank: Bank | None = None) -> None:
        """Let a day pass at a bank, or at both."""
        for each in (self.piggy, self.cuckoo) if bank is None else (bank,):
            told = requests.post(
                f"{each.url}/v1/clock",
                json={"advance_seconds": DAY_SECONDS},
                headers={"Authorization": f"Bearer {each.secret}"},
                timeout=60,
            )
            assert told.status_code == 200, told.text


@pytest.fixture(scope="session")
def banks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Banks]:
    with ExitStack() as stack:
        running = [
            stack.enter_context(bank_server.server(tmp_path_factory.mktemp(name), BANK_NAME=name))
            for name in (PIGGY, CUCKOO)
        ]
        yield Banks(*running)


@dataclass
class Wired:
    """A house with the adapters that it was made with, which other houses of this process may replace."""

    app: Flask
    acquirers: dict[str, Any]
    treasuries: dict[str, Treasury]
    desks: dict[str, Any]


@pytest.fixture(scope="session", params=KINDS)
def wired(
    request: pytest.FixtureRequest, banks: Banks, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wired]:
    both = {
        "ACQUIRERS": f"{PIGGY},{CUCKOO}",
        "BANK2_URL": banks.cuckoo.url,
        "BANK2_SECRET": banks.cuckoo.secret,
    }
    folder, ask = tmp_path_factory.mktemp("money"), partial(request.getfixturevalue, "postgres_server")
    with quiet_house(request.param, banks.piggy, folder, ask, both) as app:
        yield Wired(app, dict(acquirers), dict(treasury.treasuries), dict(cases.desks))


@dataclass
class Faulty:
    """A treasury whose line fails as a test has planned it; else it asks the real bank."""

    inner: Treasury
    name: str
    spoil: Callable[[bytes], bytes] | None = None  # what becomes of the whole file on its way
    lost_orders: int = 0  # so many payouts are carried out and their answers lost
    lost_questions: int = 0  # so many are lost before the bank hears of them
    on_read: Callable[[], None] | None = None  # runs when a file has been read
    endless: bool = False  # its list says that more is to come, always
    on_piece: Callable[[], None] | None = None  # runs before each piece of a file is handed on
    orders: list[PayOut] = field(default_factory=list)

    def settlements(self, after: int) -> Listing | Unknown:
        listing = self.inner.settlements(after)
        return replace(listing, has_more=True) if self.endless and isinstance(listing, Listing) else listing

    def read_file(self, settlement_id: str, take: Callable[[bytes], None]) -> FileRead | Unknown:
        whole: list[bytes] = []
        answer = self.inner.read_file(settlement_id, whole.append)
        if self.on_read:
            self.on_read()
        text = b"".join(whole)
        text = self.spoil(text) if self.spoil else text
        for start in range(0, len(text), 100):
            if self.on_piece:
                self.on_piece()
            take(text[start : start + 100])
        return answer

    def pay_out(self, question: PayOut) -> Any:
        self.orders.append(question)
        if self.lost_questions:
            self.lost_questions -= 1
            return Unknown("timeout: the question was lost")
        answer = self.inner.pay_out(question)
        if self.lost_orders:
            self.lost_orders -= 1
            return Unknown("timeout: the answer was lost")
        return answer

    def look_up_payout(self, reference: str) -> PayoutStands | Any:
        return self.inner.look_up_payout(reference)


@pytest.fixture
def house(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app, asking its own banks."""
    breakers.reset()
    for name, acquirer in wired.acquirers.items():
        monkeypatch.setitem(acquirers, name, acquirer)
        monkeypatch.setitem(treasury.treasuries, name, wired.treasuries[name])
        monkeypatch.setitem(cases.desks, name, wired.desks[name])
    return wired.app


@pytest.fixture
def line(house: Flask, wired: Wired, monkeypatch: pytest.MonkeyPatch) -> Faulty:  # noqa: ARG001 - wires it
    """The line to the first bank's treasury."""
    faulty = Faulty(wired.treasuries[PIGGY], PIGGY)
    monkeypatch.setitem(treasury.treasuries, PIGGY, faulty)
    return faulty


@dataclass
class Shop:
    """A merchant of the test's own, and what the house and its books know of it."""

    house: Flask
    banks: Banks
    account_id: str
    sdk: stripe.StripeClient

    def pay(self, amount: int = 2000, currency: str = "usd", **given: Any) -> stripe.PaymentIntent:
        intent: Any = {
            "amount": amount, "currency": currency, "payment_method": "pm_card_visa", "confirm": True,
        }  # fmt: skip
        paid = self.sdk.v1.payment_intents.create(intent | given)
        assert paid.status in ("succeeded", "requires_capture"), paid
        return paid

    def settle(self) -> int:
        """Let the banks' day end, and the house do what follows."""
        self.banks.end_the_day()
        return self.work()

    def work(self) -> int:
        """Run the settlement sweep once, in a session of its own, as the worker does."""
        with self.house.app_context():
            return settling.settle()

    def send_payouts(self) -> int:
        with self.house.app_context():
            return paying.send()

    def add_bank_account(self, number: str = GOOD_ACCOUNT, currency: str = "usd") -> str:
        """Give the merchant an account for its payouts; return its id."""
        account: Any = {
            "object": "bank_account", "country": "US", "currency": currency, "account_number": number,
            "routing_number": "110000000", "account_holder_name": "Rosie",
        }  # fmt: skip
        made = self.sdk.v1.accounts.external_accounts.create(self.account_id, {"external_account": account})
        return str(made.id)

    def change_merchant(self, **values: Any) -> None:
        with self.house.app_context():
            merchant = db.session.get(Merchant, self.account_id)
            assert merchant is not None
            for name, value in values.items():
                setattr(merchant, name, value)
            database.commit()
            terms.forget(self.account_id)

    def use_bank(self, name: str) -> None:
        """Leave the merchant with one contract."""
        with self.house.app_context():
            db.session.execute(delete(Contract).where(Contract.account_id == self.account_id))
            Contract.sign(self.account_id, Terms(name))
            database.commit()

    def available(self, currency: str = "usd") -> int:
        return self._part("available", currency)

    def pending(self, currency: str = "usd") -> int:
        return self._part("pending", currency)

    def _part(self, part: str, currency: str) -> int:
        amounts = {item.currency: item.amount for item in getattr(self.sdk.v1.balance.retrieve(), part)}
        return int(amounts.get(currency, 0))

    def book(self, name: str, currency: str = "usd") -> int:
        """What a book of the merchant's holds; a debit is positive."""
        with self.house.app_context():
            total = select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
                LedgerEntry.account_id == self.account_id,
                LedgerEntry.book == name,
                LedgerEntry.currency == currency,
            )
            return int(db.session.scalar(total) or 0)

    def settlements(self) -> list[Settlement]:
        with self.house.app_context():
            query = (
                select(Settlement).where(Settlement.merchant_id == self.account_id).order_by(Settlement.seq)
            )
            return list(db.session.scalars(query))

    def differences(self) -> list[dict[str, Any]]:
        """What the report says of this merchant's files and movements."""
        mine = {settlement.id for settlement in self.settlements()}
        with self.house.app_context():
            told = reconciliation.report().differences
            return [
                one for one in told if one["settlement_id"] in mine or one["account_id"] == self.account_id
            ]

    def kinds(self) -> list[str]:
        return sorted(one["kind"] for one in self.differences())

    def event_types(self) -> list[str]:
        with self.house.app_context():
            query = select(Event.type).where(Event.account_id == self.account_id).order_by(Event.id)
            return list(db.session.scalars(query))

    def check_ledger(self) -> None:
        """Every transaction of the house sums to zero, for each account and in each currency."""
        with self.house.app_context():
            total = func.sum(LedgerEntry.amount_minor)
            keys = (LedgerEntry.transaction_id, LedgerEntry.account_id, LedgerEntry.currency)
            unbalanced = db.session.execute(select(*keys).group_by(*keys).having(total != 0)).all()
            assert not unbalanced


@pytest.fixture
def shop(house: Flask, banks: Banks, later: time_machine.Traveller) -> Iterator[Shop]:  # noqa: ARG001 - time
    merchant, secret_key = create_merchant(house)
    shop = Shop(house, banks, merchant.id, stripe_client(house, secret_key))
    shop.use_bank(PIGGY)
    yield shop
    shop.check_ledger()


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves forward, from a moment after all that other tests have done."""
    with time_machine.travel(next(_mornings), tick=True) as traveller:
        yield traveller
