"""Florin and its bank in one process, joined by calls instead of sockets, each with its own books."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import func, select

from app import create_app
from bank_simulator import BankSettings, create_bank
from config import load
from kit import database, http
from kit.database import db
from payments import bank, breakers, cases
from payments.acquirers.simulator import SimulatorAcquirer
from payments.acquirers.simulator_cases import SimulatorDesk
from payments.balance.balance_transactions import BalanceTransaction
from payments.charging import reconcile
from payments.charging.attempts import ENDS, Attempt
from payments.events import Event
from payments.ledger import LedgerEntry
from tests.model.rules import Line, Told
from tests.support import gateway
from tests.support.bank import NOBODY, SECRET, Bank
from tests.support.databases import new_sqlite
from tests.support.factories import create_merchant
from webhooks import bank_notices

ACQUIRER = "piggy_bank"
SOON_SECONDS = 5  # within so long the bank disputes a payment or decides on evidence


class LineToTheBank:
    """Stands where kit.http.Client does; the next question to the bank goes as `next` says."""

    def __init__(self, bank_app: Flask) -> None:
        self._bank = bank_app.test_client(use_cookies=False)
        self.next: Line = "works"

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> http.Response | http.Failure:
        line, self.next = self.next, "works"
        if line == "refused":
            return http.Failure("refused", sent=False, detail="nobody listens")
        if line == "question lost":
            return http.Failure("timeout", sent=True, detail="the question was lost")
        parts = urlsplit(url)
        answer = self._bank.open(
            parts.path, query_string=parts.query, method=method, data=body, headers=dict(headers or {})
        )
        if line == "answer lost":
            return http.Failure("timeout", sent=True, detail="the answer was lost")
        return http.Response(answer.status_code, {}, answer.get_data(), 0)

    def close(self) -> None:
        """There is no connection to close."""


class House:
    """What a step may do and see."""

    def __init__(self, app: Flask, bank_app: Flask, line: LineToTheBank) -> None:
        self.app = app
        self.bank = bank_app.test_client(use_cookies=False)
        self.line = line
        self._client = app.test_client(use_cookies=False)
        self.account_id = self.secret_key = ""

    def new_merchant(self) -> None:
        """Start with clean books."""
        breakers.reset()
        merchant, self.secret_key = create_merchant(self.app)
        self.account_id = merchant.id

    def post(self, path: str, line: Line = "works", **params: Any) -> tuple[Told, dict[str, Any]]:
        """Call the API as a merchant; return what it told and the object."""
        self.line.next = line
        answer = self._client.post(path, data=params, headers={"Authorization": f"Bearer {self.secret_key}"})
        self.line.next = "works"
        body: dict[str, Any] = answer.get_json()
        return Told(answer.status_code, body.get("error", {}).get("code")), body

    def get(self, path: str) -> dict[str, Any]:
        """Read an object as a merchant."""
        answer = self._client.get(path, headers={"Authorization": f"Bearer {self.secret_key}"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        body: dict[str, Any] = answer.get_json()
        return body

    def ask_about_everything_open(self) -> None:
        """Bring each open question to its end, without waiting for its time."""
        with self.app.app_context():
            open_ones = select(Attempt.id).where(
                Attempt.account_id == self.account_id, Attempt.status.not_in(ENDS)
            )
            for attempt_id in db.session.scalars(open_ones).all():
                with self.app.app_context():
                    assert reconcile.reconcile_attempt(attempt_id, patiently=False)
                    database.commit()

    def a_while_passes(self) -> None:
        """Let the bank do what is due in the next seconds, and Florin follow all that it tells."""
        moved = self.bank.post(
            "/v1/clock",
            json={"advance_seconds": SOON_SECONDS},
            headers={"Authorization": f"Bearer {SECRET}"},
        )
        assert moved.status_code == 200
        for job in (bank_notices.catch_up, bank_notices.drain):
            with self.app.app_context():
                job()

    def balance(self) -> int:
        """What the merchant has, fees left out."""
        with self.app.app_context():
            sums = select(func.coalesce(func.sum(BalanceTransaction.amount), 0))
            return int(db.session.scalar(sums.where(BalanceTransaction.account_id == self.account_id)) or 0)

    def events(self) -> Counter[str]:
        """How often each kind of event has been recorded."""
        with self.app.app_context():
            types = select(Event.type).where(Event.account_id == self.account_id)
            return Counter(db.session.scalars(types))

    def unbalanced(self) -> list[str]:
        """The transactions of the ledger that don't sum to zero in some currency."""
        with self.app.app_context():
            sums = (
                select(LedgerEntry.transaction_id)
                .where(LedgerEntry.account_id == self.account_id)
                .group_by(LedgerEntry.transaction_id, LedgerEntry.currency)
                .having(func.sum(LedgerEntry.amount_minor) != 0)
            )
            return list(db.session.scalars(sums))

    def authorization_of(self, intent_id: str) -> str:
        """Our reference of the latest authorisation that the bank approved for an intent."""
        with self.app.app_context():
            query = select(Attempt.id).where(
                Attempt.intent_id == intent_id, Attempt.kind == "authorize", Attempt.status == "succeeded"
            )
            return db.session.scalars(query).one()

    def at_the_bank(self, reference: str) -> dict[str, Any]:
        """How an authorisation stands in the bank's own books."""
        answer = self.bank.get(
            f"/v1/authorizations/{reference}", headers={"Authorization": f"Bearer {SECRET}"}
        )
        told: dict[str, Any] = answer.get_json()
        return told


@contextmanager
def one_process(folder: Path) -> Iterator[House]:
    """A migrated Florin and its bank on SQLite in `folder`; the acquirers are as before afterwards."""
    before = dict(bank.acquirers), dict(cases.desks)
    app = create_app(load(gateway.variables(new_sqlite(folder), Bank(NOBODY, SECRET), folder)))
    bank_app = create_bank(
        BankSettings(secret=SECRET, card_key=b"model", database_url=f"sqlite:///{folder}/bank.sqlite3")
    )
    line = LineToTheBank(bank_app)
    bank.acquirers.clear()
    bank.acquirers[ACQUIRER] = SimulatorAcquirer(ACQUIRER, "http://bank.test", SECRET, line)  # type: ignore[arg-type]
    cases.desks[ACQUIRER] = SimulatorDesk("http://bank.test", SECRET, line)  # type: ignore[arg-type]
    try:
        yield House(app, bank_app, line)
    finally:
        bank.acquirers.clear()
        bank.acquirers.update(before[0])
        cases.desks.update(before[1])
        bank_app.extensions["bank"].storage.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
