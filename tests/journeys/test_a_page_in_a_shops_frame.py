"""A shop on another origin mounts the page with the loader, and the customer pays in its frame."""

import json
import re
from typing import Any

import pytest
import stripe
from playwright.sync_api import FrameLocator, Page, expect

from tests.support.browser import Shop, Watched
from tests.support.browser import shop as open_shop
from tests.support.hosted_page import TYPED, session_params, succeeded_charges

pytestmark = pytest.mark.slow

TALL = 500  # pixels: the page has said its own height
NEEDS_CHALLENGE = "4000582600000045"
SHOP_PAGE = """<!doctype html><html lang="en"><title>Rosie's Roses</title>
<link rel="icon" href="data:,"><h1>Your order</h1><div id="checkout"></div><p id="said"></p>
<script src="{house}/embed/florin.js" crossorigin="anonymous"></script>
<script>
  window.heard = 0;
  Florin("pk_test_x").initEmbeddedCheckout({{
    fetchClientSecret: () => Promise.resolve({secret}),
    onComplete: () => {{ document.getElementById("said").textContent = "complete"; window.heard += 1; }},
  }}).then((checkout) => {{ window.checkout = checkout; checkout.mount("#checkout"); }});
</script>"""


def opened(client: stripe.StripeClient, shop: Shop, **overrides: Any) -> stripe.checkout.Session:
    given = {
        "ui_mode": "embedded_page",
        "return_url": f"{shop.url}/thanks?session_id={{CHECKOUT_SESSION_ID}}",
        "success_url": None,
        "cancel_url": None,
        **overrides,
    }
    return client.v1.checkout.sessions.create(session_params(shop.url, **given))  # type: ignore[arg-type]


def mounted(page: Page, site: Shop, house: str, secret: str | None) -> FrameLocator:
    """Open a page of this site that has the session's page in a frame."""
    site.pages["/buy"] = SHOP_PAGE.format(house=house, secret=json.dumps(secret))
    page.goto(f"{site.url}/buy")
    return page.frame_locator("#checkout iframe")


def typed(frame: FrameLocator, **overrides: str) -> None:
    for name, text in (TYPED | overrides).items():
        if name == "billingCountry":
            frame.locator(f"#{name}").select_option(text)
        else:
            frame.locator(f"#{name}").fill(text)


def other_name(gateway: str) -> str:
    """The house under another name than the shop's: to a browser another site, and so a third party."""
    return gateway.replace("127.0.0.1", "localhost")


def test_a_customer_pays_in_the_frame_once_and_the_window_goes_on(
    merchant: stripe.StripeClient, shop: Shop, gateway: str, page: Page, watched: Watched
) -> None:
    session = opened(merchant, shop)
    house = other_name(gateway)
    frame = mounted(page, shop, house, session.client_secret)
    typed(frame)
    box = page.locator("#checkout iframe")
    expect(box).to_have_attribute("title", re.compile("Pay Rosie"))
    assert (box.bounding_box() or {"height": 0})["height"] > TALL
    frame.locator("#submit").dblclick()
    page.wait_for_url(f"**/thanks?session_id={session.id}")
    assert len(succeeded_charges(merchant, session.id)) == 1
    assert page.context.cookies(house) == []
    assert watched.complaints == []


def test_the_shops_page_hears_of_the_payment_and_may_mount_again(
    merchant: stripe.StripeClient, shop: Shop, gateway: str, page: Page
) -> None:
    session = opened(merchant, shop, redirect_on_completion="never", return_url=None)
    frame = mounted(page, shop, other_name(gateway), session.client_secret)
    typed(frame)
    page.evaluate("checkout.unmount(); checkout.mount('#checkout')")
    assert page.locator("#checkout iframe").count() == 1
    typed(frame)
    frame.locator("#submit").click()
    expect(page.locator("#said")).to_have_text("complete")
    expect(frame.locator("h1")).to_have_text("Payment received")
    page.evaluate(
        "dispatchEvent(new MessageEvent('message', {data: {florin: 'complete'}, origin: 'https://evil.example'}));"
        "postMessage({florin: 'complete'}, '*');"
        "postMessage({florin: 'redirect', url: 'https://evil.example'}, '*')"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.heard") == 1
    assert page.url == f"{shop.url}/buy"
    page.evaluate("checkout.destroy()")
    assert page.locator("#checkout iframe").count() == 0


def test_the_whole_window_goes_to_the_bank_and_comes_back_to_the_shop(
    merchant: stripe.StripeClient, shop: Shop, gateway: str, page: Page
) -> None:
    session = opened(merchant, shop)
    frame = mounted(page, shop, other_name(gateway), session.client_secret)
    typed(frame, cardNumber=NEEDS_CHALLENGE)
    frame.locator("#submit").click()
    expect(page).to_have_url(re.compile("/challenge/"))
    page.fill("#code", str(page.locator("#test-code").text_content()))
    page.click("#submit")
    page.wait_for_url(f"**/thanks?session_id={session.id}")
    assert merchant.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_the_frame_is_light_or_dark_as_the_shops_page_around_it(
    merchant: stripe.StripeClient, shop: Shop, gateway: str, page: Page
) -> None:
    looks = {"background_color": "#3b1d4a"}
    secret = opened(merchant, shop, branding_settings=looks).client_secret
    paper, night = "rgb(255, 255, 255)", "rgb(23, 28, 26)"
    for system, said, wanted in (
        ("dark", "normal", paper),
        ("dark", "light", paper),
        ("light", "dark", night),
        ("dark", "light dark", night),
        ("light", "light dark", paper),
    ):
        page.emulate_media(color_scheme=system)  # type: ignore[arg-type]
        html = SHOP_PAGE.format(house=other_name(gateway), secret=json.dumps(secret))
        shop.pages["/buy"] = html.replace("<h1>", f"<style>#checkout {{ color-scheme: {said} }}</style><h1>")
        page.goto(f"{shop.url}/buy")
        frame = page.frame_locator("#checkout iframe")
        expect(frame.locator(".payment")).to_have_css("background-color", wanted)
        expect(frame.locator("#email")).to_have_css(
            "color", "rgb(23, 33, 29)" if wanted == paper else "rgb(233, 238, 235)"
        )


def test_a_page_of_another_site_can_not_frame_it(
    merchant: stripe.StripeClient, shop: Shop, gateway: str, page: Page, watched: Watched
) -> None:
    secret = opened(merchant, shop).client_secret
    with open_shop() as evil:
        frame = mounted(page, evil, other_name(gateway), secret)
        page.wait_for_timeout(1500)
        assert frame.locator("#payment-form").count() == 0
    assert any("frame-ancestors" in words for words in watched.complaints)
