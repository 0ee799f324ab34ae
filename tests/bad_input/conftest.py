"""A merchant with one object of each kind and state, a stranger, and a count of all that is written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import TextClause, func, select, text
from werkzeug.test import TestResponse

from kit import clock, database
from kit.database import Base, db
from payments.merchants import ApiKey, KeyKind
from tests.support.factories import create_merchant

SHOP = "https://shop.example/thanks"
# Sealing the audit rows goes on behind every test.
BEHIND_THE_SCENES = {"audit_rows", "audit_seals"}
Form = dict[str, Any]


@dataclass
class Shop:
    """Bare HTTP with a merchant's key; `known` names its objects for the cases' paths and parameters."""

    app: Flask
    account_id: str
    key: str
    known: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, key: str | None = None, **given: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {key or self.key}", **given.pop("headers", {})}
        client = self.app.test_client(use_cookies=False)
        return client.open(self.filled(path), method=method, headers=headers, **given)

    def make(self, name: str, path: str, /, **params: Any) -> dict[str, Any]:
        answer = self.send("POST", path, data=self.filled(params))
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.get_json()
        self.known[name] = made["id"]
        return made

    def filled(self, given: Any) -> Any:
        """Put ids where their names stand in braces."""
        if isinstance(given, str):
            for name, object_id in self.known.items():
                given = given.replace(f"{{{name}}}", object_id)
            return given
        if isinstance(given, dict):
            return {self.filled(key): self.filled(value) for key, value in given.items()}
        return given

    def written(self) -> dict[str, tuple[int, int]]:
        """Rows of this merchant's in each table, and the sum of their versions."""
        with self.app.app_context():
            found = db.session.execute(count_of_all_rows(), {"account_id": self.account_id}).all()
            db.session.remove()
            return {name: (int(rows), int(version)) for name, rows, version in found}

    def audited(self) -> int:
        with self.app.app_context():
            table = Base.metadata.tables["audit_rows"]
            query = select(func.count()).where(table.c.account_id == self.account_id)
            return int(db.session.scalar(query) or 0)


@cache
def count_of_all_rows() -> TextClause:
    """For each table its name, how many rows an account has in it, and the sum of their versions."""
    counts = []
    for table in Base.metadata.sorted_tables:
        if table.name in BEHIND_THE_SCENES or "account_id" not in table.c:
            continue
        versions = "coalesce(sum(version), 0)" if "version" in table.c else "0"
        counts.append(
            f"SELECT '{table.name}', count(*), {versions} FROM {table.name} WHERE account_id = :account_id"  # noqa: S608
        )
    return text(" UNION ALL ".join(counts))


def session_form(**overrides: Any) -> Form:
    return {
        "mode": "payment",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "2000",
        "line_items[0][price_data][product_data][name]": "Rose",
        "line_items[0][quantity]": "1",
        "success_url": SHOP,
        **overrides,
    }


INTENT: Form = {"amount": "2000", "currency": "usd"}
PAID: Form = {**INTENT, "payment_method": "pm_card_visa", "confirm": "true"}
HELD: Form = {**PAID, "capture_method": "manual"}


def stock(shop: Shop) -> None:
    """One of each kind and state."""
    shop.make("session", "/v1/checkout/sessions", **session_form())
    shop.make("expired", "/v1/checkout/sessions", **session_form())
    shop.send("POST", "/v1/checkout/sessions/{expired}/expire")
    shop.make("intent", "/v1/payment_intents", **INTENT)
    shop.known["secret"] = shop.send("GET", "/v1/payment_intents/{intent}").get_json()["client_secret"]
    paid = shop.make("paid", "/v1/payment_intents", **PAID)
    shop.known["charge"] = paid["latest_charge"]
    shop.make("partly", "/v1/payment_intents", **PAID)
    shop.make("refund", "/v1/refunds", payment_intent="{partly}", amount="500")
    refunded = shop.make("refunded", "/v1/payment_intents", **PAID)
    shop.known["refunded_charge"] = refunded["latest_charge"]
    shop.send("POST", "/v1/refunds", data=shop.filled({"payment_intent": "{refunded}"}))
    held = shop.make("held", "/v1/payment_intents", **HELD)
    shop.known["held_charge"] = held["latest_charge"]
    shop.make("held_dinar", "/v1/payment_intents", **{**HELD, "currency": "kwd", "amount": "20000"})
    shop.make("dinar", "/v1/payment_intents", **{**PAID, "currency": "kwd", "amount": "20000"})
    shop.make("canceled", "/v1/payment_intents", **INTENT)
    shop.send("POST", "/v1/payment_intents/{canceled}/cancel")
    shop.make("customer", "/v1/customers", email="jenny@example.com")
    shop.make("other_customer", "/v1/customers")
    shop.make("gone", "/v1/customers")
    card = shop.send("POST", "/v1/payment_methods/pm_card_visa/attach", data={"customer": shop.known["gone"]})
    shop.known["card_of_gone"] = card.get_json()["id"]
    shop.send("DELETE", "/v1/customers/{gone}")
    saved = shop.send(
        "POST", "/v1/payment_methods/pm_card_visa/attach", data={"customer": shop.known["customer"]}
    )
    shop.known["saved"] = saved.get_json()["id"]
    shop.known["spent"] = paid["payment_method"]
    shop.make("product", "/v1/products", name="Rose")
    shop.make("price", "/v1/prices", product="{product}", currency="usd", unit_amount="700")
    shop.make("euro_price", "/v1/prices", product="{product}", currency="eur", unit_amount="700")
    shop.make("monthly", "/v1/prices", product="{product}", currency="usd", unit_amount="700",
              **{"recurring[interval]": "month"})  # fmt: skip
    shop.make("endpoint", "/v1/webhook_endpoints", url="https://shop.example/hook",
              **{"enabled_events[]": "invoice.paid"})  # fmt: skip


@pytest.fixture(scope="module")
def shop(app: Flask) -> Shop:
    """The merchant whose input is bad; the stranger's objects are known as `foreign_...`."""
    stranger, stranger_key = create_merchant(app, "Stranger")
    theirs = Shop(app, stranger.id, stranger_key)
    stock(theirs)
    merchant, key = create_merchant(app)
    own = Shop(app, merchant.id, key, {f"foreign_{name}": known for name, known in theirs.known.items()})
    stock(own)
    with app.app_context():
        expired, own.known["expired_key"] = ApiKey.issue(merchant.id, KeyKind.SECRET, livemode=False)
        expired.expires_at = clock.now() - 1
        _, own.known["publishable"] = ApiKey.issue(merchant.id, KeyKind.PUBLISHABLE, livemode=False)
        _, own.known["live_key"] = ApiKey.issue(merchant.id, KeyKind.SECRET, livemode=True)
        database.commit()
    return own


@dataclass(frozen=True)
class Case:
    """One bad request and Stripe's answer to it."""

    path: str
    params: Any = None
    code: str | None = None
    param: str | None = None
    status: int = 400
    method: str = "POST"
    key: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.code} {self.param}"


@pytest.fixture(scope="module")
def refuses(shop: Shop) -> Callable[[Case], dict[str, Any]]:
    """Send a case and hold its answer to Stripe's shape; nothing but one audit row may be left behind."""

    def check(case: Case) -> dict[str, Any]:
        before, rows = shop.written(), shop.audited()
        params = shop.filled(case.params)
        body = {"query_string": params} if case.method == "GET" else {"data": params}
        answer = shop.send(
            case.method, case.path, shop.filled(case.key) if case.key else None, headers=case.headers, **body
        )
        assert answer.status_code == case.status, answer.text
        error: dict[str, Any] = answer.get_json()["error"]
        known = {"message", "type", "code", "param", "doc_url", "request_log_url", "payment_intent", "charge",
                 "decline_code", "payment_method", "advice_code", "network_decline_code"}  # fmt: skip
        assert error.keys() <= known
        assert error["type"] in ("invalid_request_error", "card_error", "idempotency_error")
        assert error["message"]
        assert answer.headers["Request-Id"].startswith("req_")
        assert (error.get("code"), error.get("param")) == (case.code, case.param)
        assert shop.written() == before
        if case.status != 401:
            assert shop.audited() == rows + 1
        return error

    return check
