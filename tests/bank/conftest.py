"""Banks inside the test's own process: one on SQLite, and one on each of the two databases in turn.

Here `bank` is not the process that the rest of the suite calls, but a bank that a test can look into.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema

from tests.bank.support import Caller, sqlite_in
from tests.support import postgres


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(sqlite_in(tmp_path))
    yield caller
    caller.close()


@pytest.fixture(scope="session")
def bank_database_url(postgres_server: str) -> str:
    """A PostgreSQL database for all banks of these tests; each has a schema of its own in it."""
    return postgres.create_database(postgres_server, "bank")


@pytest.fixture
def empty_schema_url(bank_database_url: str) -> str:
    schema = f"bank_{secrets.token_hex(8)}"
    engine = create_engine(bank_database_url)
    with engine.begin() as connection:
        connection.execute(CreateSchema(schema))
    engine.dispose()
    return f"{bank_database_url}&options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", "postgresql"])
def either_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_in(tmp_path)
    url: str = request.getfixturevalue("empty_schema_url")
    return url


@pytest.fixture
def either_bank(either_url: str) -> Iterator[Caller]:
    caller = Caller(either_url)
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def shared_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """For tests that need no books of their own; a file of tests shares it."""
    caller = Caller(sqlite_in(tmp_path_factory.mktemp("shared_bank")))
    yield caller
    caller.close()
