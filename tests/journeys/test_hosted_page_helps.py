"""The page in a real browser: what it helps with while one types, and the pages besides payment."""

import re

import pytest
import stripe
from playwright.sync_api import Page, expect

from tests.support.browser import Shop, Watched
from tests.support.hosted_page import TYPED, fill, press_pay, session_params

pytestmark = pytest.mark.slow


@pytest.fixture
def session(merchant: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    return merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]


NUMBERS = (
    ("4242424242424242", "4242 4242 4242 4242", "Visa"),
    ("5555555555554444", "5555 5555 5555 4444", "Mastercard"),
    ("378282246310005", "3782 822463 10005", "American Express"),
    ("36227206271667", "3622 720627 1667", "Diners Club"),
    ("6205500000000000004", "6205 5000 0000 0000 004", "UnionPay"),
    ("4242-4242-4242-4242", "4242 4242 4242 4242", "Visa"),
)
DATES = (
    ("0440", "04 / 40"),
    ("440", "04 / 40"),
    ("4/40", "04 / 40"),
    ("1240", "12 / 40"),
    ("1/2040", "01 / 2040"),
)


def test_the_card_number_is_grouped_and_its_brand_named(session: stripe.checkout.Session, page: Page) -> None:
    page.goto(session.url or "")
    for typed, shown, brand in NUMBERS:
        page.locator("#cardNumber").clear()
        page.locator("#cardNumber").press_sequentially(typed)
        expect(page.locator("#cardNumber")).to_have_value(shown)
        expect(page.locator("#cardBrand")).to_have_text(brand)


def test_a_digit_can_be_corrected_in_the_middle_of_the_number(
    session: stripe.checkout.Session, page: Page
) -> None:
    page.goto(session.url or "")
    page.locator("#cardNumber").press_sequentially("4242942424242424")
    for _ in range(13):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("4")
    expect(page.locator("#cardNumber")).to_have_value(re.compile("^4244 "))


def test_the_date_is_written_as_it_stands_on_the_card(session: stripe.checkout.Session, page: Page) -> None:
    page.goto(session.url or "")
    for typed, shown in DATES:
        page.locator("#cardExpiry").clear()
        page.locator("#cardExpiry").press_sequentially(typed)
        expect(page.locator("#cardExpiry")).to_have_value(shown)


def test_the_date_can_be_deleted_again(session: stripe.checkout.Session, page: Page) -> None:
    page.goto(session.url or "")
    page.locator("#cardExpiry").press_sequentially("0440")
    for _ in range(7):
        page.keyboard.press("Backspace")
    expect(page.locator("#cardExpiry")).to_have_value("")


def test_a_mistyped_number_is_named_on_leaving_the_field(
    session: stripe.checkout.Session, page: Page
) -> None:
    page.goto(session.url or "")
    page.fill("#cardNumber", "4242424242424241")
    page.locator("#cardExpiry").focus()
    expect(page.locator("#cardNumber-error")).to_have_text("Your card number is invalid.")
    expect(page.locator("#cardNumber")).to_have_attribute("aria-invalid", "true")
    page.fill("#cardNumber", "4242424242424242")
    expect(page.locator("#cardNumber-error")).to_be_hidden()


def test_an_empty_form_is_stopped_at_its_first_field(session: stripe.checkout.Session, page: Page) -> None:
    page.goto(session.url or "")
    press_pay(page)
    expect(page.locator("#email")).to_be_focused()
    expect(page.locator("#email-error")).to_have_text("Enter your email address.")


def test_without_scripts_the_server_lists_what_to_correct(
    session: stripe.checkout.Session, plain_page: Page
) -> None:
    plain_page.goto(session.url or "")
    fill(plain_page, cardNumber="4242424242424241", billingName="")
    press_pay(plain_page)
    summary = plain_page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("You have not been charged.")
    expect(plain_page.locator("#cardNumber-error")).to_have_text("Your card number is invalid.")
    summary.get_by_role("link", name="Name on card").click()
    expect(plain_page.locator("#billingName")).to_be_focused()
    expect(plain_page.locator("#email")).to_have_value(TYPED["email"])


def test_every_field_has_its_label_name_and_autofill_token(
    session: stripe.checkout.Session, page: Page
) -> None:
    page.goto(session.url or "")
    tokens = {
        "email": ("Email", "email"),
        "cardNumber": ("Card number", "cc-number"),
        "cardExpiry": ("Expiration", "cc-exp"),
        "cardCvc": ("CVC", "cc-csc"),
        "billingName": ("Name on card", "cc-name"),
        "billingCountry": ("Country or region", "country"),
        "billingPostalCode": ("Postal code", "postal-code"),
    }
    for name, (label, token) in tokens.items():
        field = page.get_by_label(label, exact=True)
        expect(field).to_have_attribute("id", name)
        expect(field).to_have_attribute("name", name)
        expect(field).to_have_attribute("autocomplete", token)


def test_the_page_never_scrolls_sideways(
    session: stripe.checkout.Session, page: Page, watched: Watched
) -> None:
    for width in (320, 360, 768, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(session.url or "")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        press_pay(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []


def test_the_cancel_link_leads_back_to_the_cart(
    session: stripe.checkout.Session, page: Page, shop: Shop
) -> None:
    page.goto(session.url or "")
    page.get_by_role("link", name=re.compile("^Cancel")).click()
    expect(page).to_have_url(f"{shop.url}/cart")


def test_an_expired_session_says_so_and_takes_no_card(
    merchant: stripe.StripeClient,
    session: stripe.checkout.Session,
    page: Page,
    watched: Watched,
    gateway: str,
) -> None:
    page.goto(session.url or "")
    merchant.v1.checkout.sessions.expire(session.id)
    fill(page)
    press_pay(page)
    expect(page.get_by_role("heading", name="This payment page has expired")).to_be_visible()
    page.goto(session.url or "")
    expect(page.get_by_role("heading", name="This payment page has expired")).to_be_visible()
    expect(page.get_by_text("You have not been charged.")).to_be_visible()
    assert watched.origins == {gateway}


def test_an_address_that_was_cut_short_has_a_page_too(page: Page, gateway: str) -> None:
    response = page.goto(f"{gateway}/c/pay/cs_test_nothing")
    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", name="We cannot find this payment page")).to_be_visible()
