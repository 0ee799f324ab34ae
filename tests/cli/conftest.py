"""A merchant of the test's own, the listener on both databases, the official CLI against real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient

from tests.cli import official
from tests.cli.devices import Session, listening, open_session
from tests.cli.house import House, serving
from tests.cli.official import StripeCli
from tests.support.desk import Shop, open_shop
from tests.support.stripe_client import stripe_client


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A merchant of the test's own, with someone at the dashboard."""
    return open_shop(app)


@pytest.fixture
def sdk(app: Flask, shop: Shop) -> stripe.StripeClient:
    """That merchant's SDK."""
    return stripe_client(app, shop.secret_key)


@pytest.fixture(scope="session")
def port(app: Flask) -> Iterator[int]:
    """Where the listener listens, in this process and on the database of `app`."""
    with listening(app) as port:
        yield port


@pytest.fixture
def session(client: FlaskClient, shop: Shop) -> Session:
    """A device's session of that merchant."""
    return open_session(client, shop.secret_key)


@pytest.fixture(scope="session")
def binary() -> Path:
    """The official CLI."""
    return official.installed()


@pytest.fixture(scope="session")
def florin(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A Florin of real processes."""
    with serving(binary, tmp_path_factory.mktemp("florin")) as florin:
        yield florin


@pytest.fixture
def tester(florin: House) -> Shop:
    """A merchant of that Florin's."""
    return open_shop(florin.app)


@pytest.fixture
def cli(florin: House, tester: Shop, tmp_path: Path) -> StripeCli:
    """The official CLI with that merchant's key."""
    return florin.cli(tester, tmp_path)
