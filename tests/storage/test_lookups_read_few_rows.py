"""A lookup by a telling value, as a charge's refunds, reads no more rows the more a merchant has.

SQLite plans by the figures of migrations/planning.py. What is looked at here is found and not listed: each
index, each filter of the API's lists, and all that a day in a shop asks, dashboard and doctor included.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

import sweeps
from kit import database
from kit.database import db
from migrations import upgrade
from migrations.planning import PARTS
from payments import merchants
from payments.doctor import pages
from tests.support.bank import Bank
from tests.support.buyer import Buyer
from tests.support.databases import new_sqlite
from tests.support.desk import Shop, open_shop
from tests.support.houses import quiet_house

Telling = Mapping[str, set[str]]  # table -> columns by which an index finds few rows

STEP = re.compile(
    r"(?:SEARCH|SCAN) (?P<table>[a-z_]+)(?: USING (?:COVERING )?INDEX (?P<index>\w+))?(?P<by>.*)"
)
OWNERS = ("account_id", "livemode")
NOBODY = "none_0"


def telling_columns(file: sqlite3.Connection) -> Telling:
    """For each table the columns that stand first in an index, but for those that many rows share."""
    columns: defaultdict[str, set[str]] = defaultdict(set)
    indexes = file.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
    for table, index, made_by in indexes:
        names = [name for *_, name in file.execute(f"PRAGMA index_info('{index}')")]
        first = next((name for name in names if name not in OWNERS), None)
        holds_all = " WHERE " not in (made_by or "") or made_by.endswith(f" WHERE {first} IS NOT NULL")
        if first is not None and first not in PARTS and holds_all:
            columns[table].add(first)
    return columns


def wide_steps(file: sqlite3.Connection, telling: Telling, statement: str) -> list[str]:
    """The steps of a statement's plan that pass over a column by which few rows would have been found."""
    asked = statement[max(statement.upper().find(" WHERE "), statement.upper().find("\nWHERE ")) :]
    wide = []
    for *_, step in file.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall():
        found = STEP.match(step)
        if found is None or found["table"] not in telling:
            continue
        columns = telling[found["table"]]
        given = {
            column
            for column in columns
            if re.search(rf"""(?<![\w.])(?:{found["table"]}\.)?"?{column}"?\s+(?:=|IN\s+\()\s*['\d]""", asked)
        }
        if given and not set(re.findall(r"(\w+)=\?", found["by"])) & (columns | {"rowid"}):
            wide.append(f"{step} though it is told {sorted(given)}")
    return wide


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A migrated database without rows."""
    connection = sqlite3.connect(new_sqlite(tmp_path).removeprefix("sqlite:///"))
    yield connection
    connection.close()


def lookups(file: sqlite3.Connection) -> Iterator[str]:
    """Each column that an index begins with, asked for as `mine().where(...)` does, as a page and whole."""
    for table, columns in telling_columns(file).items():
        names = {name for _, name, *_ in file.execute(f"PRAGMA table_info('{table}')")}
        if not {"account_id", "livemode"} <= names:
            continue
        key = "id" if "id" in names else "seq"
        for column in sorted(columns - {key}):
            mine = "account_id = 'a' AND livemode = 0"
            asked = f"SELECT * FROM {table} WHERE {mine} AND {column} = '0'"  # noqa: S608 - the schema's names
            yield asked
            yield f"{asked} ORDER BY {key} DESC LIMIT 11"
            yield f"{asked} AND {key} < '0' ORDER BY {key} DESC LIMIT 11"


def test_every_index_is_used_beside_the_merchants_own(file: sqlite3.Connection) -> None:
    telling, asked = telling_columns(file), list(lookups(file))
    assert len(asked) > 100
    assert [found for statement in asked for found in wide_steps(file, telling, statement)] == []


def test_without_the_figures_these_tests_would_fail(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM sqlite_stat1")
    file.execute("ANALYZE sqlite_master")  # which counts nothing, and reads the figures again
    telling = telling_columns(file)
    wide = [found for statement in lookups(file) for found in wide_steps(file, telling, statement)]
    assert len(wide) > 50
    assert any("SEARCH charges USING INDEX ix_charges_list" in found for found in wide)


def test_the_figures_are_written_once_and_again_where_others_stand(file: sqlite3.Connection) -> None:
    path = file.execute("PRAGMA database_list").fetchone()[2]
    figures = "SELECT * FROM sqlite_stat1 ORDER BY tbl, idx"
    before = file.execute(figures).fetchall()
    version = file.execute("PRAGMA data_version").fetchone()
    upgrade(f"sqlite:///{path}")
    assert file.execute("PRAGMA data_version").fetchone() == version
    file.execute("ANALYZE")
    file.commit()
    assert file.execute(figures).fetchall() != before
    upgrade(f"sqlite:///{path}")
    assert file.execute(figures).fetchall() == before


# ---- what the house really asks


@pytest.fixture(scope="module")
def shop(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("lookups")
    patch = pytest.MonkeyPatch()
    patch.setitem(merchants.SCRYPT, "n", 16)
    patch.setattr(pages, "LOOK_AGAIN_SECONDS", ())
    with quiet_house("sqlite", bank, folder, lambda: "") as app:
        yield open_shop(app)
    patch.undo()


@pytest.fixture
def asked(shop: Shop) -> Iterator[set[str]]:
    """All statements over the house's connections, whichever way they take, each as it was run."""
    statements: set[str] = set()

    def listen(connection: Any, _record: object) -> None:
        connection.set_trace_callback(statements.add)

    with shop.till.app.app_context():
        engine = db.engine
        db.session.remove()
        engine.dispose()
        event.listen(engine, "connect", listen)
        yield statements
        event.remove(engine, "connect", listen)
        engine.dispose()


def planned_widely(app: Flask, statements: set[str]) -> list[str]:
    verbs = ("SELECT", "UPDATE", "DELETE", "WITH")
    with app.app_context(), sqlite3.connect(str(db.engine.url.database)) as file:
        telling = telling_columns(file)
        return [
            f"{found}: {statement}"
            for statement in sorted(statements)
            if statement.lstrip().upper().startswith(verbs)
            for found in wide_steps(file, telling, statement)
        ]


def a_day(shop: Shop) -> dict[str, str]:
    """Orders and payments of several kinds; the ids of what came of them, by the name in an address."""
    till = shop.till
    buyer = Buyer(till.app, till.open_session(allow_promotion_codes=True))
    buyer.pay()
    session = till.get(f"/v1/checkout/sessions/{buyer.session['id']}")
    customer = till.post("/v1/customers", {"email": "a@example.com"})
    intent = shop.pay()
    refund = till.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 900})
    price = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Roses"}}
    link = till.post("/v1/payment_links", {"line_items": [{"price_data": price, "quantity": 1}]})
    hook = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    endpoint = till.post("/v1/webhook_endpoints", hook)
    return {
        "accounts": till.get("/v1/account")["id"],
        "charges": intent["latest_charge"],
        "customers": customer["id"],
        "events": till.get("/v1/events?type=charge.refunded")["data"][0]["id"],
        "payment_intents": intent["id"],
        "payment_links": link["id"],
        "refunds": refund["id"],
        "sessions": session["id"],
        "webhook_endpoints": endpoint["id"],
    }


def filters(till: Any, ids: Mapping[str, str]) -> Iterator[str]:
    """The address of each list with each of its filters, and with each pair of a filter and a cursor."""
    paths = till.client.get("/openapi.json").get_json()["paths"]
    for path, operations in paths.items():
        named = re.search(r"(\w+)/\{\w+\}", path)
        if "get" not in operations or (named and named[1] not in ids):
            continue
        address = re.sub(r"\{\w+\}", ids[named[1]], path) if named else path
        for parameter in operations["get"]["parameters"]:
            schema = parameter["schema"]
            kinds = {schema.get("type"), *(kind.get("type") for kind in schema.get("anyOf", ()))}
            if parameter["in"] == "query" and kinds & {"string", "array"}:
                values = [NOBODY, *schema.get("enum", ())[:1]]
                yield from (f"{address}?{parameter['name']}={value}" for value in values)


def test_every_filter_of_every_list(shop: Shop, asked: set[str]) -> None:
    ids, answered = a_day(shop), 0
    asked.clear()
    for address in filters(shop.till, ids):
        status = shop.till.client.get(address, headers=shop.till.headers).status_code
        assert status in (200, 400, 404), address
        answered += status == 200
    assert answered > 40
    assert any("refunds.charge_id = 'none_0'" in statement for statement in asked)
    assert planned_widely(shop.till.app, asked) == []


@pytest.mark.parametrize(
    ("noun", "clause", "index"),
    [
        ("charges", "customer:'none_0'", "ix_charges_customer (customer_id=?)"),
        ("payment_intents", "customer:'none_0'", "ix_payment_intents_customer (customer_id=? AND id>?)"),
        (
            "prices",
            "product:'none_0'",
            "ix_prices_product (account_id=? AND livemode=? AND product=?)",
        ),
    ],
)
def test_a_search_for_what_belongs_to_an_id_is_answered_by_its_index(
    shop: Shop, asked: set[str], noun: str, clause: str, index: str
) -> None:
    found = shop.till.client.get(
        f"/v1/{noun}/search", query_string={"query": clause}, headers=shop.till.headers
    )
    assert found.get_json()["data"] == []
    statement = next(statement for statement in asked if "'none_0'" in statement and "SELECT" in statement)
    with shop.till.app.app_context(), sqlite3.connect(str(db.engine.url.database)) as file:
        (plan,) = [step for *_, step in file.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert plan.endswith(index)


def test_customers_of_an_address_are_found_by_the_index_of_an_expression(shop: Shop, asked: set[str]) -> None:
    shop.till.get("/v1/customers?email=a@example.com")
    statement = next(statement for statement in asked if "lower(customers.email)" in statement)
    with shop.till.app.app_context(), sqlite3.connect(str(db.engine.url.database)) as file:
        (plan,) = [step for *_, step in file.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert plan.endswith("ix_customers_email (account_id=? AND livemode=? AND <expr>=?)")


def test_a_day_in_a_shop_with_its_dashboard_and_its_sweeps(shop: Shop, asked: set[str]) -> None:
    app, ids = shop.till.app, a_day(shop)
    desk = shop.desk()
    for page in ("", "/payments", "/checkout-sessions", "/payment-links", "/events", "/webhooks", "/audit"):
        assert desk.open(f"/dashboard{page}").status == 200
    pages_of = {
        "events": "events",
        "payment_intents": "payments",
        "payment_links": "payment-links",
        "sessions": "checkout-sessions",
        "webhook_endpoints": "webhooks",
    }
    for kind, page in pages_of.items():
        assert desk.open(f"/dashboard/{page}/{ids[kind]}").status == 200
    assert desk.open(f"/dashboard/audit?object={ids['payment_intents']}").status == 200
    with app.app_context():
        for path in (sweeps.RECONCILE, sweeps.FILINGS, sweeps.EXPIRY, *(path for _, path in sweeps.SWEEPS)):
            getattr(sweeps, path.removeprefix("sweeps."))()
            database.rollback()
    app.test_cli_runner().invoke(args=["florin", "doctor"], catch_exceptions=False)
    assert len(asked) > 150
    assert planned_widely(app, asked) == []
