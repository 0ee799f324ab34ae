"""A buyer pays on the hosted page in a real browser, with scripts and without, and is charged once."""

import re

import pytest
import stripe
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import Shop, Watched
from tests.support.hosted_page import (
    GOOD_CARD,
    INSUFFICIENT_FUNDS,
    TYPED,
    fill,
    press_pay,
    session_params,
    succeeded_charges,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def session(merchant: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    return merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]


def is_paid_once(merchant: stripe.StripeClient, session: stripe.checkout.Session) -> None:
    now = merchant.v1.checkout.sessions.retrieve(session.id)
    assert (now.status, now.payment_status) == ("complete", "paid")
    charges = succeeded_charges(merchant, session.id)
    assert [(charge.amount, charge.currency) for charge in charges] == [(49900, "inr")]


def test_a_buyer_pays_and_comes_back_to_the_shop(
    merchant: stripe.StripeClient,
    session: stripe.checkout.Session,
    shop: Shop,
    page: Page,
    watched: Watched,
) -> None:
    page.goto(session.url or "")
    expect(page.get_by_text("Marigold field guide")).to_be_visible()
    expect(page.get_by_text("Test mode", exact=True)).to_be_visible()
    expect(page.locator("#ProductSummary-totalAmount")).to_have_text("₹499.00")
    fill(page)
    expect(page.get_by_role("button", name=re.compile("^Pay"))).to_have_text("Pay ₹499.00")
    press_pay(page)

    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    florin = (session.url or "").partition("/c/pay/")[0]
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    is_paid_once(merchant, session)
    assert watched.origins == {florin, shop.url}
    assert watched.complaints == []
    assert not any((referer or "").startswith(florin) for _, referer in shop.visits)


def test_a_buyer_without_scripts_pays_just_the_same(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, plain_page: Page
) -> None:
    plain_page.goto(session.url or "")
    fill(plain_page)
    press_pay(plain_page)
    expect(plain_page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    is_paid_once(merchant, session)


def test_a_declined_buyer_keeps_what_was_typed_and_pays_with_another_card(
    merchant: stripe.StripeClient,
    session: stripe.checkout.Session,
    shop: Shop,
    buyer: Page,
) -> None:
    buyer.goto(session.url or "")
    fill(buyer, cardNumber=INSUFFICIENT_FUNDS)
    press_pay(buyer)
    problem = buyer.get_by_role("alert")
    expect(problem).to_contain_text("Your card has insufficient funds.")
    expect(problem).to_contain_text("No money has been taken.")
    expect(problem).to_be_focused()
    for name in ("email", "cardExpiry", "billingName", "billingCountry", "billingPostalCode"):
        expect(buyer.locator(f"#{name}")).to_have_value(TYPED[name])
    assert buyer.input_value("#cardNumber").replace(" ", "") == INSUFFICIENT_FUNDS
    expect(buyer.locator("#cardCvc")).to_have_value("")
    assert merchant.v1.checkout.sessions.retrieve(session.id).status == "open"

    buyer.fill("#cardNumber", GOOD_CARD)
    buyer.fill("#cardCvc", "123")
    press_pay(buyer)
    expect(buyer).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    is_paid_once(merchant, session)


def test_a_double_click_pays_once(
    merchant: stripe.StripeClient,
    session: stripe.checkout.Session,
    shop: Shop,
    buyer: Page,
) -> None:
    buyer.goto(session.url or "")
    fill(buyer)
    buyer.dblclick("button[type=submit]")
    expect(buyer).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    is_paid_once(merchant, session)


def test_the_second_of_two_tabs_is_told_that_all_is_paid(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, context: BrowserContext
) -> None:
    first, second = context.new_page(), context.new_page()
    for tab in (first, second):
        tab.goto(session.url or "")
        fill(tab)
    press_pay(first)
    expect(first).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    press_pay(second)
    expect(second.get_by_role("heading", name="This has already been paid")).to_be_visible()
    expect(second).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    is_paid_once(merchant, session)


def test_the_back_button_shows_that_all_is_paid_and_stays_there(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, page: Page
) -> None:
    page.goto(session.url or "")
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    page.goto(session.url or "")
    expect(page.get_by_role("heading", name="This has already been paid")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Continue to")).click()
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    page.go_back()
    expect(page.get_by_role("heading", name="This has already been paid")).to_be_visible()
    is_paid_once(merchant, session)


def test_going_back_or_loading_anew_after_a_decline_sends_no_card_again(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, page: Page
) -> None:
    page.goto(session.url or "")
    fill(page, cardNumber=INSUFFICIENT_FUNDS)
    press_pay(page)
    expect(page.get_by_role("alert")).to_contain_text("Your card has insufficient funds.")
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#billingName")).to_have_value(TYPED["billingName"])
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    page.go_back()
    expect(page.get_by_role("heading", name="This has already been paid")).to_be_visible()
    charges = merchant.v1.charges.list().data
    assert sorted(charge.status for charge in charges) == ["failed", "succeeded"]


# Runs after the page's own script: counts the submits that it lets through, and keeps the page here.
COUNT_SUBMITS = """form => form.addEventListener("submit", (event) => {
  form.dataset.submits = Number(form.dataset.submits || 0) + (event.defaultPrevented ? 0 : 1);
  event.preventDefault();
})"""


def test_the_button_shows_progress_and_lets_one_submit_through(
    session: stripe.checkout.Session, page: Page
) -> None:
    page.goto(session.url or "")
    fill(page)
    page.locator("#payment-form").evaluate(COUNT_SUBMITS)
    press_pay(page)
    page.locator("#submit").dispatch_event("click")
    page.locator("#billingName").press("Enter")
    expect(page.locator("#submit")).to_have_text("Processing…")
    expect(page.locator("#submit")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#payment-form")).to_have_attribute("data-submits", "1")
