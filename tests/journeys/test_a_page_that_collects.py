"""Everything that a page can ask, together, at 360 px, with scripts and without: filled in, paid once."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect

from tests.support.asked import ANSWERS, EVERYTHING
from tests.support.browser import Shop
from tests.support.hosted_page import INSUFFICIENT_FUNDS, TYPED, fill, session_params, succeeded_charges

pytestmark = pytest.mark.slow

CHOICES = ("billingCountry", "shippingCountry", "taxIdType", "customField3")
WORDS = {
    "submit": {"message": "Sent within **two days**, see [our terms](https://example.com/terms)."},
    "terms_of_service_acceptance": {"message": "I agree to the [terms](https://example.com/terms)."},
}
POSTCARDS: Any = {
    "quantity": 4,
    "price_data": {"currency": "inr", "unit_amount": 5000, "product_data": {"name": "Seed paper postcards"}},
    "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9},
}


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_context(
        locale="en-IN", viewport={"width": 360, "height": 740}, java_script_enabled=request.param
    )
    opened.set_default_timeout(15_000)
    yield opened.new_page()
    opened.close()


def fill_all(page: Page, **typed: str) -> None:
    page.get_by_text("I am buying for a business").click()
    for name, text in (TYPED | ANSWERS | typed).items():
        if name in CHOICES:
            page.select_option(f"#{name}", text)
        elif name.endswith("Checkbox"):
            page.check(f"#{name}")
        elif page.locator(f"#{name}").is_editable():
            page.fill(f"#{name}", text)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def order_of(merchant: stripe.StripeClient, shop: Shop) -> tuple[str, stripe.checkout.Session]:
    """A returning customer with a card kept, and an order that asks for everything."""
    jenny = merchant.v1.customers.create({"email": "jenny@example.com"})
    card = merchant.v1.payment_methods.attach("pm_card_mastercard", {"customer": jenny.id})
    merchant.v1.payment_methods.update(card.id, {"allow_redisplay": "always"})
    given = {"currency": "inr", "unit_amount": 1500, "product_data": {"name": "Ribbon"}}
    ribbon = merchant.v1.prices.create(given)  # type: ignore[arg-type]
    params = session_params(
        shop.url, **EVERYTHING, customer=jenny.id, customer_update={"name": "auto"}, line_items=[POSTCARDS],
        optional_items=[{"price": ribbon.id, "quantity": 1}], custom_text=WORDS,
        saved_payment_method_options={"payment_method_save": "enabled", "payment_method_remove": "enabled"},
    )  # fmt: skip
    return card.id, merchant.v1.checkout.sessions.create(params)  # type: ignore[arg-type]


def test_a_phone_changes_the_order_answers_everything_and_pays_once(
    merchant: stripe.StripeClient, shop: Shop, phone: Page
) -> None:
    card, session = order_of(merchant, shop)
    phone.goto(session.url or "")
    total = phone.locator("#ProductSummary-totalAmount")
    phone.get_by_label("Quantity of Seed paper postcards").fill("5")
    phone.get_by_role("button", name="Update").click()
    expect(total).to_have_text("₹250.00")
    phone.get_by_role("button", name="Add Ribbon").click()
    expect(total).to_have_text("₹265.00")
    expect(phone.locator(f"#paymentMethod-{card}")).to_be_checked()
    phone.check("#paymentMethod-card")
    fill_all(phone, cardNumber=INSUFFICIENT_FUNDS)
    phone.check("#savePaymentMethod")
    assert fits(phone)
    assert fits(phone)
    press_button(phone)
    expect(phone.get_by_text("Your card has insufficient funds.")).to_be_visible()
    expect(phone.locator("#customField1")).to_have_value("For Mira")
    expect(phone.locator("#termsOfServiceConsentCheckbox")).to_be_checked()
    expect(phone.locator("#cardCvc")).to_have_value("")
    phone.check(f"#paymentMethod-{card}")
    press_button(phone)
    expect(phone).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    (charge,) = succeeded_charges(merchant, session.id)
    assert (charge.amount, charge.payment_method) == (26500, card)
    paid = merchant.v1.checkout.sessions.retrieve(session.id)
    assert paid.custom_fields[0].text is not None
    assert paid.custom_fields[0].text.value == "For Mira"
    assert paid.consent is not None
    assert paid.consent.terms_of_service == "accepted"
    assert paid.customer_details is not None
    assert paid.customer_details.phone == "+4930901820"


def test_enter_in_a_promotion_code_applies_it_and_keeps_what_was_typed(
    merchant: stripe.StripeClient, shop: Shop, phone: Page
) -> None:
    """Without scripts it presses the form's first button, and is applied before anything is paid."""
    coupon = merchant.v1.coupons.create({"percent_off": 10, "duration": "once"})
    promotion: Any = {"type": "coupon", "coupon": coupon.id}
    merchant.v1.promotion_codes.create({"promotion": promotion, "code": "ENTERED"})
    params: Any = session_params(shop.url, allow_promotion_codes=True)
    session = merchant.v1.checkout.sessions.create(params)
    phone.goto(session.url or "")
    fill(phone)
    phone.fill("#promotionCode", "entered")
    phone.press("#promotionCode", "Enter")
    expect(phone.locator("#ProductSummary-totalAmount")).to_have_text("₹449.10")
    expect(phone.locator("#email")).to_have_value(TYPED["email"])
    expect(phone.locator("#cardNumber")).to_have_value(re.compile("(4242 ?){4}"))
    expect(phone.locator("#cardCvc")).to_have_value("")
    assert merchant.v1.checkout.sessions.retrieve(session.id).payment_intent is None  # nothing was tried
    phone.fill("#cardCvc", "123")
    press_button(phone)
    expect(phone).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert [charge.amount for charge in succeeded_charges(merchant, session.id)] == [44910]


def press_button(page: Page) -> None:
    page.click("#submit")
