"""The dashboard's scenes: a merchant with payments of every kind, who signs in and looks."""

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.support.buyer import Till, flat
from tests.support.desk import PASSWORD, Shop, open_shop

# Amount, currency, test card's token, address: what the list of payments shows, oldest first.
PAYMENTS = (
    (4900, "usd", "visa", "asha@example.com"),
    (12850, "usd", "mastercard", "li.wei@example.com"),
    (2000, "usd", "visa_chargeDeclinedInsufficientFunds", "omar@example.com"),
    (89900, "inr", "visa", "priya@example.com"),
    (3500, "eur", "amex", "j.dupont@example.com"),
    (7400, "usd", "visa", "sam@example.com"),
)
REFUNDED = 2400  # of the last one


@dataclass
class DashboardScenes:
    """Each opens a dashboard of its own, and one of its pages."""

    till: Till

    def branding(self, page: Page) -> None:
        """Open the looks of a merchant's pages."""
        self._signed_in(page, self._shop(), "/branding")

    def overview(self, page: Page) -> None:
        shop = self._shop()
        self._sell(shop)
        self._signed_in(page, shop, "")

    def payment(self, page: Page) -> None:
        shop = self._shop()
        intent_id = self._sell(shop)
        self._signed_in(page, shop, f"/payments/{intent_id}")

    def ledger(self, page: Page) -> None:
        """Open the accounts and what moved between them."""
        shop = self._shop()
        self._sell(shop)
        self._signed_in(page, shop, "/ledger")

    def trail(self, page: Page) -> None:
        """Open the trail of what was changed."""
        shop = self._shop()
        self._sell(shop)
        self._signed_in(page, shop, "/audit")

    def links(self, page: Page) -> None:
        """Open a payment link with its address as a QR code."""
        shop = self._shop()
        price = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "A dozen roses"}}
        line = {"price_data": price, "quantity": 1}
        link = shop.till.post("/v1/payment_links", {"line_items": [line]})
        self._signed_in(page, shop, f"/payment-links/{link['id']}")

    def _shop(self) -> Shop:
        return open_shop(self.till.app, name="Rosie's Roses")

    def _sell(self, shop: Shop) -> str:
        """Take the payments; returns the id of one that was refunded in part."""
        last = ""
        for amount, currency, token, address in PAYMENTS:
            given = {
                "amount": amount, "currency": currency, "payment_method": f"pm_card_{token}", "confirm": True,
                "payment_method_types": ["card"], "receipt_email": address, "description": "Roses",
            }  # fmt: skip
            # Not by the till, which takes a decline for a fault.
            answer = shop.till.client.post(
                "/v1/payment_intents", data=dict(flat(given)), headers=shop.till.headers
            )
            last = answer.get_json().get("id", last)
        shop.till.post("/v1/refunds", {"payment_intent": last, "amount": REFUNDED})
        return last

    def _signed_in(self, page: Page, shop: Shop, path: str) -> None:
        base_url = self.till.app.config["FLORIN"].public_url
        page.goto(f"{base_url}/dashboard{path}")
        page.fill("input[name=email]", shop.email)
        page.fill("input[name=password]", PASSWORD)
        page.click("button:has-text('Sign in')")
        page.wait_for_url(f"**/dashboard{path}")
