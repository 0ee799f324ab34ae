"""A write that the database breaks off leaves nothing open, and who was only slower is told so."""

import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from kit import database, writing
from kit.database import db
from kit.writing import Change, Shape, StaleWrite
from payments.catalog.products import Product
from payments.customers.customers import Customer
from payments.scope import Caller, acting_as
from tests.support.factories import create_merchant

BOXES = Table(
    "boxes",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("shelf", Text),
    Column("version", BigInteger),
)


@dataclass
class Pooled:
    """A driver's connection, as the pool hands it out."""

    driver_connection: Any
    info: dict[str, Any] = field(default_factory=dict)


def pooled(connection: Any) -> Any:
    return Pooled(connection)


def test_a_commit_that_fails_lets_the_next_writer_in(tmp_path: Path) -> None:
    first, second = (
        sqlite3.connect(tmp_path / "boxes.sqlite3", isolation_level=None, timeout=0) for _ in range(2)
    )
    first.execute("PRAGMA foreign_keys=ON")
    first.execute("CREATE TABLE shelves (id TEXT PRIMARY KEY)")
    first.execute(
        "CREATE TABLE boxes (id TEXT PRIMARY KEY, shelf TEXT "
        "REFERENCES shelves DEFERRABLE INITIALLY DEFERRED)"
    )
    box_without_a_shelf = Change(Shape(BOXES, ("id", "shelf"), is_update=False), ("box_1", "shelf_1"))
    with pytest.raises(sqlite3.IntegrityError):  # which SQLite finds only as it commits
        writing.write_sqlite(pooled(first), [box_without_a_shelf])
    second.execute("INSERT INTO shelves VALUES ('shelf_1')")
    writing.write_sqlite(pooled(first), [box_without_a_shelf])
    assert second.execute("SELECT id FROM boxes").fetchall() == [("box_1",)]


def test_a_connection_that_broke_is_not_used_again(empty_postgres_url: str) -> None:
    options = database.engine_options(empty_postgres_url, pool_size=1)
    engine = create_engine(empty_postgres_url, **options)
    database.prepare_engine(engine)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with psycopg.connect(driver.info.dsn, autocommit=True) as administrator:
            administrator.execute("SELECT pg_terminate_backend(%s)", [driver.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            driver.execute("SELECT 1")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


def test_rows_are_locked_in_the_same_order_whoever_changes_them(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = create_merchant(app)[0]
    written: list[list[tuple[str, Any]]] = []

    def look(_connection: object, changes: list[Change]) -> None:
        written.append([(change.shape.table.name, change.key[0]) for change in changes])

    with app.app_context(), acting_as(Caller(merchant.id, livemode=False, actor="test")):
        rows: list[Any] = [Customer.create({"name": f"Customer {number}"}) for number in range(8)]
        rows += [Product.create({"name": f"Product {number}"}) for number in range(8)]
        database.commit()
        monkeypatch.setattr(database, "write_postgresql", look)
        monkeypatch.setattr(database, "write_sqlite", look)
        for row in reversed(rows):
            row.metadata_ = {"touched": "yes"}
        database.commit()
        db.session.remove()
    (changes,) = written
    assert changes == sorted(changes)


def test_who_would_wait_for_ever_has_lost_the_race(empty_postgres_url: str) -> None:
    address = empty_postgres_url.replace("postgresql+psycopg", "postgresql")
    with (
        psycopg.connect(address, autocommit=True) as writer,
        psycopg.connect(address, autocommit=True) as other,
        psycopg.connect(address, autocommit=True) as observer,
    ):
        writer.execute("CREATE TABLE boxes (id text PRIMARY KEY, shelf text, version bigint)")
        writer.execute("INSERT INTO boxes VALUES ('box_1', 'a', 1), ('box_2', 'a', 1)")
        other.execute("SET deadlock_timeout = '60s'")  # so that it is the writer who finds out
        other.execute("BEGIN")
        other.execute("UPDATE boxes SET shelf = 'b' WHERE id = 'box_1'")
        shape = Shape(BOXES, ("shelf",), is_update=True)
        changes = [Change(shape, ("c",), (box, 1)) for box in ("box_2", "box_1")]
        outcome: list[BaseException | None] = []

        def write() -> None:
            try:
                writing.write_postgresql(pooled(writer), changes)
            except BaseException as error:  # noqa: BLE001 - the thread has nobody else to tell
                outcome.append(error)
            else:
                outcome.append(None)

        thread = threading.Thread(target=write)
        thread.start()
        waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
        while observer.execute(waits, [writer.info.backend_pid]).fetchone() != (True,):
            pass
        other.execute("UPDATE boxes SET shelf = 'b' WHERE id = 'box_2'")
        thread.join()
        other.execute("COMMIT")
    assert isinstance(outcome[0], StaleWrite)


def test_an_errors_text_shows_no_value(app: Flask) -> None:
    with app.app_context(), pytest.raises(SQLAlchemyError) as refused:
        db.session.execute(text("SELECT 1 FROM nowhere WHERE email = :email"), {"email": "jenny@x.example"})
    assert "jenny" not in str(refused.value)
