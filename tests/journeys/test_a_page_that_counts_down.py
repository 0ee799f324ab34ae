"""A page whose time runs out says so in time, gives more of it once, and ends; with scripts and without."""

from typing import Any

import pytest
import stripe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.browser import Shop, Watched
from tests.support.hosted_page import TYPED, fill, press_pay, session_params
from tests.support.time_left import leave

# What a browser shows does not depend on the database.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("served_database", ["sqlite"], indirect=True, scope="session"),
]

LEFT = 700  # seconds; the countdown is seen from 600 on
OVER = "This payment page has expired"
NO_MORE = "This page can't be kept open for longer."


@pytest.fixture
def session(merchant: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    given: Any = session_params(shop.url)
    return merchant.v1.checkout.sessions.create(given)


def ask_for_more(page: Page) -> None:
    page.get_by_role("button", name="Give me more time").click()


def test_it_announces_itself_gives_more_time_once_and_ends(
    app: Flask, session: stripe.checkout.Session, page: Page, watched: Watched
) -> None:
    leave(app, session.id, LEFT)
    page.clock.install()
    page.goto(session.url or "")
    region = page.locator("#countdown-said").element_handle()
    assert region is not None
    assert (region.get_attribute("role"), region.inner_text()) == ("status", "")
    box = page.locator("#countdown")
    expect(box).to_be_hidden()
    page.clock.fast_forward((LEFT - 595) * 1000)
    expect(box).to_be_visible()
    expect(page.locator("#countdown-left")).to_contain_text("9:")
    # In the region that stood there before, and not anew with each second.
    assert region.inner_text() == "This page is open for 10 more minutes."
    page.clock.fast_forward(150_000)
    expect(page.locator("#countdown-left")).to_contain_text("7:")
    assert region.inner_text() == "This page is open for 10 more minutes."
    page.clock.fast_forward(345_000)  # as after a sleep: of two marks that have gone by the last one counts
    expect(page.locator("#countdown-left")).to_contain_text("1:")
    assert region.inner_text() == "This page is open for 2 more minutes."
    other_tab = page.context.new_page()
    other_tab.goto(session.url or "")
    fill(page, cardNumber="4242")
    ask_for_more(page)
    expect(box).to_be_focused()
    expect(page.get_by_text("This page is open for 42 more minutes.")).to_be_visible()
    expect(page.locator("#email")).to_have_value(TYPED["email"])
    expect(page.locator("#cardCvc")).to_have_value("")
    expect(page.locator("#extend")).to_have_count(0)
    expect(page.locator("#problem")).to_have_count(0)
    other_tab.evaluate("document.getElementById('countdown').hidden = false")
    ask_for_more(other_tab)
    expect(other_tab.get_by_role("alert")).to_contain_text(NO_MORE)
    leave(app, session.id, 0)
    page.clock.fast_forward(43 * 60_000)
    expect(page.get_by_role("heading", name=OVER)).to_be_visible()
    assert watched.complaints == []


def test_without_scripts_more_time_is_a_press_of_a_button(
    app: Flask, session: stripe.checkout.Session, plain_page: Page
) -> None:
    leave(app, session.id, 400)
    plain_page.goto(session.url or "")
    expect(plain_page.get_by_text("This page is open for 7 more minutes.")).to_be_visible()
    other_tab = plain_page.context.new_page()
    other_tab.goto(session.url or "")
    fill(plain_page)
    ask_for_more(plain_page)
    expect(plain_page.get_by_text("This page is open for 37 more minutes.")).to_be_visible()
    expect(plain_page.locator("#email")).to_have_value(TYPED["email"])
    expect(plain_page.locator("#extend")).to_have_count(0)
    ask_for_more(other_tab)
    expect(other_tab.get_by_role("alert")).to_contain_text(NO_MORE)
    leave(app, session.id, 0)
    fill(plain_page)
    press_pay(plain_page)
    expect(plain_page.get_by_role("heading", name=OVER)).to_be_visible()
