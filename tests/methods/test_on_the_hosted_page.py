"""A buyer chooses another way than a card, in a real browser, and pays at the bank's own page."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe
from playwright.sync_api import Page, expect

from tests.methods.conftest import House
from tests.support.browser import Shop, Watched
from tests.support.hosted_page import press_pay

pytestmark = pytest.mark.slow

EMAIL = "asha@example.com"
DAY_SECONDS = 86_400
SHOTS = os.environ.get("SCREENSHOTS")  # a folder, for whoever wants to see the pages


def euros(amount: int = 10001) -> list[dict[str, Any]]:
    price = {"currency": "eur", "unit_amount": amount, "product_data": {"name": "Marigold field guide"}}
    return [{"quantity": 1, "price_data": price}]


def choose(page: Page, session: stripe.checkout.Session, method: str, email: str = EMAIL) -> None:
    """Open the page and choose a way to pay."""
    page.goto(session.url or "")
    page.fill("#email", email)
    page.check(f"#paymentMethod-{method}")
    look(page, f"chooser_{method}")


def look(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def is_back(page: Page, shop: Shop, session: stripe.checkout.Session) -> None:
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")


def until(wanted: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_upi_is_paid_on_the_phone(house: House, shop: Shop, page: Page, watched: Watched) -> None:
    session = house.open(shop)
    choose(page, session, "upi")
    press_pay(page)
    expect(page.get_by_role("heading", name="Scan with any UPI app")).to_be_visible()
    expect(page.get_by_alt_text(re.compile("QR code"))).to_be_visible()
    assert (page.get_attribute("#intent", "href") or "").startswith("upi://pay?pa=")
    look(page, "upi_qr")
    with page.context.expect_page() as opened:
        page.click("#phone")
    phone = opened.value
    look(phone, "upi_phone")
    phone.click("#approve")
    expect(phone.get_by_role("heading", name="Paid ₹499.00")).to_be_visible()
    is_back(page, shop, session)
    assert house.stands(session) == ("complete", "paid")
    assert house.events_of(session) == ["checkout.session.completed"]
    assert watched.origins == {house.url, house.bank.url, shop.url}
    assert watched.complaints == []


def test_a_upi_request_that_waits_completes_the_session_unpaid(house: House, shop: Shop, page: Page) -> None:
    session = house.open(shop)
    choose(page, session, "upi")
    press_pay(page)
    page.click("#collect")
    page.fill("input[name=vpa]", "nonsense")
    page.click("#go")
    expect(page.get_by_role("alert")).to_have_text(re.compile("name@bank"))
    page.fill("input[name=vpa]", "pending@upi")
    look(page, "upi_collect")
    page.click("#go")
    expect(page.get_by_role("heading", name="Waiting for your approval")).to_be_visible()
    look(page, "upi_pending")
    phone_url = f"{house.bank.url}{page.get_attribute('#phone', 'href')}"
    page.click("#return")
    is_back(page, shop, session)
    assert house.stands(session) == ("complete", "unpaid")
    page.goto(phone_url)
    page.click("#refuse")
    until(lambda: "checkout.session.async_payment_failed" in house.events_of(session))
    assert house.stands(session) == ("complete", "unpaid")
    assert house.events_of(session) == ["checkout.session.completed", "checkout.session.async_payment_failed"]


def test_net_banking_is_approved_at_the_bank(house: House, shop: Shop, page: Page, watched: Watched) -> None:
    session = house.open(shop)
    choose(page, session, "x_netbanking")
    press_pay(page)
    page.check("input[value=monsoon_bank]")
    look(page, "netbanking_choose")
    page.click("#go")
    page.fill("input[name=customer]", "4711")
    page.fill("input[name=password]", "wrong")
    look(page, "netbanking_login")
    page.click("#go")
    expect(page.get_by_role("alert")).to_have_text("Customer number or password is wrong.")
    page.fill("input[name=customer]", "4711")
    page.fill("input[name=password]", "secret")
    page.click("#go")
    look(page, "netbanking_accounts")
    page.click("#approve")
    is_back(page, shop, session)
    assert house.stands(session) == ("complete", "paid")
    assert watched.complaints == []


def test_whoever_cancels_at_the_bank_may_pay_another_way(house: House, shop: Shop, page: Page) -> None:
    session = house.open(shop, line_items=euros())
    choose(page, session, "ideal")
    press_pay(page)
    expect(page.get_by_role("heading", name="Choose your bank")).to_be_visible()
    look(page, "ideal_choose")
    page.click("#cancel")
    expect(page.locator("#problem")).to_contain_text("You did not approve this payment.")
    look(page, "after_cancel")
    page.fill("#email", EMAIL)
    page.check("#paymentMethod-amazon_pay")
    press_pay(page)
    look(page, "amazon_pay")
    page.click("#approve")
    is_back(page, shop, session)
    assert house.stands(session) == ("complete", "paid")


def test_instalments_are_shown_before_anyone_agrees(house: House, shop: Shop, page: Page) -> None:
    session = house.open(shop, line_items=euros())
    choose(page, session, "klarna")
    press_pay(page)
    expect(page.get_by_text("Pay in 3", exact=True)).to_be_visible()
    expect(page.get_by_text("€33.35")).to_be_visible()
    expect(page.get_by_text("€33.33").first).to_be_visible()
    look(page, "klarna")
    page.check("input[name=agree]")
    page.click("#approve")
    is_back(page, shop, session)
    assert house.stands(session) == ("complete", "paid")


@pytest.mark.parametrize(
    ("iban", "end"),
    [
        ("DE89 3704 0044 0532 0130 00", ("paid", "checkout.session.async_payment_succeeded")),
        ("DE62370400440532013001", ("unpaid", "checkout.session.async_payment_failed")),
    ],
)
def test_a_debit_is_known_days_later(
    house: House, shop: Shop, page: Page, iban: str, end: tuple[str, str]
) -> None:
    payment_status, event = end
    session = house.open(shop, line_items=euros())
    choose(page, session, "sepa_debit")
    page.fill("#iban", "DE00 1234")
    page.fill("#accountHolderName", "Asha Rao")
    press_pay(page)
    expect(page.locator("#iban-error")).to_contain_text("invalid")
    look(page, "sepa_problem")
    page.fill("#iban", iban)
    press_pay(page)
    is_back(page, shop, session)
    assert house.stands(session) == ("complete", "unpaid")
    page.goto(session.url or "")
    expect(page.get_by_role("heading", name="Payment on its way")).to_be_visible()
    look(page, "sepa_on_its_way")
    house.time_passes(6 * DAY_SECONDS)
    until(lambda: event in house.events_of(session))
    assert house.stands(session) == ("complete", payment_status)
    assert house.events_of(session) == ["checkout.session.completed", event]


def test_two_windows_choose_different_ways_and_pay_once(house: House, shop: Shop, page: Page) -> None:
    session = house.open(shop, line_items=euros())
    other = page.context.new_page()
    choose(page, session, "ideal")
    choose(other, session, "amazon_pay")
    press_pay(page)
    expect(page.get_by_role("heading", name="Choose your bank")).to_be_visible()
    press_pay(other)
    other.click("#approve")
    is_back(other, shop, session)
    page.check("input[value=rabobank]")
    page.click("#go")
    expect(page.get_by_role("heading", name="Withdrawn")).to_be_visible()
    assert house.stands(session) == ("complete", "paid")
    assert house.events_of(session) == ["checkout.session.completed"]


def test_a_session_that_expires_takes_the_payment_at_the_bank_with_it(
    house: House, shop: Shop, page: Page
) -> None:
    session = house.open(shop)
    choose(page, session, "x_netbanking")
    press_pay(page)
    expect(page.get_by_role("heading", name="Choose your bank")).to_be_visible()
    assert house.sdk.v1.checkout.sessions.expire(session.id).status == "expired"
    page.check("input[value=monsoon_bank]")
    page.click("#go")
    expect(page.get_by_role("heading", name="Withdrawn")).to_be_visible()
    assert house.stands(session) == ("expired", "unpaid")


def test_only_what_fits_is_offered(house: House, shop: Shop, page: Page) -> None:
    page.goto(house.open(shop, line_items=euros()).url or "")
    names = page.locator(".method-name").all_inner_texts()
    assert names == ["Amazon Pay", "Card", "iDEAL", "Klarna", "SEPA Direct Debit"]
    expect(page.locator("#paymentMethod-card")).to_be_checked()
    given = {"payment_intent_data": {"capture_method": "manual"}, "line_items": euros()}
    page.goto(house.open(shop, **given).url or "")
    assert page.locator(".method-name").all_inner_texts() == ["Amazon Pay", "Card", "Klarna"]
    page.goto(house.open(shop, allowed_payment_method_types=["card"]).url or "")
    expect(page.locator("#cardNumber")).to_be_visible()
    assert page.locator(".method-name").count() == 0
