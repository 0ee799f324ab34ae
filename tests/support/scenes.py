"""The hosted page's scenes: how each of its pages is come by, for pictures (tests/support/screenshots.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FrameLocator, Page

from tests.support.browser import Shop
from tests.support.dashboard_scenes import DashboardScenes
from tests.support.hosted_page import (
    GOOD_CARD,
    INSUFFICIENT_FUNDS,
    TYPED,
    fill,
    press_pay,
    session_params,
)
from tests.support.time_left import leave

CHALLENGED = "4000002760003184"
BRANDING = {
    "display_name": "Rosie & Daughters",
    "background_color": "#3b1d4a",
    "button_color": "#f2b134",
    "border_style": "pill",
    "font_family": "nunito",
}
# A shop's own page around the framed one; the publishable key only says the mode.
AROUND = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>Rosie's Roses</title><style>
  body {{ font: 1rem/1.5 Georgia, serif; color: #3b1d4a; background: #fdf6ee; margin: 0; }}
  header {{ padding: 1rem 1.5rem; border-bottom: 3px double #d9c3a5; }} main {{ padding: 1rem; }}
</style><header>Rosie's Roses · since 1911</header><main><div id="checkout"></div></main>
<script src="{house}/embed/florin.js"></script>
<script>
  Florin("pk_test_x").initEmbeddedCheckout({{clientSecret: "{secret}"}})
    .then((checkout) => checkout.mount("#checkout"));
</script>"""


@dataclass
class Scenes(DashboardScenes):
    """A merchant with its sessions, and how each page is come by."""

    shop: Shop
    pictures_url: str

    def order(self, **overrides: Any) -> str:
        """Open a session of two lines, the first with a picture; return its address."""
        params = session_params(self.shop.url, **overrides)
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
        """Open the page of a shop with a logo, which leaves the amount to its customers."""
        logo = {"type": "url", "url": f"{self.pictures_url}/wide.png"}
        looks = {
            "logo": logo,
            "border_style": "rectangular",
            "button_color": "#ffffff",
            "font_family": "lora",
        }
        gift = {"currency": "inr", "product_data": {"name": "A gift"}}
        gift |= {"custom_unit_amount": {"enabled": "true"}}
        lines = [{"price": self.till.post("/v1/prices", gift)["id"], "quantity": 1}]
        branding = {**looks, "background_color": "#ffffff"}
        page.goto(self.order(line_items=lines, branding_settings=branding))

    def full(self, page: Page) -> None:
        """Open an order with all that a total may have: discount, tax, delivery, an address."""
        coupon = self.till.post("/v1/coupons", {"percent_off": 10, "duration": "once", "name": "Spring"})
        tax = {"display_name": "GST", "percentage": "18", "inclusive": True}
        rate = self.till.post("/v1/tax_rates", tax)["id"]
        lines = session_params(self.shop.url)["line_items"]
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
        page.wait_for_url(f"{self.shop.url}/**")
        page.goto(address)

    def expired(self, page: Page) -> None:
        session = self.till.post("/v1/checkout/sessions", session_params(self.shop.url))
        self.till.post(f"/v1/checkout/sessions/{session['id']}/expire")
        page.goto(session["url"])

    def waiting(self, page: Page) -> None:
        """Come to the page of a payment whose answer was lost."""
        session = self.till.post("/v1/checkout/sessions", session_params(self.shop.url))
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
        lines = session_params(self.shop.url)["line_items"]
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
        lines = session_params(self.shop.url)["line_items"]
        lines[0]["adjustable_quantity"] = {"enabled": True, "maximum": 9}
        page.goto(self.order(
            line_items=lines, allow_promotion_codes=True, phone_number_collection={"enabled": True},
            billing_address_collection="required", tax_id_collection={"enabled": True}, custom_fields=[size],
            shipping_address_collection={"allowed_countries": ["IN", "NP"]},
            custom_text={"submit": {"message": "Roses are cut on the day they are sent."}},
        ))  # fmt: skip

    def unknown(self, page: Page) -> None:
        page.goto(self.order().partition("/c/pay/")[0] + "/c/pay/cs_test_nothing")

    def mistakes(self, page: Page) -> None:
        """Press the button too early: the page's script says what is to be corrected."""
        self.asked(page)
        page.fill("#email", TYPED["email"])
        page.click("#submit")
        page.locator("#mistakes .problem").wait_for()

    def counting(self, page: Page) -> None:
        """Come to a page that ends within minutes."""
        session = self.till.post("/v1/checkout/sessions", session_params(self.shop.url))
        leave(self.till.app, session["id"], 272)
        page.goto(session["url"])
        fill(page)

    def extended(self, page: Page) -> None:
        self.counting(page)
        page.click("#extend")
        page.locator("#countdown:focus").wait_for()

    def framed(self, page: Page) -> FrameLocator:
        """Mount the page on the shop's own, on another origin."""
        given = {"ui_mode": "embedded_page", "return_url": None, "redirect_on_completion": "never"}
        params = session_params(self.shop.url, **given, success_url=None, cancel_url=None)
        session = self.till.post("/v1/checkout/sessions", params)
        house = self.order().partition("/c/pay/")[0].replace("127.0.0.1", "localhost")
        self.shop.pages["/buy"] = AROUND.format(house=house, secret=session["client_secret"])
        page.goto(f"{self.shop.url}/buy")
        frame = page.frame_locator("#checkout iframe")
        frame.locator("#submit").wait_for()
        page.wait_for_timeout(500)  # until the frame is as high as its page
        return frame

    def framed_declined(self, page: Page) -> FrameLocator:
        return self._framed_paid(page, INSUFFICIENT_FUNDS)

    def framed_paid(self, page: Page) -> FrameLocator:
        return self._framed_paid(page, GOOD_CARD)

    def _framed_paid(self, page: Page, number: str) -> FrameLocator:
        frame = self.framed(page)
        for name, text in (TYPED | {"cardNumber": number}).items():
            place = frame.locator(f"#{name}")
            place.select_option(text) if name == "billingCountry" else place.fill(text)
        frame.locator("#submit").click()
        frame.locator("#problem, .notice-good").wait_for()
        page.wait_for_timeout(500)
        return frame


def scenes() -> dict[str, Callable[[Scenes, Page], object]]:
    """Return each scene by its name."""
    names = [name for name in dir(Scenes) if callable(getattr(Scenes, name)) and not name.startswith("_")]
    return {name: getattr(Scenes, name) for name in names if name != "order"}
