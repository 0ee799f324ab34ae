"""The journeys' own fixtures: a real browser, a shop to return to, a merchant with the stock SDK."""

from collections.abc import Iterator

import pytest
import stripe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support import browser as chromium_browser
from tests.support.browser import Shop, Watched
from tests.support.factories import create_merchant
from tests.support.hosted_page import stripe_client

MERCHANT_NAME = "Rosie's Roses"
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def app(served: Flask) -> Flask:
    """The house that is served, inside this process."""
    return served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's journeys; each journey has a context, and so cookies, of its own."""
    with chromium_browser.chromium() as launched:
        yield launched


@pytest.fixture
def shop() -> Iterator[Shop]:
    """The merchant's site."""
    with chromium_browser.shop() as open_shop:
        yield open_shop


@pytest.fixture
def merchant(app: Flask, gateway: str) -> stripe.StripeClient:
    """A merchant of the journey's own, holding the official SDK."""
    _, secret_key = create_merchant(app, MERCHANT_NAME)
    return stripe_client(secret_key, gateway)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """An Indian buyer's fresh browser."""
    opened = browser.new_context(locale="en-IN", viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def watched(page: Page) -> Watched:
    """What the page asked for and complained of."""
    return chromium_browser.watch(page)


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """The same buyer with scripts switched off."""
    opened = browser.new_context(locale="en-IN", java_script_enabled=False)
    opened.set_default_timeout(15_000)
    yield opened.new_page()
    opened.close()


@pytest.fixture(params=["page", "plain_page"], ids=["with scripts", "without scripts"])
def buyer(request: pytest.FixtureRequest) -> Page:
    """Runs the journey twice: with scripts and without."""
    page: Page = request.getfixturevalue(request.param)
    return page
