"""What a real browser received on the page is what the inventory names, and a changed file never runs."""

from pathlib import Path

import pytest
import stripe
from playwright.sync_api import Page, Response, Route, expect

from checkout import assets
from tests.support.browser import Shop, Watched
from tests.support.hosted_page import fill, press_pay, session_params

pytestmark = pytest.mark.slow

STATIC = Path(__file__).resolve().parents[2] / "static"


@pytest.fixture
def session(merchant: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    return merchant.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]


def test_the_browser_received_the_scripts_of_the_inventory_and_no_others(
    session: stripe.checkout.Session, page: Page, watched: Watched
) -> None:
    received: list[Response] = []
    page.on("response", lambda answer: received.append(answer))  # noqa: PLW0108 - a builtin takes no mark
    page.goto(session.url or "")
    page.wait_for_load_state("networkidle")
    fill(page)
    got = {
        "checkout/" + answer.url.rpartition("/checkout/")[2]: assets.integrity_of(answer.body())
        for answer in received
        if answer.request.resource_type in ("script", "stylesheet") and "/static/" in answer.url
    }
    wanted = {asset.name: asset.integrity for asset in assets.inventory(STATIC)}
    assert got.items() <= wanted.items()
    assert {"checkout/checkout.js", "checkout/card.js", "checkout/checkout.css"} <= got.keys()
    elsewhere = [
        answer.url
        for answer in received
        if answer.request.resource_type in ("script", "fetch", "xhr", "websocket", "font")
        and "/checkout/" not in answer.url
    ]
    assert elsewhere == []
    assert page.locator("script:not([src]), style, [onclick], [onerror]").count() == 0
    assert (len(watched.origins), watched.complaints) == (1, [])


@pytest.mark.parametrize("name", ["checkout.js", "card.js"])
def test_a_script_that_was_changed_on_the_way_does_not_run_and_the_page_still_pays(
    session: stripe.checkout.Session, page: Page, name: str
) -> None:
    def changed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body="document.title = 'stolen';\n" + answer.text())

    page.route(f"**/checkout/{name}", changed)
    page.goto(session.url or "")
    page.wait_for_load_state("networkidle")
    assert page.title() != "stolen"
    expect(page.locator("body")).not_to_have_class("scripted")
    fill(page)
    press_pay(page)
    page.wait_for_url("**/thanks?**")
