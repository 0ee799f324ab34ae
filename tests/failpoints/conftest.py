"""A house of the theatre's own on each database: a gateway of other tests would do the sweeps' work."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from config import Settings, load
from kit.database import db
from payments.acquirers.simulator import SimulatorAcquirer
from payments.bank import acquirers
from tests.support import gateway, postgres
from tests.support.bank import Bank


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database on which nobody else works."""
    folder = tmp_path_factory.mktemp("theatre")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/florin.sqlite3"
    else:
        url = postgres.create_database(request.getfixturevalue("postgres_server"), folder.name)
    gateway.migrate(url, folder)
    return url


@pytest.fixture(scope="session")
def variables(database_url: str, bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return gateway.variables(database_url, bank, tmp_path_factory.mktemp("theatre_data"))


@pytest.fixture(scope="session")
def settings(variables: dict[str, str]) -> Settings:
    return load(variables)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The theatre's house in this process."""
    app = create_app(settings)
    lines = list(acquirers.values())
    yield app
    for line in lines:
        assert isinstance(line, SimulatorAcquirer)
        line.client.close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
