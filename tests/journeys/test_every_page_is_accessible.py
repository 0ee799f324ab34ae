"""axe-core finds nothing wrong on any page in any state, and the keyboard alone pays."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from tests.journeys import test_a_page_in_a_shops_frame as shops_frame
from tests.journeys.test_a_page_that_collects import order_of
from tests.support import npm_packages
from tests.support.browser import Shop
from tests.support.hosted_page import INSUFFICIENT_FUNDS, TYPED, fill, press_pay, session_params
from tests.support.time_left import leave

# What a browser shows does not depend on the database.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("served_database", ["sqlite"], indirect=True, scope="session"),
]

AXE = Path(__file__).parent / "axe_package"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
JUDGE = """(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})
  .then((found) => [found.passes.length, found.violations.map((one) =>
    `${one.id}: ${one.nodes.map((at) => at.html.slice(0, 160) + ' ' + at.failureSummary).join(' | ')}`)])"""
# How whoever looks at the page sees it; 320 is what is left of 1280 at a zoom of 400 %.
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 360, "height": 720}, "color_scheme": "dark"},
    "right to left": {"viewport": {"width": 768, "height": 900}, "locale": "ar"},
    "400 %": {"viewport": {"width": 320, "height": 480}, "locale": "de-DE"},
}
EVERYTHING: dict[str, Any] = {
    "allow_promotion_codes": True,
    "billing_address_collection": "required",
    "branding_settings": {"background_color": "#3b1d4a", "button_color": "#f2b134"},
    "consent_collection": {"promotions": "auto", "terms_of_service": "required"},
    "custom_fields": [
        {"key": "engraving", "label": {"type": "custom", "custom": "Engraving"}, "type": "text"},
        {
            "key": "wrap",
            "label": {"type": "custom", "custom": "Gift wrap"},
            "type": "dropdown",
            "dropdown": {"options": [{"label": "None", "value": "none"}, {"label": "Red", "value": "red"}]},
        },
    ],
    "custom_text": {"submit": {"message": "Posted within two days."}},
    "phone_number_collection": {"enabled": True},
    "shipping_address_collection": {"allowed_countries": ["IN", "NP"]},
    "shipping_options": [
        {
            "shipping_rate_data": {
                "type": "fixed_amount",
                "fixed_amount": {"amount": amount, "currency": "inr"},
                "display_name": name,
            }
        }
        for name, amount in (("Post", 0), ("Courier", 9900))
    ],
}


class Visit:
    """A customer's browser at a merchant's pages."""

    def __init__(self, page: Page, merchant: stripe.StripeClient, shop: Shop, app: Flask) -> None:
        self.page, self.merchant, self.shop, self.app = page, merchant, shop, app

    def open(self, **overrides: Any) -> stripe.checkout.Session:
        """Comes to the page of a new session."""
        session = self.ordered(**overrides)
        self.page.goto(session.url or "")
        return session

    def ordered(self, **overrides: Any) -> stripe.checkout.Session:
        given: Any = session_params(self.shop.url, **overrides)
        return self.merchant.v1.checkout.sessions.create(given)

    def after(self, outcome: str, **overrides: Any) -> None:
        """Comes to the page of a session of which something has become already."""
        session = self.ordered(**overrides)
        path = f"/v1/test_helpers/checkout/sessions/{session.id}/complete"
        self.merchant.raw_request("post", path, outcome=outcome)
        self.page.goto(session.url or "")


def _declined(visit: Visit) -> None:
    visit.open()
    fill(visit.page, cardNumber=INSUFFICIENT_FUNDS)
    press_pay(visit.page)
    expect(visit.page.get_by_role("alert")).to_be_visible()


def _mistaken(visit: Visit) -> None:
    """As the server says it: nothing was typed, and no script has looked."""
    visit.open()
    visit.page.evaluate("HTMLFormElement.prototype.submit.call(document.getElementById('payment-form'))")
    expect(visit.page.locator("#problem")).to_be_visible()


def _unfolded(visit: Visit) -> None:
    visit.open()
    visit.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def _at_another_way(visit: Visit) -> None:
    visit.open()
    visit.page.check("#paymentMethod-upi")


def _debit(visit: Visit) -> None:
    line = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Tea"}}
    visit.open(
        allowed_payment_method_types=["sepa_debit", "ideal"], line_items=[{"quantity": 1, "price_data": line}]
    )
    visit.page.check("#paymentMethod-sepa_debit")


def _returning(visit: Visit) -> None:
    """Come as a customer with a card kept, to an order that asks everything and can be changed."""
    _, session = order_of(visit.merchant, visit.shop)
    visit.page.goto(session.url or "")
    visit.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def _counting_down(visit: Visit) -> Iterator[str]:
    """Before it announces itself, announced, put off by the customer, over."""
    session, page = visit.ordered(), visit.page
    leave(visit.app, session.id, 700)
    page.clock.install()
    page.goto(session.url or "")
    expect(page.locator("#countdown")).to_be_hidden()
    yield "before"
    page.clock.fast_forward(105_000)
    expect(page.locator("#countdown-said")).not_to_be_empty()
    yield "announced"
    page.click("#extend")
    expect(page.locator("#countdown")).to_be_focused()
    yield "put off"
    leave(visit.app, session.id, 0)
    page.clock.fast_forward(3_600_000)
    expect(page.locator("#payment-form")).to_have_count(0)
    yield "over"


def _framed(visit: Visit) -> Iterator[str]:
    """On a shop's page on another origin: to be filled in, declined, paid. Looked at inside of the frame."""
    house = (visit.ordered().url or "").partition("/c/pay/")[0]
    stays = {"redirect_on_completion": "never", "return_url": None}
    session = shops_frame.opened(visit.merchant, visit.shop, **stays)
    frame = shops_frame.mounted(visit.page, visit.shop, shops_frame.other_name(house), session.client_secret)
    shops_frame.typed(frame, cardNumber=INSUFFICIENT_FUNDS)
    yield "to be filled in"
    frame.locator("#submit").click()
    expect(frame.get_by_role("alert")).to_be_visible()
    yield "declined"
    shops_frame.typed(frame)
    frame.locator("#submit").click()
    expect(frame.locator("h1")).to_be_visible()
    expect(frame.locator("#payment-form")).to_have_count(0)
    yield "paid"


def _challenged(visit: Visit) -> None:
    visit.after("challenge_abandoned")


def _closed_link(visit: Visit) -> None:
    price = visit.merchant.v1.prices.create(
        {"currency": "inr", "unit_amount": 49900, "product_data": {"name": "Tea"}}
    )
    link = visit.merchant.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 1}]})
    visit.merchant.v1.payment_links.update(link.id, {"active": False})
    visit.page.goto(link.url)


def _receipt(visit: Visit) -> None:
    intent = visit.merchant.v1.payment_intents.create(
        {"amount": 49900, "currency": "inr", "payment_method": "pm_card_visa", "confirm": True,
         "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    )  # fmt: skip
    assert isinstance(intent.latest_charge, str)
    visit.page.goto(visit.merchant.v1.charges.retrieve(intent.latest_charge).receipt_url or "")


def _nowhere(visit: Visit) -> None:
    session = visit.ordered()
    visit.page.goto((session.url or "").replace(session.id, "cs_test_nobody"))


# Comes to a page, or goes on through its states, each by its name.
PAGES: dict[str, Callable[[Visit], Iterator[str] | Any]] = {
    "to pay": lambda visit: visit.open(),
    "all that it may ask": lambda visit: visit.open(**EVERYTHING),
    "all unfolded": _unfolded,
    "another way to pay": _at_another_way,
    "a debit": _debit,
    "to save a card": lambda visit: visit.open(mode="setup", currency="inr", line_items=None),
    "a returning customer": _returning,
    "counting down": _counting_down,
    "in a frame": _framed,
    "declined": _declined,
    "mistaken": _mistaken,
    "challenged": _challenged,
    "waiting": lambda visit: visit.after("answer_lost"),
    "paid": lambda visit: visit.after("succeeded"),
    "a closed link": _closed_link,
    "a receipt": _receipt,
    "no page": _nowhere,
}


@pytest.fixture(scope="module")
def axe() -> str:
    """The judge's source, run in the page past its policy, as a browser's own tools are."""
    return (npm_packages.installed(AXE) / "node_modules" / "axe-core" / "axe.min.js").read_text()


def judged(page: Page, axe: str) -> list[str]:
    """What axe finds wrong with a page; of one in a frame, inside of it: the shop's page is not ours."""
    place: Page | Frame = next(iter(page.main_frame.child_frames), page)
    place.evaluate(axe)
    passed, violations = place.evaluate(JUDGE, list(TAGS))
    assert passed > 5, f"axe has hardly looked at {place.url}"
    found: list[str] = violations
    return found


@pytest.fixture(params=list(LOOKS))
def seen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser whose customer sees the pages in one of the looks."""
    context = browser.new_context(**{"locale": "en-IN", **LOOKS[request.param]})
    context.set_default_timeout(15_000)
    yield context
    context.close()


def test_nothing_is_wrong_on_any_page(
    seen: BrowserContext, merchant: stripe.StripeClient, shop: Shop, app: Flask, axe: str
) -> None:
    wrong = {}
    for name, come_to in PAGES.items():
        page = seen.new_page()
        states = come_to(Visit(page, merchant, shop, app))
        for state in states if isinstance(states, Iterator) else [""]:
            if violations := judged(page, axe):
                wrong[f"{name} {state}"] = violations
        page.close()
    assert wrong == {}


def test_the_keyboard_alone_pays(merchant: stripe.StripeClient, shop: Shop, app: Flask, page: Page) -> None:
    session = Visit(page, merchant, shop, app).open()
    typed = dict(TYPED)
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id")
        assert page.evaluate("document.activeElement !== document.body"), (
            f"the focus was lost after {reached}"
        )
        reached.append(focused)
        if focused == "billingCountry":
            page.keyboard.type("Ind")
            assert page.input_value("#billingCountry") in ("IN", "ID")
            page.keyboard.type("ia")
        elif focused in typed:
            page.keyboard.type(typed.pop(focused))
        elif focused == "submit":
            page.keyboard.press("Enter")
            break
    assert set(typed) <= {"billingCountry"}, f"the keyboard reached {reached}"
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")


def test_what_is_going_on_is_said_where_it_was_listened_for(
    merchant: stripe.StripeClient, shop: Shop, app: Flask, page: Page
) -> None:
    """A live region has to be there before it speaks, or a screen reader says nothing."""
    Visit(page, merchant, shop, app).open()
    quiet = page.locator("[role=status], [aria-live]")
    assert quiet.count() >= 1
    assert page.locator("#progress").inner_text() == ""
    fill(page)
    page.evaluate(
        "document.getElementById('payment-form').addEventListener('submit', (e) => e.preventDefault())"
    )
    press_pay(page)
    expect(page.locator("#progress")).not_to_be_empty()
