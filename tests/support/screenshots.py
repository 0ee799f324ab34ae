"""Takes pictures of the hosted page: `python -m tests.support.screenshots FOLDER [WORD...]`.

Without words every page is taken at every width, light and dark; with words only those whose name has one of
them. `docs` as the folder renews those of docs/screenshots that are of the hosted page.
"""

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from config import load
from kit import database
from kit.database import db
from payments.merchants import Merchant
from tests.support import bank, browser, gateway
from tests.support.buyer import Till
from tests.support.databases import new_sqlite
from tests.support.desk import PASSWORD, open_shop
from tests.support.factories import create_merchant
from tests.support.hosted_page import GOOD_CARD, INSUFFICIENT_FUNDS, fill, press_pay, session_params
from tests.support.picture_server import drawn, picture_server

WIDTHS = {320: 640, 360: 740, 768: 1024, 1440: 900}
SCHEMES = ("light", "dark")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
# Name in docs/screenshots -> scene, width and scheme.
RENEWED: dict[str, tuple[str, int, str]] = {
    "hosted-page": ("pay", 1440, "light"),
    "hosted-page-declined-phone": ("declined", 360, "light"),
    "hosted-page-branded": ("branded", 1440, "light"),
    "hosted-page-dark": ("pay", 1440, "dark"),
    "hosted-page-arabic": ("arabic", 360, "light"),
    "dashboard_branding": ("dashboard", 1440, "light"),
    "ways-to-pay": ("methods", 1440, "light"),
    "testers-panel": ("panel", 768, "light"),
    "hosted-page-all-asked": ("asked", 768, "light"),
    "hosted-page-save-a-card": ("saves", 360, "light"),
    "hosted-page-bank-waits": ("challenged", 360, "light"),
    "hosted-page-waiting": ("waiting", 360, "light"),
    "hosted-page-paid": ("paid", 360, "light"),
    "hosted-page-expired": ("expired", 360, "dark"),
}
CHALLENGED = "4000002760003184"
BRANDING = {
    "display_name": "Rosie & Daughters",
    "background_color": "#3b1d4a",
    "button_color": "#f2b134",
    "border_style": "pill",
    "font_family": "nunito",
}


@dataclass
class Scenes:
    """A merchant with its sessions, and how each page is come by."""

    till: Till
    shop_url: str
    pictures_url: str

    def order(self, **overrides: Any) -> str:
        """Open a session of two lines, the first with a picture; return its address."""
        params = session_params(self.shop_url, **overrides)
        if "line_items" in params and "line_items" not in overrides:
            product = params["line_items"][0]["price_data"]["product_data"]
            product["images"] = [f"{self.pictures_url}/marigold.png"]
        return str(self.till.post("/v1/checkout/sessions", params)["url"])

    def pay(self, page: Page) -> None:
        page.goto(self.order())

    def branded(self, page: Page) -> None:
        icon = {"type": "url", "url": f"{self.pictures_url}/rose.png"}
        page.goto(self.order(branding_settings={**BRANDING, "icon": icon}))

    def logo(self, page: Page) -> None:
        logo = {"type": "url", "url": f"{self.pictures_url}/wide.png"}
        looks = {
            "logo": logo,
            "border_style": "rectangular",
            "button_color": "#ffffff",
            "font_family": "lora",
        }
        page.goto(self.order(branding_settings={**looks, "background_color": "#ffffff"}))

    def full(self, page: Page) -> None:
        """Open an order with all that a total may have: discount, tax, delivery, an address."""
        coupon = self.till.post("/v1/coupons", {"percent_off": 10, "duration": "once", "name": "Spring"})
        tax = {"display_name": "GST", "percentage": "18", "inclusive": True}
        rate = self.till.post("/v1/tax_rates", tax)["id"]
        lines = session_params(self.shop_url)["line_items"]
        for line in lines:
            line["tax_rates"] = [rate]
        lines[0]["price_data"]["product_data"]["images"] = [f"{self.pictures_url}/marigold.png"]
        options = [
            {"shipping_rate_data": {"type": "fixed_amount", "display_name": name, "fixed_amount": cost}}
            for name, cost in (
                ("By post", {"amount": 0, "currency": "inr"}),
                ("By courier", {"amount": 9900, "currency": "inr"}),
            )
        ]
        page.goto(self.order(
            line_items=lines, discounts=[{"coupon": coupon["id"]}], shipping_options=options,
            shipping_address_collection={"allowed_countries": ["IN", "NP"]},
        ))  # fmt: skip

    def methods(self, page: Page) -> None:
        page.goto(self.order(payment_method_types=["card", "upi", "x_netbanking"]))
        page.check("#paymentMethod-upi")

    def panel(self, page: Page) -> None:
        """Open what whoever tests presses."""
        page.goto(self.order())
        page.click("#testers-panel summary")

    def upi(self, page: Page) -> None:
        """Go on to the bank's page of UPI."""
        page.goto(self.order())
        page.fill("#email", "asha@example.com")
        page.check("#paymentMethod-upi")
        press_pay(page)
        page.get_by_alt_text("QR code").wait_for()

    def declined(self, page: Page) -> None:
        page.goto(self.order())
        fill(page, cardNumber=INSUFFICIENT_FUNDS)
        press_pay(page)

    def wrong(self, page: Page) -> None:
        page.goto(self.order())
        fill(page, cardNumber="4242424242424241", billingName="")
        page.click("body", position={"x": 5, "y": 5})
        page.evaluate("HTMLFormElement.prototype.submit.call(document.forms['payment-form'])")
        page.wait_for_load_state()

    def paid(self, page: Page) -> None:
        address = self.order()
        page.goto(address)
        fill(page, cardNumber=GOOD_CARD)
        press_pay(page)
        page.wait_for_url(f"{self.shop_url}/**")
        page.goto(address)

    def expired(self, page: Page) -> None:
        session = self.till.post("/v1/checkout/sessions", session_params(self.shop_url))
        self.till.post(f"/v1/checkout/sessions/{session['id']}/expire")
        page.goto(session["url"])

    def waiting(self, page: Page) -> None:
        """Come to the page of a payment whose answer was lost."""
        session = self.till.post("/v1/checkout/sessions", session_params(self.shop_url))
        self.till.post(
            f"/v1/test_helpers/checkout/sessions/{session['id']}/complete", {"outcome": "answer_lost"}
        )
        page.goto(session["url"])

    def saves(self, page: Page) -> None:
        page.goto(self.order(mode="setup", line_items=None))

    def arabic(self, page: Page) -> None:
        page.goto(self.order())

    def broken(self, page: Page) -> None:
        """Open an order whose pictures can't be had: the letters stay."""
        lines = session_params(self.shop_url)["line_items"]
        for line in lines:
            line["price_data"]["product_data"]["images"] = [f"{self.pictures_url}/none.png"]
        icon = {"type": "url", "url": f"{self.pictures_url}/none.png"}
        page.goto(self.order(line_items=lines, branding_settings={"icon": icon}))

    def challenged(self, page: Page) -> None:
        address = self.order()
        page.goto(address)
        fill(page, cardNumber=CHALLENGED)
        press_pay(page)
        page.wait_for_url(lambda url: "/c/pay/" not in url)
        page.goto(address)

    def asked(self, page: Page) -> None:
        """Open a page that asks for nearly all that a page can ask."""
        size = {"key": "size", "type": "dropdown", "label": {"type": "custom", "custom": "Size"}}
        size["dropdown"] = {"options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]}
        lines = session_params(self.shop_url)["line_items"]
        lines[0]["adjustable_quantity"] = {"enabled": True, "maximum": 9}
        page.goto(self.order(
            line_items=lines, allow_promotion_codes=True, phone_number_collection={"enabled": True},
            billing_address_collection="required", tax_id_collection={"enabled": True}, custom_fields=[size],
            shipping_address_collection={"allowed_countries": ["IN", "NP"]},
            custom_text={"submit": {"message": "Roses are cut on the day they are sent."}},
        ))  # fmt: skip

    def dashboard(self, page: Page) -> None:
        """Sign in to another merchant's dashboard and open its looks."""
        shop = open_shop(self.till.app)
        base_url = self.order().partition("/c/pay/")[0]
        page.goto(f"{base_url}/dashboard/branding")
        page.fill("input[name=email]", shop.email)
        page.fill("input[name=password]", PASSWORD)
        page.click("button:has-text('Sign in')")
        page.wait_for_url("**/dashboard/branding")

    def unknown(self, page: Page) -> None:
        page.goto(self.order().partition("/c/pay/")[0] + "/c/pay/cs_test_nothing")


def scenes() -> dict[str, Callable[[Scenes, Page], None]]:
    """Return each scene by its name."""
    names = [name for name, value in vars(Scenes).items() if callable(value) and not name.startswith("_")]
    return {name: getattr(Scenes, name) for name in names if name != "order"}


@contextmanager
def house(folder: Path) -> Iterator[Flask]:
    """A gateway with its bank on an SQLite database, and the same app in this process to open sessions by."""
    with bank.server(folder) as running:
        given = gateway.variables(new_sqlite(folder), running, folder)
        with gateway.server(given, folder) as base_url:
            yield create_app(load({**given, "PUBLIC_URL": base_url}))


def take(chromium: Browser, scene: Callable[[Page], None], view: tuple[int, Any], path: Path) -> None:
    """Take one picture, at a width and in a scheme."""
    width, scheme = view
    context = chromium.new_context(
        locale="ar" if "arabic" in path.name else "en-IN",
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=scheme,
    )
    page = context.new_page()
    scene(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=width < 900)
    context.close()


def main(folder: str, words: list[str]) -> None:
    """Take the pictures that are asked for."""
    to = DOCS if folder == "docs" else Path(folder)
    to.mkdir(parents=True, exist_ok=True)
    asked = (
        RENEWED
        if folder == "docs"
        else {
            f"{scene}-{width}-{scheme}": (scene, width, scheme)
            for scene in scenes()
            for width in WIDTHS
            for scheme in SCHEMES
        }
    )
    with (
        tempfile.TemporaryDirectory() as place,
        house(Path(place)) as app,
        browser.shop() as shop,
        picture_server({"marigold.png": drawn(96, 96), "rose.png": drawn(64, 64), "wide.png": drawn(320, 72)})
        as pictures_url,
        browser.chromium() as chromium,
    ):  # fmt: skip
        stage = Scenes(Till(app, merchant_with_contact(app)), shop.url, pictures_url)
        for name, (scene, width, scheme) in asked.items():
            if not words or any(word in name for word in words):
                act = functools.partial(scenes()[scene], stage)
                take(chromium, act, (width, scheme), to / f"{name}.png")


def merchant_with_contact(app: Flask) -> str:
    """Open a merchant whose customers know where to ask; return its key."""
    merchant, secret_key = create_merchant(app)
    with app.app_context():
        row = db.session.get_one(Merchant, merchant.id)
        row.business_profile = {"support_email": "help@roses.example", "support_phone": "+91 80 5555 0100"}
        database.commit()
    return secret_key


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
