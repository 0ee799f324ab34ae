"""Arabic and Hebrew pages pay in a real browser: what is typed stays in order, nothing runs off the page."""

from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Shop, watch
from tests.support.hosted_page import INSUFFICIENT_FUNDS, fill, press_pay, session_params, succeeded_charges

pytestmark = pytest.mark.slow

# Language -> what a declined card is told, and what the button says while it works.
SAID = {
    "ar": ("رصيد بطاقتك غير كافٍ.", "ادفع"),
    "he": ("אין בכרטיס יתרה מספקת.", "תשלום"),
}


@pytest.fixture(params=sorted(SAID))
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone set to a language that runs from right to left."""
    context = browser.new_context(locale=request.param, viewport={"width": 360, "height": 740})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_a_customer_pays_from_right_to_left(merchant: stripe.StripeClient, shop: Shop, page: Page) -> None:
    session = merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]
    watched = watch(page)
    page.goto(session.url or "")
    html = page.locator("html")
    language = html.get_attribute("lang") or ""
    declined, pay = SAID[language]
    expect(html).to_have_attribute("dir", "rtl")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    fill(page, cardNumber=INSUFFICIENT_FUNDS)
    number = page.locator("#cardNumber")
    expect(number).to_have_value("4000 0000 0000 9995")
    for name in ("cardNumber", "cardExpiry", "cardCvc", "email", "billingPostalCode"):
        typed = page.locator(f"#{name}")
        assert typed.evaluate("field => getComputedStyle(field).direction") == "ltr"
        assert typed.evaluate("field => getComputedStyle(field).textAlign") == "right"
    name_starts = page.locator(".line-name").first.evaluate("name => getComputedStyle(name).textAlign")
    assert name_starts in {"right", "end"}
    expect(page.locator("#submit")).to_contain_text(pay)
    press_pay(page)
    expect(page.locator("#problem")).to_contain_text(declined)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.fill("#cardNumber", "4242424242424242")
    page.fill("#cardCvc", "123")
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert len(succeeded_charges(merchant, session.id)) == 1
    assert watched.complaints == []
