"""A merchant with a dashboard user for each test."""

import pytest
from flask import Flask

from payments import merchants
from tests.support.desk import Desk, Shop, open_shop


@pytest.fixture(autouse=True)
def passwords_are_cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test signs in, and none asks what a guess costs; a real server has its own cost."""
    if "gateway" not in request.fixturenames:
        monkeypatch.setitem(merchants.SCRYPT, "n", 16)


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A merchant of the test's own."""
    return open_shop(app)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """That merchant's user, signed in."""
    return shop.desk()
