"""A buyer in a real browser pays at Florin, whose acquirer is a second Florin: both pages, real webhooks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from playwright.sync_api import Browser, Page, expect

from launcher.places import ROOT
from tests.stripe_acquirer.conftest import Peer
from tests.support import browser as chromium_browser
from tests.support import gateway
from tests.support.bank import Bank
from tests.support.browser import Shop
from tests.support.cardholder import Cardholder
from tests.support.databases import new_sqlite
from tests.support.hosted_page import fill, press_pay, session_params
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow

expect.set_options(timeout=15_000)

KEY = "sk_test_the_key_of_a_shop_at_the_first_Florin"
HEARD: Any = (
    "checkout.session.completed", "checkout.session.expired", "payment_intent.succeeded",
    "payment_intent.payment_failed", "payment_intent.amount_capturable_updated", "payment_intent.canceled",
    "refund.updated", "refund.failed",
)  # fmt: skip
CHALLENGED_CARD = "4000002760003184"
DECLINED_CARD = "4000000000000002"


@dataclass(frozen=True)
class First:
    """The first Florin and its merchant's SDK."""

    url: str
    sdk: stripe.StripeClient

    def session(self, session_id: str) -> stripe.checkout.Session:
        return self.sdk.v1.checkout.sessions.retrieve(session_id)

    def charge_of(self, session_id: str) -> stripe.Charge:
        """The one charge that took a session's money."""
        intent = self.session(session_id).payment_intent
        charges = self.sdk.v1.charges.list({"payment_intent": str(intent)}).data
        (paid,) = [charge for charge in charges if charge.status == "succeeded"]
        return paid


@contextmanager
def first_florin(mode: str, bank: Bank, peer: Peer, folder: Path) -> Iterator[First]:
    """A Florin of its own whose one merchant's payments go to the peer, which posts its webhooks back."""
    endpoint = peer.sdk.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/webhooks/stripe", "enabled_events": list(HEARD)}
    )
    given = gateway.variables(new_sqlite(folder), bank, folder) | {
        "ACQUIRERS": "stripe",
        "DEMO_SECRET_KEY": KEY,
        "STRIPE_SECRET_KEY": str(peer.sdk._requestor.api_key),
        "STRIPE_WEBHOOK_SECRET": str(endpoint.secret),
        "STRIPE_API_BASE": peer.url,
        "STRIPE_MODE": mode,
    }
    subprocess.run([sys.executable, "-m", "seed"], cwd=ROOT, env={**os.environ, **given}, check=True)
    with gateway.server(given, folder) as url:
        peer.sdk.v1.webhook_endpoints.update(endpoint.id, {"url": f"{url}/webhooks/stripe"})
        yield First(url, stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=0))
        peer.sdk.v1.webhook_endpoints.delete(endpoint.id)


@pytest.fixture(scope="module")
def direct(bank: Bank, peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    with first_florin("direct", bank, peer, tmp_path_factory.mktemp("direct")) as florin:
        yield florin


@pytest.fixture(scope="module")
def redirect(bank: Bank, peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    with first_florin("redirect", bank, peer, tmp_path_factory.mktemp("redirect")) as florin:
        yield florin


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium_browser.chromium() as launched:
        yield launched


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_context(locale="en-IN", viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened.new_page()
    opened.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with chromium_browser.shop() as open_shop:
        yield open_shop


def open_session(florin: First, shop: Shop, **overrides: Any) -> stripe.checkout.Session:
    return florin.sdk.v1.checkout.sessions.create(session_params(shop.url, **overrides))  # type: ignore[arg-type]


def test_a_buyer_pays_on_florins_page_and_stripe_takes_the_money(
    direct: First, peer: Peer, shop: Shop, page: Page
) -> None:
    session = open_session(direct, shop)
    page.goto(str(session.url))
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert direct.session(session.id).payment_status == "paid"
    assert direct.charge_of(session.id).amount == 49900
    newest = peer.sdk.v1.payment_intents.list({"limit": 1}).data[0]
    assert (newest.status, newest.amount_received, newest.currency) == ("succeeded", 49900, "inr")


def test_a_declined_buyer_stays_on_florins_page_and_pays_with_another_card(
    direct: First, shop: Shop, page: Page
) -> None:
    session = open_session(direct, shop)
    page.goto(str(session.url))
    fill(page, cardNumber=DECLINED_CARD)
    press_pay(page)
    expect(page.get_by_role("alert")).to_contain_text("No money has been taken.")
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert direct.charge_of(session.id).amount == 49900


def test_a_buyer_passes_the_challenge_of_stripes_issuer_and_comes_back_to_the_shop(
    direct: First, peer: Peer, shop: Shop, page: Page
) -> None:
    session = open_session(direct, shop)
    page.goto(str(session.url))
    fill(page, cardNumber=CHALLENGED_CARD)
    press_pay(page)
    page.fill("#code", page.locator("#test-code").inner_text())
    page.click("#submit")
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert direct.charge_of(session.id).amount == 49900
    newest = peer.sdk.v1.payment_intents.list({"limit": 1}).data[0]
    assert newest.status == "succeeded"


def test_a_buyer_who_cancels_the_challenge_has_not_paid_and_may_try_another_card(
    direct: First, shop: Shop, page: Page
) -> None:
    session = open_session(direct, shop)
    page.goto(str(session.url))
    fill(page, cardNumber=CHALLENGED_CARD)
    press_pay(page)
    page.click("#cancel")
    expect(page.get_by_role("alert")).to_be_visible()
    assert direct.session(session.id).status == "open"
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert direct.charge_of(session.id).amount == 49900


def test_a_challenge_through_the_api_leads_to_stripes_page_and_back_to_the_merchants(
    direct: First, shop: Shop, page: Page
) -> None:
    intent = direct.sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "sek", "payment_method": "pm_card_authenticationRequired",
         "confirm": True, "return_url": f"{shop.url}/back"}
    )  # fmt: skip
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    page.goto(str(intent.next_action.redirect_to_url.url))
    page.fill("#code", page.locator("#test-code").inner_text())
    page.click("#submit")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert f"payment_intent={intent.id}" in page.url
    assert "redirect_status=succeeded" in page.url
    assert direct.sdk.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_who_passes_the_challenge_and_never_comes_back_is_settled_by_the_webhook(
    direct: First, peer: Peer, shop: Shop
) -> None:
    intent = direct.sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "sek", "payment_method": "pm_card_authenticationRequired",
         "confirm": True, "return_url": f"{shop.url}/back"}
    )  # fmt: skip
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    back = Cardholder(str(intent.next_action.redirect_to_url.url)).enters_the_code()
    at_stripe = requests.get(peer.url + back, allow_redirects=False, timeout=20)
    assert at_stripe.headers["Location"].startswith(f"{direct.url}/c/return/att_")  # where nobody goes

    def is_paid() -> bool:
        return direct.sdk.v1.payment_intents.retrieve(intent.id).status == "succeeded"

    wait_until(is_paid, "the webhook has settled the payment")
    assert shop.paths() == []


def test_a_buyer_goes_through_both_hosted_pages_and_the_webhook_tells_who_paid(
    redirect: First, peer: Peer, shop: Shop, page: Page
) -> None:
    session = open_session(redirect, shop)
    page.goto(str(session.url))
    expect(page.locator("#cardNumber")).to_have_count(0)  # no number is ever typed at the first Florin
    page.fill("#email", "asha@example.com")
    page.click("#submit")
    expect(page.locator("#cardNumber")).to_be_visible()
    assert page.url.startswith(f"{peer.url}/c/pay/cs_test_")
    there = page.url.partition("/c/pay/")[2].partition("#")[0]
    fill(page, email="asha@example.com")
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    here = redirect.session(session.id)
    assert (here.status, here.payment_status) == ("complete", "paid")
    charge = redirect.charge_of(session.id)
    assert charge.payment_method_details is not None
    card = charge.payment_method_details.card
    assert card is not None
    assert (charge.amount, card.brand, card.last4, card.exp_year) == (49900, "visa", "4242", 2040)
    registered = peer.sdk.v1.checkout.sessions.retrieve(there)
    assert (registered.payment_status, registered.amount_total) == ("paid", 49900)
    reference = registered.client_reference_id
    assert reference is not None
    assert reference.startswith("att_")


def test_a_buyer_who_leaves_stripes_page_finds_the_way_back_to_it_and_is_charged_once(
    redirect: First, peer: Peer, shop: Shop, page: Page
) -> None:
    session = open_session(redirect, shop)
    page.goto(str(session.url))
    page.fill("#email", "asha@example.com")
    page.click("#submit")
    expect(page.locator("#cardNumber")).to_be_visible()
    first_visit = page.url.partition("/c/pay/")[2].partition("#")[0]
    page.click("#cancel")
    expect(page.locator("#challenge-offer")).to_be_visible()
    page.fill("#email", "asha@example.com")
    page.click("#submit")  # begins anew: the first session is closed at Stripe before
    expect(page.locator("#cardNumber")).to_be_visible()
    assert peer.sdk.v1.checkout.sessions.retrieve(first_visit).status == "expired"
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert redirect.charge_of(session.id).amount == 49900


def test_who_pays_at_stripe_and_never_comes_back_has_paid_all_the_same(
    redirect: First, shop: Shop, page: Page
) -> None:
    session = open_session(redirect, shop)
    page.goto(str(session.url))
    page.fill("#email", "asha@example.com")
    page.click("#submit")
    expect(page.locator("#cardNumber")).to_be_visible()
    page.route(f"{redirect.url}/**", lambda route: route.abort())
    fill(page)
    press_pay(page)
    wait_until(
        lambda: redirect.session(session.id).payment_status == "paid", "the webhook has settled the payment"
    )
    intent = str(redirect.session(session.id).payment_intent)
    refund = redirect.sdk.v1.refunds.create({"payment_intent": intent})
    assert refund.status == "succeeded"
