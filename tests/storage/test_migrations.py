"""The migrated schema is the one that the nouns describe, and what is append-only stays as written."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from kit.database import Base
from launcher.places import ROOT
from migrations import alembic_config, upgrade
from payments.audit import AuditRow
from payments.ledger import LedgerEntry

HOUSE = ("payments", "webhooks", "merchant_api", "checkout")
APPEND_ONLY = (AuditRow, LedgerEntry)
Reflected = dict[str, dict[str | None, str]]


@pytest.fixture(scope="module", autouse=True)
def _every_noun_is_known() -> None:
    """A table counts as soon as its file is there, whether or not the app is wired to it yet."""
    for floor in HOUSE:
        for module in pkgutil.walk_packages(importlib.import_module(floor).__path__, f"{floor}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite3"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def checks(engine: Engine) -> Reflected:
    """Every table's CHECK constraints: name -> condition, as the database itself words it."""
    tables = inspect(engine)
    return {
        table: {check["name"]: check["sqltext"] for check in tables.get_check_constraints(table)}
        for table in tables.get_table_names()
        if table != "alembic_version"
    }


def insertion(noun: type[Base]) -> str:
    """An INSERT with a plausible value for each column that needs one."""
    values = {}
    for column in noun.__table__.columns:
        kind: type = dict if isinstance(column.type, JSON) else column.type.python_type
        values[column.name] = (
            "'{}'" if kind is dict else "FALSE" if kind is bool else "1" if kind is int else "'x'"
        )
    return f"INSERT INTO {noun.__tablename__} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608


def refuses(connection: Connection, statement: str) -> bool:
    with pytest.raises(DBAPIError) as refused:
        connection.execute(text(statement))
    return "append-only" in str(refused.value)


# SQLAlchemy reads no index of an expression out of SQLite, and says so; PostgreSQL's are compared.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrated_schema_is_that_of_the_nouns(empty: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_migrated_check_constraints_are_those_of_the_nouns(empty: Engine, empty_url: str) -> None:
    Base.metadata.create_all(empty)
    described = checks(empty)
    Base.metadata.drop_all(empty)
    upgrade(empty_url)
    assert checks(empty) == described


def test_migrating_twice_changes_nothing(empty: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    before = checks(empty)
    upgrade(empty_url)
    assert checks(empty) == before


def test_every_revision_can_be_taken_back(empty: Engine, empty_url: str) -> None:
    upgrade(empty_url)
    with empty.connect() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]


@pytest.mark.slow
def test_processes_that_migrate_at_once_all_succeed(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    running = [subprocess.Popen([sys.executable, "-m", "migrations"], cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("sqlite:////no/such/folder/florin.sqlite3", "sqlite:////no/such/folder/florin.sqlite3"),
        ("postgresql://someone:secret@127.0.0.1:1/florin", "someone:***@127.0.0.1:1/florin"),
        ("mysql://127.0.0.1/florin", "DATABASE_URL must begin with"),
    ],
)
def test_a_database_out_of_reach_gets_one_clear_line(
    url: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "migrations"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
    assert "secret@" not in done.stderr


@pytest.mark.parametrize("noun", APPEND_ONLY)
def test_append_only_rows_can_be_neither_changed_nor_removed(
    empty: Engine, empty_url: str, noun: type[Base]
) -> None:
    upgrade(empty_url)
    table = noun.__tablename__
    with empty.connect() as connection:
        connection.execute(text(insertion(noun)))
        assert refuses(connection, f"UPDATE {table} SET created = 2")  # noqa: S608
        assert refuses(connection, f"DELETE FROM {table}")  # noqa: S608
        if empty.dialect.name == "postgresql":
            assert refuses(connection, f"TRUNCATE {table}")
        else:
            assert refuses(connection, insertion(noun).replace("INSERT", "INSERT OR REPLACE", 1))
        assert connection.scalar(text(f"SELECT created FROM {table}")) == 1  # noqa: S608
