"""A merchant's till for each test of the page; the buyers are made from it."""

import pytest
from flask import Flask

from tests.support.buyer import Till
from tests.support.factories import create_merchant


@pytest.fixture
def till(app: Flask) -> Till:
    """A merchant of the test's own."""
    _, secret_key = create_merchant(app, "Rosie's Roses")
    return Till(app, secret_key)
