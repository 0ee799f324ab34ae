"""An index on a table in use is made beside the work; what is broken off in the midst is made anew."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, event, text

import migrations
from migrations import alembic_config, indexes, upgrade

INDEX = "ix_checkout_sessions_unnumbered"
STATE = text("SELECT indisvalid FROM pg_index, pg_class WHERE pg_class.oid = indexrelid AND relname = :name")
SPOIL = text(
    "UPDATE pg_index SET indisvalid = false FROM pg_class WHERE pg_class.oid = indexrelid AND relname = :name"
)
REVISION = text("SELECT version_num FROM alembic_version")


@pytest.fixture
def before(empty_postgres_url: str) -> Iterator[Engine]:
    """A database at the revision before the first one that makes indexes concurrently."""
    engine = create_engine(empty_postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        command.upgrade(alembic_config(connection), "0034")
    yield engine
    engine.dispose()


def test_no_index_of_a_table_in_use_keeps_writers_waiting(
    before: Engine, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain CREATE INDEX lets nobody write until it is done; nobody writes to a table that is new."""
    made: list[str] = []
    new_tables: set[str] = set()

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.split()
        if words[:2] == ["CREATE", "TABLE"]:
            new_tables.add(words[2])
        if words[:2] == ["CREATE", "INDEX"] and words[words.index("ON") + 1] not in new_tables:
            made.append(statement)

    def listened(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        event.listen(engine, "before_cursor_execute", noted)
        return engine

    monkeypatch.setattr(migrations, "create_engine", listened)
    assert before.dialect.name == "postgresql"
    upgrade(empty_postgres_url)
    assert len(made) >= 4
    assert all(statement.startswith("CREATE INDEX CONCURRENTLY IF NOT EXISTS") for statement in made)


def test_an_index_that_was_left_unfinished_is_made_anew(before: Engine, empty_postgres_url: str) -> None:
    with before.connect() as connection:
        connection.execute(text(f"CREATE INDEX {INDEX} ON checkout_sessions (id)"))
        connection.execute(SPOIL, {"name": INDEX})
        assert connection.scalar(STATE, {"name": INDEX}) is False
    upgrade(empty_postgres_url)
    with before.connect() as connection:
        assert connection.scalar(STATE, {"name": INDEX}) is True


def test_a_migration_that_is_broken_off_leaves_a_whole_revision_and_goes_on_later(
    before: Engine, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = indexes.outside_transaction
    left = 2

    def broken() -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError("the machine is going down")
        return entered()

    with monkeypatch.context() as going_down:
        going_down.setattr(indexes, "outside_transaction", broken)
        with pytest.raises(OSError, match="going down"):
            upgrade(empty_postgres_url)
    with before.connect() as connection:
        assert connection.scalar(REVISION) == "0034"
        assert connection.scalar(STATE, {"name": "ix_payment_methods_lost"}) is True
    upgrade(empty_postgres_url)
    with before.connect() as connection:
        assert str(connection.scalar(REVISION)) >= "0035"
        assert connection.scalar(STATE, {"name": INDEX}) is True
