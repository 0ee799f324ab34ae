"""A merchant of the test's own, with the official SDK and with bare HTTP."""

from typing import Any

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client


@pytest.fixture
def secret_key(app: Flask) -> str:
    return create_merchant(app)[1]


@pytest.fixture
def sdk(app: Flask, secret_key: str) -> stripe.StripeClient:
    return stripe_client(app, secret_key)


class Api:
    """Bare requests with the merchant's key."""

    def __init__(self, client: FlaskClient, secret_key: str) -> None:
        self._client = client
        self._key = secret_key

    def __call__(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any
    ) -> TestResponse:
        authorization = {"Authorization": f"Bearer {self._key}"}
        return self._client.open(path, method=method, headers=authorization | (headers or {}), **given)


@pytest.fixture
def api(client: FlaskClient, secret_key: str) -> Api:
    return Api(client, secret_key)
