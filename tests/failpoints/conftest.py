"""A house of the theatre's own on each database: only its ensemble works on it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from config import load
from tests.support import databases, gateway, houses
from tests.support.bank import Bank


@pytest.fixture(scope="session", params=databases.KINDS)
def theatre_database(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """A migrated database on which nobody else works."""
    return new_database(request.param)


@pytest.fixture(scope="session")
def variables(theatre_database: str, bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return gateway.variables(theatre_database, bank, tmp_path_factory.mktemp("theatre_data"))


@pytest.fixture(scope="session")
def app(variables: dict[str, str]) -> Iterator[Flask]:
    """The theatre's house in this process."""
    with houses.opened(load(variables)) as app:
        yield app
