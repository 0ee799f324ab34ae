"""The page in a real browser: narrow and wide, light and dark, forced colours, right to left, print."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Shop, watch
from tests.support.hosted_page import session_params
from tests.support.picture_server import drawn, picture_server
from tests.support.scenes import BRANDING

pytestmark = pytest.mark.slow

# 320 is what is left of 1280 at a zoom of 400 %.
VIEWS = ((320, "ar"), (320, "de-DE"), (360, "hi-IN"), (768, "en-IN"), (1440, "ar"))
# Of what can be clicked: an inline link of a sentence may be lower (WCAG 2.5.8), and so may a hidden one.
SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
  .map((one) => [one, one.closest('label') || one])
  .map(([one, target]) => [one.id || one.className || one.tagName, target.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.height < 24 || box.width < 24)).map(([name]) => name)"""
WIDER = """() => [...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('.visually-hidden, .back-word') && one.getBoundingClientRect().width > 0)
  .filter((one) => { const box = one.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.left < -1; }).map((one) => one.className || one.tagName)"""
RING = """() => { const one = document.activeElement;
  const style = getComputedStyle(one.closest('.method-choice') || one);
  return one === document.body ? 9 : style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth); }"""
NAME = "Q" * 300 + " with a word of three hundred letters"


@pytest.fixture
def pictures() -> Iterator[str]:
    with picture_server({"rose.png": drawn(64, 64)}) as url:
        yield url


def order(merchant: stripe.StripeClient, shop: Shop, pictures: str, **overrides: Any) -> str:
    """A session with a picture that is there, one that is not, and a name that fits nowhere."""
    lines = session_params(shop.url)["line_items"]
    lines[0]["price_data"]["product_data"]["images"] = [f"{pictures}/rose.png"]
    lines[1]["price_data"]["product_data"] |= {"name": NAME, "images": [f"{pictures}/none.png"]}
    given: Any = session_params(shop.url, line_items=lines, **overrides)
    return merchant.v1.checkout.sessions.create(given).url or ""


def opened(browser: Browser, address: str, width: int = 360, **looks: Any) -> Page:
    context = browser.new_context(**{"locale": "en-IN", "viewport": {"width": width, "height": 720}, **looks})
    page = context.new_page()
    seen = watch(page)
    page.goto(address)
    assert len(seen.origins) == 1, seen.origins
    assert not [words for words in seen.complaints if "404" not in words]
    return page


def fits(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.evaluate(WIDER) == []
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen_or_too_small_to_hit(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str, scheme: Any
) -> None:
    looks = {**BRANDING, "display_name": NAME, "icon": {"type": "url", "url": f"{pictures}/rose.png"}}
    address = order(
        merchant, shop, pictures, branding_settings=looks, allow_promotion_codes=True,
        shipping_address_collection={"allowed_countries": ["IN", "NP"]},
    )  # fmt: skip
    for width, language in VIEWS:
        page = opened(browser, address, width, color_scheme=scheme, locale=language)
        fits(page)
        page.context.close()
    paper = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 28, 26)"}[scheme]
    page = opened(browser, address, color_scheme=scheme)
    expect(page.locator("body")).to_have_css("background-color", paper)
    expect(page.locator(".order")).to_have_css("background-color", "rgb(59, 29, 74)")
    expect(page.locator("#submit")).to_have_css("background-color", "rgb(242, 177, 52)")
    expect(page.locator("#submit")).to_have_css("color", "rgb(0, 0, 0)")
    expect(page.locator("#submit")).to_have_css("border-radius", "999px")
    page.context.close()


def test_a_picture_that_can_not_be_had_is_a_letter(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str
) -> None:
    page = opened(browser, order(merchant, shop, pictures), 1440)
    page.wait_for_load_state("networkidle")
    there, missing = page.locator(".line-mark img").all()
    assert there.evaluate("one => one.naturalWidth") == 64
    # The letter is a drawing of ours, shown although its status is 404.
    assert missing.evaluate("one => one.complete && one.naturalWidth > 0")
    assert page.request.get(missing.evaluate("one => one.src")).status == 404
    page.context.close()


def test_the_page_can_be_used_in_the_colors_that_somebody_has_chosen(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str
) -> None:
    page = opened(browser, order(merchant, shop, pictures), forced_colors="active")
    for name in ("#submit", "#email", ".line-mark >> nth=0"):
        assert page.locator(name).evaluate("one => parseFloat(getComputedStyle(one).borderTopWidth)") >= 1
    page.locator("#email").focus()
    assert page.locator("#email").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    fits(page)
    page.context.close()


def test_whoever_wants_no_motion_sees_hardly_any(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str
) -> None:
    page = opened(browser, order(merchant, shop, pictures), reduced_motion="reduce")
    assert page.locator("#submit").evaluate("one => getComputedStyle(one).transitionDuration") == "0s"
    page.context.close()


def test_on_paper_the_order_stands_alone(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str
) -> None:
    page = opened(browser, order(merchant, shop, pictures), 1440)
    page.emulate_media(media="print")
    expect(page.locator("#submit")).to_be_hidden()
    expect(page.locator("#OrderDetails-TotalAmount")).to_be_visible()
    page.context.close()


def test_from_right_to_left_the_order_stands_on_the_right_and_numbers_run_on(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str
) -> None:
    page = opened(browser, order(merchant, shop, pictures), 1440, locale="ar")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator(".order").bounding_box()["x"] > page.locator(".payment").bounding_box()["x"]  # type: ignore[index]
    expect(page.locator("#cardNumber")).to_have_css("direction", "ltr")
    expect(page.locator("#cardNumber")).to_have_css("text-align", "right")
    page.context.close()


def test_where_the_focus_is_can_be_seen_on_every_ground(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, pictures: str
) -> None:
    page = opened(browser, order(merchant, shop, pictures, branding_settings=BRANDING), 1440)
    for _ in range(14):
        page.keyboard.press("Tab")
        ring = page.evaluate(RING)
        assert ring >= 2, page.evaluate("document.activeElement.outerHTML")
    page.context.close()
