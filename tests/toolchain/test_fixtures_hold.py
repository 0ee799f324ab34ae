"""What the fixtures promise to every test: migrated databases, merchants apart, no way out to the network."""

import socket

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, text

from kit.database import db
from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from tests.support.bank import Bank
from tests.support.factories import create_merchant


def test_the_database_has_every_table_of_the_house(app: Flask) -> None:
    with app.app_context():
        assert set(db.metadata.tables) <= set(inspect(db.engine).get_table_names())


def test_postgresql_syncs_to_disk_as_in_production(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            assert db.session.execute(text("SHOW fsync")).scalar_one() == "on"
        else:
            assert db.session.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_each_merchant_sees_only_its_own(app: Flask, client: FlaskClient) -> None:
    (_, one_key), (_, other_key) = create_merchant(app), create_merchant(app)
    made = client.post("/v1/customers", headers={"Authorization": f"Bearer {one_key}"})
    assert made.status_code == 200
    address = f"/v1/customers/{made.get_json()['id']}"
    assert client.get(address, headers={"Authorization": f"Bearer {one_key}"}).status_code == 200
    assert client.get(address, headers={"Authorization": f"Bearer {other_key}"}).status_code == 404


def test_the_bank_answers_over_http(bank: Bank) -> None:
    assert is_healthy(f"{bank.url}/health")


def test_no_test_reaches_beyond_loopback() -> None:
    with (
        socket.socket() as out,
        pytest.warns(UserWarning, match="tried to use socket"),
        pytest.raises(RuntimeError, match="A test tried to use socket"),
    ):
        out.connect(("192.0.2.1", 80))  # TEST-NET-1: nobody's address
    with socket.socket() as inside:
        assert inside.connect_ex((LOOPBACK, 1)) != 0
