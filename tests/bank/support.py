"""What the bank's tests share: a caller that speaks to a bank in process, and how a request looks."""

import secrets
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, func, select
from werkzeug.test import TestResponse

from bank_simulator import Bank, BankSettings, create_bank
from bank_simulator.issuer import Limits
from bank_simulator.storage import Storage
from bank_simulator.tables import accounts, authorizations, journal
from tests.support.bank import NOBODY

SECRET = "the bank's secret for tests"
GOOD_CARD = "4242424242424242"
NOW = 1_795_225_000  # 21 November 2026


class Caller:
    """A bank in this process and someone who calls it over HTTP with the right secret."""

    def __init__(self, database_url: str, **settings: Any) -> None:
        self.now = NOW
        self.settings = BankSettings(
            SECRET,
            b"card key for tests",
            database_url,
            latency_ms=settings.pop("latency_ms", 0),
            notice_url=settings.pop("notice_url", NOBODY),
            name=settings.pop("name", "piggy_bank"),
            limits=Limits(**settings),
        )
        self.app: Flask = create_bank(self.settings, clock=lambda: self.now)
        self.bank: Bank = self.app.extensions["bank"]
        self.storage: Storage = self.bank.storage

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def post(self, path: str, body: Any) -> TestResponse:
        return self.client().post(path, json=body, headers=bearer())

    def get(self, path: str) -> TestResponse:
        return self.client().get(path, headers=bearer())

    def authorize(self, reference: str, number: str = GOOD_CARD, **overrides: Any) -> dict[str, Any]:
        response = self.post("/v1/authorizations", order(reference, number, **overrides))
        assert response.status_code == 200, response.text
        return answer_of(response)

    def pay_with(self, number: str, **overrides: Any) -> dict[str, Any]:
        """An authorisation under a reference that no one has used."""
        return self.authorize(secrets.token_hex(16), number, **overrides)

    def capture(self, authorization: str, reference: str, amount_minor: int, **more: Any) -> dict[str, Any]:
        body = {"reference": reference, "amount_minor": amount_minor, **more}
        return self._operate(f"/v1/authorizations/{authorization}/captures", body)

    def refund(self, authorization: str, reference: str, amount_minor: int, **more: Any) -> dict[str, Any]:
        body = {"reference": reference, "amount_minor": amount_minor, **more}
        return self._operate(f"/v1/authorizations/{authorization}/refunds", body)

    def void(self, authorization: str, reference: str) -> dict[str, Any]:
        return self._operate(f"/v1/authorizations/{authorization}/void", {"reference": reference})

    def show(self, authorization: str) -> dict[str, Any]:
        response = self.get(f"/v1/authorizations/{authorization}")
        assert response.status_code == 200, response.text
        return answer_of(response)

    def account(self, currency: str = "usd") -> tuple[int, int]:
        """Balance and held of the only account in this currency."""
        row = self.storage.read(
            lambda tx: tx.execute(select(accounts).where(accounts.c.currency == currency)).one()
        )
        return row.balance_minor, row.held_minor

    def close(self) -> None:
        self.bank.stop()
        self.storage.close()

    def _operate(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return answer_of(response)


def bearer(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def answer_of(response: TestResponse) -> dict[str, Any]:
    answer = response.get_json()
    assert isinstance(answer, dict)
    return answer


def order(reference: str, number: str = GOOD_CARD, **overrides: Any) -> dict[str, Any]:
    """A whole request to authorise. Names of the card's fields go into the card, the rest beside it."""
    card: dict[str, Any] = {
        "number": number,
        "exp_month": 12,
        "exp_year": 2034,
        "cvc": "1234" if number.startswith("3") and len(number) == 15 else "123",
        "holder_name": "Jenny Rosen",
    }
    body: dict[str, Any] = {
        "reference": reference,
        "merchant_id": "acct_1",
        "amount_minor": 2000,
        "currency": "usd",
        "capture": True,
        "billing_address": {"line1": "510 Townsend St", "postal_code": "94103", "country": "US"},
        "initiator": "customer",
    }
    card |= {name: overrides.pop(name) for name in list(overrides) if name in card}
    return {**body, "card": card, **overrides}


def sqlite_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'bank.sqlite3'}"


def assert_the_books_agree(storage: Storage, opening_balance_minor: int) -> None:
    """Whatever happened, accounts, authorisations and journal tell the same story."""
    storage.read(lambda tx: _compare(tx, opening_balance_minor))


def _compare(tx: Connection, opening_balance_minor: int) -> None:
    books = tx.execute(select(authorizations)).all()
    for account in tx.execute(select(accounts)).all():
        own = [
            row
            for row in books
            if row.card_fingerprint == account.fingerprint
            and row.currency == account.currency
            and row.outcome == "approved"
        ]
        held = sum(row.amount_minor for row in own if row.captured_minor == 0)
        spent = sum(row.captured_minor - _with_the_holder(tx, row) for row in own)
        assert account.held_minor == held
        assert account.balance_minor == opening_balance_minor - spent
    for row in books:
        assert row.captured_minor == _journaled(tx, row, "capture") + _captured_at_once(tx, row)
        refunds = _journaled(tx, row, "refund") + _journaled(tx, row, "refund", "pending")
        assert row.refunded_minor == refunds - _journaled(tx, row, "refund_failure")
        voids = _count(tx, row.reference, "void", "voided")
        assert voids == 0 if row.outcome == "approved" else voids > 0 or row.outcome == "declined"
        assert row.tombstone or _count(tx, row.reference, "authorization") == 1


def _with_the_holder(tx: Connection, row: Any) -> int:
    """What of a payment the holder has back: refunds that arrived and stayed, and what was charged back."""
    came = sum(_journaled(tx, row, kind) for kind in ("refund", "refund_completion", "chargeback"))
    return came - sum(_journaled(tx, row, kind) for kind in ("refund_failure", "chargeback_reversal"))


def _journaled(tx: Connection, row: Any, kind: str, outcome: str = "approved") -> int:
    total = select(func.coalesce(func.sum(journal.c.amount_minor), 0)).where(
        journal.c.authorization == row.reference, journal.c.kind == kind, journal.c.outcome == outcome
    )
    return int(tx.execute(total).scalar_one())


def _captured_at_once(tx: Connection, row: Any) -> int:
    return row.captured_minor if _count(tx, row.reference, "capture", "approved") == 0 else 0


def _count(tx: Connection, authorization: str, kind: str, outcome: str | None = None) -> int:
    rows = select(func.count()).where(journal.c.authorization == authorization, journal.c.kind == kind)
    if outcome is not None:
        rows = rows.where(journal.c.outcome == outcome)
    return int(tx.execute(rows).scalar_one())
