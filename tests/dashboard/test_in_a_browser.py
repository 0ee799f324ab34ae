"""The dashboard in a real browser: no script, a desk and a phone, nothing asked from elsewhere."""

from collections.abc import Iterator
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.journeys.test_every_page_is_accessible import AXE, judged
from tests.support import npm_packages
from tests.support.browser import chromium, watch
from tests.support.desk import PASSWORD, Shop

pytestmark = pytest.mark.slow

PAGES = ("", "/payments", "/checkout-sessions", "/ledger", "/events", "/webhooks", "/keys", "/audit")


@pytest.fixture(scope="session")
def app(served: Flask) -> Flask:
    """The house that is served, inside this process."""
    return served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_a_merchant_signs_in_refunds_and_signs_out(
    browser: Browser, gateway: str, shop: Shop, width: int, height: int
) -> None:
    intent = shop.pay(4900)
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    page = context.new_page()
    seen = watch(page)
    page.goto(f"{gateway}/dashboard/payments/{intent['id']}")
    page.get_by_label("Email").fill(shop.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Amount in USD").fill("9")
    page.get_by_role("button", name="Refund").click()
    assert page.get_by_role("status").inner_text() == "$9.00 was refunded."
    page.get_by_role("link", name="Payments").first.click()
    page.get_by_role("row", name="$49.00").get_by_role("link").click()
    assert page.url == f"{gateway}/dashboard/payments/{intent['id']}"
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{gateway}/dashboard/login"
    assert seen.origins == {gateway}
    assert seen.complaints == []
    context.close()


def test_no_page_is_wider_than_a_phone(browser: Browser, gateway: str, shop: Shop) -> None:
    shop.till.open_session()
    intent = shop.pay()
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{gateway}/dashboard")
    page.fill("#email", shop.email)
    page.fill("#password", PASSWORD)
    page.click("button")
    for path in (*PAGES, f"/payments/{intent['id']}"):
        page.goto(f"{gateway}/dashboard{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_wrong_on_any_page(
    browser: Browser, gateway: str, shop: Shop, width: int, scheme: Literal["light", "dark"]
) -> None:
    axe = (npm_packages.installed(AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text()
    intent = shop.pay()
    shop.till.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 900})
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{gateway}/dashboard")
    wrong = {"door": judged(page, axe)}
    page.fill("#email", shop.email)
    page.fill("#password", PASSWORD)
    page.click("button")
    beneath = (f"/payments/{intent['id']}", f"/keys/{shop.key_id}", "/audit?check=yes", "/audit?from=x")
    for path in (*PAGES, "/branding", "/receipts", *beneath):
        page.goto(f"{gateway}/dashboard{path}")
        wrong[path] = judged(page, axe)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(f"{gateway}/dashboard/keys")
    page.fill("#name", "Till 7")
    page.get_by_role("button", name="Make key").click()
    page.locator(".secret").wait_for()
    wrong["a new key"] = judged(page, axe)
    context.close()
    assert {name: found for name, found in wrong.items() if found} == {}
