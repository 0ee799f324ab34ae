"""On a phone, without scripts: the code fits, each app has its link, the page goes on by itself."""

import pytest
from playwright.sync_api import Browser, expect

from tests.methods.conftest import House
from tests.support.browser import Shop
from tests.support.hosted_page import press_pay
from tests.support.payer import Payer

pytestmark = pytest.mark.slow

WIDTH = 360
SCHEMES = ["upi://pay?", "tez://upi/pay?", "phonepe://pay?", "paytmmp://pay?"]


def test_upi_is_paid_without_a_script_on_a_phone(house: House, shop: Shop, browser: Browser) -> None:
    phone = browser.new_context(
        locale="en-IN", viewport={"width": WIDTH, "height": 740}, java_script_enabled=False
    )
    phone.set_default_timeout(15_000)
    page, session = phone.new_page(), house.open(shop)
    page.goto(session.url or "")
    page.fill("#email", "asha@example.com")
    page.check("#paymentMethod-upi")
    press_pay(page)
    picture = page.get_by_alt_text("QR code")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= WIDTH
    links = [link.get_attribute("href") or "" for link in page.locator("a[href*='://']").all()]
    addresses = [link for link in links if "pa=" in link]
    assert [link.partition("pa=")[0] for link in addresses] == SCHEMES
    assert all("am=499.00&cu=INR" in link for link in addresses)
    Payer(page.url).on_the_phone("approve")
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert house.stands(session) == ("complete", "paid")
    phone.close()


def test_a_refusal_leads_back_to_every_other_way(house: House, shop: Shop, browser: Browser) -> None:
    phone = browser.new_context(
        locale="en-IN", viewport={"width": WIDTH, "height": 740}, java_script_enabled=False
    )
    phone.set_default_timeout(15_000)
    page, session = phone.new_page(), house.open(shop)
    page.goto(session.url or "")
    page.fill("#email", "asha@example.com")
    page.check("#paymentMethod-upi")
    press_pay(page)
    page.get_by_role("button", name="Cancel and return").click()
    expect(page.get_by_role("alert")).to_contain_text("No money has been taken.")
    expect(page.locator("#paymentMethod-upi")).to_be_checked()
    page.get_by_role("button", name="Use a card instead").click()
    expect(page.locator("#paymentMethod-card")).to_be_checked()
    expect(page.locator("#email")).to_have_value("asha@example.com")
    phone.close()
