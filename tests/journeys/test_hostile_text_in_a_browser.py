"""A page full of hostile text in a real browser: no dialog, no complaint, no other origin, nothing askew."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.browser import Shop, Watched
from tests.support.factories import create_merchant
from tests.support.hosted_page import fill, press_pay, session_params, stripe_client

pytestmark = pytest.mark.slow

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "</title><style>*{display:none}</style><base href=//evil.example>",
    '"/><meta http-equiv="refresh" content="0;url=//evil.example">',
    "\u202e00.1$ \u2067aeT",
    "W" * 3000,
)
PHONE: ViewportSize = {"width": 360, "height": 740}


def test_it_is_text_and_nothing_more(
    app: Flask, gateway: str, shop: Shop, page: Page, watched: Watched
) -> None:
    _, secret_key = create_merchant(app, HOSTILE[0] + HOSTILE[4])
    merchant = stripe_client(secret_key, gateway)
    lines: Any = [
        {"quantity": 1, "price_data": {"currency": "inr", "unit_amount": 10000,
                                       "product_data": {"name": text, "description": text}}}
        for text in HOSTILE
    ]  # fmt: skip
    given: Any = session_params(shop.url, line_items=lines)
    session = merchant.v1.checkout.sessions.create(given)
    dialogs: list[str] = []

    def asked(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", asked)
    page.set_viewport_size(PHONE)
    page.goto(session.url or "")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#ProductSummary-totalAmount")).to_have_text("₹600.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.querySelectorAll('img[src=x], base, style').length") == 0
    fill(page)
    press_pay(page)
    page.wait_for_url("**/thanks?**")
    assert dialogs == []
    assert watched.complaints == []
    assert watched.origins == {gateway, shop.url}
