"""A search that would read too much is stopped with a clear answer, and keeps no payment waiting."""

import threading
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, cast, func, literal_column

from kit import bounded
from kit.database import db
from merchant_api import searches
from merchant_api.customers import customers
from payments.searching import Field
from tests.support.buyer import Till
from tests.support.factories import create_merchant

ENDLESS = """(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n)"""


@pytest.fixture
def till(app: Flask) -> Till:
    _, secret_key = create_merchant(app, "Rosie's Roses")
    till = Till(app, secret_key)
    till.post("/v1/customers", {"name": "Asha Rao"})
    return till


@pytest.fixture
def slow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that takes ten seconds to look at."""
    with app.app_context():
        is_postgresql = db.engine.dialect.name == "postgresql"
    column: Any = cast(func.pg_sleep(10), String) if is_postgresql else literal_column(ENDLESS)
    monkeypatch.setitem(customers.SEARCHABLE, "phone", Field(column))
    monkeypatch.setattr(searches, "SECONDS", 0.3)


def ask(till: Till, query: str = "phone:'1'") -> Any:
    return till.app.test_client().get(
        "/v1/customers/search", query_string={"query": query}, headers=till.headers
    )


@pytest.mark.usefixtures("slow")
def test_a_search_that_takes_too_long_is_stopped_and_says_what_to_do(till: Till) -> None:
    started = time.monotonic()
    answer = ask(till)
    assert time.monotonic() - started < 5
    error = answer.get_json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", "query")
    assert error["code"] == "search_timeout"
    assert "Narrow its query" in error["message"]
    (found,) = ask(till, "name:'asha rao'").get_json()["data"]  # the connection is as good as before
    assert found["name"] == "Asha Rao"


@pytest.mark.usefixtures("slow")
def test_searches_take_no_place_from_payments_and_are_few_at_once(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The house under test has two places, as `./run` has; here as many searches as may be are slow."""
    monkeypatch.setattr(searches, "SECONDS", 2.0)
    statuses: list[int] = []
    searching = [
        threading.Thread(target=lambda: statuses.append(ask(till).status_code), daemon=True)
        for _ in range(searches.MOST_AT_ONCE)
    ]
    for thread in searching:
        thread.start()
    deadline = time.monotonic() + 5
    while searches._under_way._value and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    assert till.app.test_client().get("/openapi.json").status_code == 200
    further = ask(till, "name:'asha rao'")
    assert time.monotonic() - started < 1.5
    assert (further.status_code, further.get_json()["error"]["code"]) == (429, "rate_limit")
    assert further.headers["Stripe-Should-Retry"] == "true"
    for thread in searching:
        thread.join(10)
    assert statuses == [400] * searches.MOST_AT_ONCE
    assert ask(till, "name:'asha rao'").status_code == 200


def test_another_fault_is_no_timeout(app: Flask) -> None:
    with app.app_context(), pytest.raises(Exception, match="no_such") as fault:
        bounded.scalars(db.select(literal_column("no_such_column")).select_from(db.text("customers")), 1)
    assert not isinstance(fault.value, bounded.TooSlow)
