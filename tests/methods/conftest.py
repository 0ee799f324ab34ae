"""A gateway as a real server, whose bank's notices reach it, and buyers with scripts and without."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import stripe
from playwright.sync_api import Browser, Page, expect

from launcher.places import LOOPBACK, ROOT
from tests.support import bank as bank_server
from tests.support import browser as chromium_browser
from tests.support import gateway as gateway_server
from tests.support.bank import Bank
from tests.support.browser import Shop, Watched
from tests.support.databases import new_sqlite
from tests.support.hosted_page import session_params, stripe_client
from tests.support.ports import free_port

expect.set_options(timeout=15_000)
KEY = f"sk_test_{secrets.token_hex(24)}"


@dataclass(frozen=True)
class House:
    """A gateway as a real server, which its bank's notices reach."""

    url: str
    bank: Bank
    sdk: stripe.StripeClient

    def open(self, shop: Shop, **overrides: Any) -> stripe.checkout.Session:
        return self.sdk.v1.checkout.sessions.create(session_params(shop.url, **overrides))  # type: ignore[arg-type]

    def stands(self, session: stripe.checkout.Session) -> tuple[str | None, str]:
        now = self.sdk.v1.checkout.sessions.retrieve(session.id)
        return now.status, now.payment_status

    def events_of(self, session: stripe.checkout.Session) -> list[str]:
        """The types of the session's own events, oldest first."""
        events = self.sdk.v1.events.list({"limit": 100}).data
        objects = [(event.type, event.data.object) for event in events]
        own: list[str] = [kind for kind, thing in objects if "id" in thing and thing["id"] == session.id]
        return own[::-1]  # a balance, for one, has no id

    def time_passes(self, seconds: int) -> None:
        headers = {"Authorization": f"Bearer {self.bank.secret}"}
        body = {"advance_seconds": seconds}
        moved = requests.post(f"{self.bank.url}/v1/clock", json=body, headers=headers, timeout=20)
        assert moved.status_code == 200, moved.text


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("methods")
    port = free_port()
    (folder / "bank").mkdir()
    notices = f"http://{LOOPBACK}:{port}/webhooks/bank"
    with bank_server.server(folder / "bank", BANK_NOTICE_URL=notices) as bank:
        given = gateway_server.variables(new_sqlite(folder), bank, folder) | {"DEMO_SECRET_KEY": KEY}
        subprocess.run([sys.executable, "-m", "seed"], cwd=ROOT, env={**os.environ, **given}, check=True)
        with gateway_server.server(given, folder, port) as base_url:
            yield House(base_url, bank, stripe_client(KEY, base_url))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium_browser.chromium() as launched:
        yield launched


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    opened = browser.new_context(
        locale="en-IN", viewport={"width": 1280, "height": 900}, java_script_enabled=request.param
    )
    opened.set_default_timeout(15_000)
    yield opened.new_page()
    opened.close()


@pytest.fixture
def watched(page: Page) -> Watched:
    return chromium_browser.watch(page)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with chromium_browser.shop() as open_shop:
        yield open_shop
