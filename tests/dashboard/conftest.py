"""A merchant with a dashboard user for each test."""

import pytest
from flask import Flask

from tests.support.desk import Desk, Shop, open_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A merchant of the test's own."""
    return open_shop(app)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """That merchant's user, signed in."""
    return shop.desk()
