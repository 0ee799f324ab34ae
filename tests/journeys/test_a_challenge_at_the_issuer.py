"""A buyer's bank asks for a confirmation: there and back in a real browser, with scripts and without."""

import re

import pytest
import stripe
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import Shop, Watched
from tests.support.hosted_page import GOOD_CARD, fill, press_pay, session_params, succeeded_charges

pytestmark = pytest.mark.slow

PASSCODE, OUT_OF_BAND = "4000582600000045", "4000582600000094"
SINGLE_SELECT, MULTI_SELECT = "4000582600000102", "4000582600000110"
CHALLENGE = re.compile(r"/challenge/[A-Za-z0-9_-]{43}")


@pytest.fixture
def session(merchant: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    return merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]


def go_to_the_bank(buyer: Page, session: stripe.checkout.Session, card: str) -> None:
    """Pay with a card that has to be confirmed, and arrive at its issuer's page."""
    buyer.goto(session.url or "")
    fill(buyer, cardNumber=card)
    press_pay(buyer)
    expect(buyer).to_have_url(CHALLENGE)
    expect(buyer.locator("#merchant")).to_have_text("Rosie's Roses")
    expect(buyer.locator("#amount")).to_have_text("₹499.00")


def arrives_paid(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    expect(buyer).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    now = merchant.v1.checkout.sessions.retrieve(session.id)
    assert (now.status, now.payment_status) == ("complete", "paid")
    assert [charge.amount for charge in succeeded_charges(merchant, session.id)] == [49900]


def test_a_buyer_enters_the_code_and_comes_back_to_the_shop(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, PASSCODE)
    buyer.fill("#code", str(buyer.locator("#test-code").text_content()))
    buyer.click("#submit")
    arrives_paid(merchant, session, shop, buyer)


def test_a_buyer_mistypes_the_code_once(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, PASSCODE)
    buyer.fill("#code", "000000")
    buyer.press("#code", "Enter")
    expect(buyer.get_by_role("alert")).to_contain_text("You have 2 tries left.")
    buyer.fill("#code", "424242")
    buyer.press("#code", "Enter")
    arrives_paid(merchant, session, shop, buyer)


def test_a_buyer_fails_the_challenge_and_pays_with_another_card(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, PASSCODE)
    for left in ("2 tries", "1 try"):
        buyer.fill("#code", "000000")
        buyer.click("#submit")
        expect(buyer.get_by_role("alert")).to_contain_text(f"You have {left} left.")
    buyer.fill("#code", "000000")
    buyer.click("#submit")
    expect(buyer).to_have_url(re.compile(rf"/c/pay/{session.id}\?waiting="))
    expect(buyer.get_by_role("alert")).to_contain_text("This payment was not confirmed with your bank.")
    assert merchant.v1.charges.list().data == []
    fill(buyer, cardNumber=GOOD_CARD)
    press_pay(buyer)
    arrives_paid(merchant, session, shop, buyer)


def test_a_buyer_cancels_at_the_bank(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, PASSCODE)
    buyer.click("#cancel")
    expect(buyer.get_by_role("alert")).to_contain_text("No money has been taken.")
    now = merchant.v1.checkout.sessions.retrieve(session.id)
    assert (now.status, now.payment_status) == ("open", "unpaid")


def test_a_buyer_approves_in_the_banking_app(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, OUT_OF_BAND)
    expect(buyer.get_by_role("heading", name="Confirm in your banking app")).to_be_visible()
    buyer.click("#approve")
    arrives_paid(merchant, session, shop, buyer)


def test_the_page_goes_on_by_itself_once_another_window_has_approved(
    merchant: stripe.StripeClient,
    session: stripe.checkout.Session,
    shop: Shop,
    page: Page,
    context: BrowserContext,
) -> None:
    go_to_the_bank(page, session, OUT_OF_BAND)
    phone = context.new_page()
    phone.goto(page.url)
    phone.click("#approve")
    arrives_paid(merchant, session, shop, page)


def test_a_buyer_refuses_in_the_banking_app(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, OUT_OF_BAND)
    buyer.click("#refuse")
    expect(buyer.get_by_role("alert")).to_contain_text("This payment was not confirmed with your bank.")
    assert merchant.v1.charges.list().data == []


def test_a_buyer_chooses_the_one_right_answer(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, SINGLE_SELECT)
    buyer.get_by_label("None of these").check()
    buyer.click("#submit")
    expect(buyer.get_by_role("alert")).to_contain_text("That is not right.")
    buyer.get_by_label("A current account in London").check()
    buyer.click("#submit")
    arrives_paid(merchant, session, shop, buyer)


def test_a_buyer_chooses_all_right_answers(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, MULTI_SELECT)
    for right in ("Bookshop on the Corner", "Coffee & Crumb"):
        buyer.get_by_label(re.compile(right)).check()
    buyer.click("#submit")
    arrives_paid(merchant, session, shop, buyer)


def test_a_buyer_who_goes_back_from_the_bank_goes_on_there_or_pays_otherwise(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, buyer: Page
) -> None:
    go_to_the_bank(buyer, session, PASSCODE)
    buyer.goto(session.url or "")
    offer = buyer.locator("#challenge-offer")
    expect(offer).to_contain_text("Your bank still waits for your confirmation")
    buyer.click("#challenge")
    expect(buyer).to_have_url(CHALLENGE)
    buyer.goto(session.url or "")
    fill(buyer, cardNumber=GOOD_CARD)
    press_pay(buyer)
    arrives_paid(merchant, session, shop, buyer)


def test_the_back_button_after_the_end_traps_nobody_and_pays_nothing_twice(
    merchant: stripe.StripeClient, session: stripe.checkout.Session, shop: Shop, page: Page
) -> None:
    go_to_the_bank(page, session, PASSCODE)
    challenge_url = page.url
    page.fill("#code", "424242")
    page.click("#submit")
    arrives_paid(merchant, session, shop, page)
    page.goto(challenge_url)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.click("#onward")
    arrives_paid(merchant, session, shop, page)


def test_the_journey_asks_nobody_else_and_complains_of_nothing(
    merchant: stripe.StripeClient,
    session: stripe.checkout.Session,
    shop: Shop,
    page: Page,
    watched: Watched,
) -> None:
    go_to_the_bank(page, session, PASSCODE)
    bank = page.url.partition("/challenge/")[0]
    page.fill("#code", "424242")
    page.click("#submit")
    arrives_paid(merchant, session, shop, page)
    assert watched.origins == {(session.url or "").partition("/c/pay/")[0], bank, shop.url}
    assert watched.complaints == []
    # Neither the shop nor Florin learns the address of the challenge, nor the shop that of the session.
    assert all(referer is None for path, referer in shop.visits if path.startswith("/thanks"))
