"""docs/examples/embedded.py as it stands: its customer is declined, then pays in the frame and comes back."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from flask import Flask
from playwright.sync_api import Page, expect

from demo import is_open
from kit import database
from payments.merchants import ApiKey, KeyKind
from tests.journeys.test_a_page_in_a_shops_frame import typed
from tests.support.browser import Watched
from tests.support.factories import create_merchant
from tests.support.hosted_page import INSUFFICIENT_FUNDS, stripe_client, succeeded_charges
from tests.support.ports import free_port
from tests.support.processes import running

# What a browser shows does not depend on the database.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("served_database", ["sqlite"], indirect=True, scope="session"),
]

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "embedded.py"


@pytest.fixture
def keys(app: Flask) -> tuple[str, str]:
    """A merchant's secret and publishable key."""
    merchant, secret_key = create_merchant(app, "Rosie's Roses")
    with app.app_context():
        _, publishable_key = ApiKey.issue(merchant.id, KeyKind.PUBLISHABLE, livemode=False)
        database.commit()
        return secret_key, publishable_key


@pytest.fixture
def example(gateway: str, keys: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    """The example's address."""
    port = free_port()
    variables = {
        "FLORIN_URL": gateway,
        "STRIPE_SECRET_KEY": keys[0],
        "STRIPE_PUBLISHABLE_KEY": keys[1],
        "SHOP_PORT": str(port),
    }
    command = [sys.executable, str(EXAMPLE)]
    with running("example", command, log=tmp_path / "log", ready=lambda: is_open(port), variables=variables):
        yield f"http://127.0.0.1:{port}"


def test_a_customer_is_declined_pays_in_the_frame_and_comes_back(
    gateway: str, keys: tuple[str, str], example: str, page: Page, watched: Watched
) -> None:
    page.goto(example)
    frame = page.frame_locator("#checkout iframe")
    typed(frame, cardNumber=INSUFFICIENT_FUNDS)
    frame.locator("#submit").click()
    expect(frame.get_by_role("alert")).to_contain_text("No money has been taken.")
    typed(frame)
    frame.locator("#submit").click()
    expect(page.get_by_text("Your order is paid.")).to_be_visible()
    client = stripe_client(keys[0], gateway)
    (session,) = client.v1.checkout.sessions.list().data
    assert page.url == f"{example}/return?session_id={session.id}"
    (charge,) = succeeded_charges(client, session.id)
    assert isinstance(charge, stripe.Charge)
    assert (charge.amount, charge.currency) == (2000, "eur")
    assert watched.complaints == []
