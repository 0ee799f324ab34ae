"""However somebody looks at the page, the journey ends in the shop: declined once, then paid once."""

import dataclasses
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Shop, watch
from tests.support.hosted_page import INSUFFICIENT_FUNDS, fill, press_pay, session_params, succeeded_charges

# How a page looks does not hang on the database.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("served_database", ["sqlite"], indirect=True, scope="session"),
]

WIDTHS = {360: 740, 768: 1024, 1440: 900}
WAYS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
    "without scripts": {"java_script_enabled": False},
    "right to left": {"locale": "ar"},
}


@dataclasses.dataclass(frozen=True)
class Look:
    """How somebody looks at the page: what of a window, and how their system is set."""

    name: str
    width: int
    height: int
    settings: dict[str, Any]


LOOKS = [Look(f"{way}, {width}", width, WIDTHS[width], WAYS[way]) for way in WAYS for width in WIDTHS] + [
    # What is left of 1280 x 1024 at a zoom of 400 %.
    Look(f"{way}, 400 %", 320, 256, WAYS[way])
    for way in ("light", "without scripts", "right to left")
]


def fits(page: Page) -> bool:
    """Tell whether nothing is wider than the window; the browser is asked, as a page may have no scripts."""
    sizes = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
    return bool(sizes["cssContentSize"]["width"] <= sizes["cssLayoutViewport"]["clientWidth"])


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_journey_ends_in_the_shop(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, look: Look
) -> None:
    size: Any = {"width": look.width, "height": look.height}
    context = browser.new_context(**{"locale": "en-IN", "viewport": size, **look.settings})
    context.set_default_timeout(15_000)
    page = context.new_page()
    watched = watch(page)
    session = merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]
    page.goto(session.url or "")
    expect(page.locator("#ProductSummary-totalAmount")).to_be_visible()
    assert fits(page)
    fill(page, cardNumber=INSUFFICIENT_FUNDS)
    press_pay(page)
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#cardCvc")).to_have_value("")
    assert fits(page)
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert len(succeeded_charges(merchant, session.id)) == 1
    assert (len(watched.origins), watched.complaints) == (2, [])
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_card_is_saved_at_every_width(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, width: int
) -> None:
    """Such a page has no order to show, which no script may count on."""
    context = browser.new_context(locale="en-IN", viewport={"width": width, "height": WIDTHS[width]})
    page = context.new_page()
    watched = watch(page)
    given: Any = session_params(shop.url, mode="setup", currency="inr", line_items=None)
    session = merchant.v1.checkout.sessions.create(given)
    page.goto(session.url or "")
    expect(page.locator("#billingPostalCode-hint")).to_have_text("Optional")
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert (merchant.v1.checkout.sessions.retrieve(session.id).status, watched.complaints) == ("complete", [])
    context.close()
