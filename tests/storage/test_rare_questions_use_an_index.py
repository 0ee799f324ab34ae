"""What is asked seldom reads no whole table: a card's copies, lost numbers, the places of a link."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from kit.database import db
from merchant_api import searches
from payments.charging.follow_card import _kept_of
from payments.customers import sources
from payments.customers.customers import Customer
from payments.hosted.hold_place import _places_of
from payments.scope import acting_as, system
from payments.searching import Field
from tests.support.bank import Bank
from tests.support.houses import quiet_house

Asked = list[tuple[str, Any]]


@contextmanager
def listening() -> Iterator[Asked]:
    """Note each statement with its values."""
    asked: Asked = []

    def noted(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", noted)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", noted)


def plan_of(statement: str, values: Any) -> str:
    """How the database goes about a statement, told that reading a whole table is dear."""
    is_postgresql = db.engine.dialect.name == "postgresql"
    with db.engine.connect() as connection:
        if is_postgresql:
            connection.execute(text("SET enable_seqscan = off"))
        try:
            explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
            rows = connection.exec_driver_sql(f"{explain} {statement}", values).all()
        finally:
            if is_postgresql:
                connection.execute(text("RESET enable_seqscan"))
    return "\n".join(str(row) for row in rows)


QUESTIONS: dict[str, Callable[[], object]] = {
    "ix_payment_methods_fingerprint": lambda: _kept_of("nobody's"),
    "ix_payment_methods_lost": sources.forget_lost,
    "ix_checkout_sessions_unnumbered": lambda: _places_of("plink_none", 3),
    "ix_customers_email": lambda: searches.search(
        Customer, "/", {"query": "email:'a@example.com'"}, {"email": Field(Customer.email)}
    ),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def empty_house(
    request: pytest.FixtureRequest, bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A house without rows: what other tests have left would tell the planner other things each time."""
    folder = tmp_path_factory.mktemp("empty")
    with quiet_house(request.param, bank, folder, lambda: request.getfixturevalue("postgres_server")) as app:
        yield app


@pytest.mark.parametrize("index", QUESTIONS)
def test_the_question_is_answered_by_its_index(empty_house: Flask, index: str) -> None:
    with empty_house.app_context(), acting_as(system("acct_nobody", livemode=False)):
        with listening() as asked:
            QUESTIONS[index]()
            db.session.rollback()
        about = [(statement, values) for statement, values in asked if "statement_timeout" not in statement]
        plans = [plan_of(statement, values) for statement, values in about]
        assert any(index in plan for plan in plans), plans
        db.session.remove()
