"""What the chaos tests share: a database with its merchant, prepared once for all light campaigns."""

from pathlib import Path

import pytest

from tests.chaos.house import House


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a light house that has never been opened."""
    house = House(tmp_path_factory.mktemp("chaos_template"), "sqlite", light=True)
    house.prepare()
    return house.data_dir
