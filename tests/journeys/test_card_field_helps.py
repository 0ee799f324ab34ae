"""What the page's script knows of cards and addresses, asked of the script itself in a real browser."""

import re
from typing import Any

import pytest
import stripe
from playwright.sync_api import Page, expect

from payments.charging.card_brands import hides_card_number, scheme_of
from payments.charging.card_ranges import BRANDS, BRANDS_ELSEWHERE
from tests.support.browser import Shop, Watched
from tests.support.hosted_page import fill, press_pay, session_params

pytestmark = pytest.mark.slow

GROUPED = {
    "4242424242424242": "4242 4242 4242 4242",
    "378282246310005": "3782 822463 10005",
    "36227206271667": "3622 720627 1667",
    "3056930009020004": "3056 9300 0902 0004",
    "6205500000000000004": "6205 5000 0000 0000 004",
}
ADDRESSES = {
    "asha@gmial.com": "asha@gmail.com",
    "asha@gmail.con": "asha@gmail.com",
    "Asha.Rao@GMAIL.CO": "Asha.Rao@gmail.com",
    "asha@hotmial.com": "asha@hotmail.com",
    "asha@outlok.com": "asha@outlook.com",
    "asha@yaho.com": "asha@yahoo.com",
    "asha@redifmail.com": "asha@rediffmail.com",
    "asha@wed.de": "asha@web.de",
    "asha@gmail.com": "",
    "asha@gmx.net": "",
    "asha@example.com": "",
    "asha@university.edu": "",
    "asha@yahoo.co.uk": "",
    "asha@live.de": "",
    "asha@hotmail.de": "",
    "asha@yahoo.com.au": "",
    "asha@mail.com": "",
    "asha": "",
    "": "",
    "a b@gmial.com": "",
}


@pytest.fixture
def opened(merchant: stripe.StripeClient, shop: Shop, page: Page) -> Page:
    """The page of an open session."""
    session = merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]
    page.goto(session.url or "")
    return page


def ask(page: Page, module: str, expression: str, given: Any) -> Any:
    """Evaluate an expression over `given` and a script's own functions."""
    source = page.evaluate("document.querySelector('script[type=module]').src")
    address = source.rpartition("/")[0] + f"/{module}"
    return page.evaluate(
        "async ([address, given]) => { const script = await import(address); "
        "const { brands } = JSON.parse(document.getElementById('payment-form').dataset.rules); "
        f"return {expression}; }}",
        [address, given],
    )


def test_the_script_and_the_server_name_the_same_scheme(opened: Page) -> None:
    heads = [end for brand in (*BRANDS, *BRANDS_ELSEWHERE) for end in brand.ranges.replace("-", " ").split()]
    numbers = sorted(
        {head[:length] for head in heads for length in range(1, 9)} | {h.ljust(16, "0") for h in heads}
    )
    found = ask(opened, "card.js", "given.map((n) => script.schemeOf(n, brands)?.label ?? null)", numbers)
    ours = [(scheme.label if (scheme := scheme_of(number)) else None) for number in numbers]
    assert found == ours
    grouped = ask(
        opened, "card.js", "given.map((n) => script.groupNumber(n, script.brandOf(n, brands)))", [*GROUPED]
    )
    assert grouped == [*GROUPED.values()]
    texts = ["4242 4242 4242 4242", "call 4242-4242-4242-4242", "4242424242424241", "12345", "Asha", "0" * 13]
    assert ask(opened, "card.js", "given.map(script.hidesCardNumber)", texts) == [
        *map(hides_card_number, texts)
    ]
    guessed = ask(opened, "email.js", "given.map(script.suggestion)", [*ADDRESSES])
    assert dict(zip(ADDRESSES, guessed, strict=True)) == ADDRESSES


def test_a_mistyped_address_is_offered_as_it_was_meant_and_blocks_nothing(
    opened: Page, shop: Shop, watched: Watched
) -> None:
    fill(opened, email="asha@gmial.com")
    offer = opened.get_by_role("button", name="Did you mean asha@gmail.com?")
    offer.click()
    expect(opened.locator("#email")).to_have_value("asha@gmail.com")
    expect(opened.locator("#email")).to_be_focused()
    expect(offer).to_have_count(0)
    opened.fill("#email", "asha@gmial.con")
    press_pay(opened)
    expect(opened).to_have_url(re.compile(f"^{re.escape(shop.url)}/thanks"))
    assert watched.complaints == []


def test_nothing_is_said_while_one_types_and_no_field_is_left_by_itself(opened: Page) -> None:
    number = opened.locator("#cardNumber")
    number.press_sequentially("4242424242424241")
    expect(opened.locator("#cardNumber-error")).to_be_hidden()
    expect(number).to_be_focused()
    opened.locator("#cardExpiry").press_sequentially("1299")
    expect(opened.locator("#cardExpiry")).to_be_focused()
    expect(opened.locator("#cardNumber-error")).to_have_text("Your card number is invalid.")
    opened.locator("#cardCvc").focus()
    opened.locator("#billingName").focus()
    expect(opened.locator("#cardCvc-error")).to_be_hidden()


def test_a_card_number_in_another_field_is_named_on_leaving_it(opened: Page) -> None:
    for name in ("email", "billingName", "billingPostalCode"):
        opened.fill(f"#{name}", "4242 4242 4242 4242")
        opened.locator("#cardNumber").focus()
        expect(opened.locator(f"#{name}-error")).to_contain_text("This looks like a card number.")


def test_a_scheme_that_is_not_taken_is_named_all_the_same(opened: Page) -> None:
    opened.locator("#cardNumber").press_sequentially("6759000000000001")
    expect(opened.locator("#cardBrand")).to_have_text("Maestro")
    opened.locator("#cardExpiry").focus()
    expect(opened.locator("#cardNumber-error")).to_contain_text("not supported")


def test_after_a_decline_another_way_is_a_click_away_and_enter_pays_again(
    merchant: stripe.StripeClient, shop: Shop, buyer: Page
) -> None:
    session = merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]
    buyer.goto(session.url or "")
    fill(buyer, cardNumber="4000000000009995")
    press_pay(buyer)
    expect(buyer.get_by_role("alert")).to_contain_text("No money has been taken.")
    buyer.get_by_role("button", name="Use UPI instead").click()
    expect(buyer.locator("#paymentMethod-upi")).to_be_checked()
    buyer.check("#paymentMethod-card")
    fill(buyer)
    buyer.locator("#cardCvc").press("Enter")
    expect(buyer).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
