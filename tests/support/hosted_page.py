"""What the hosted page's tests share: a session to pay, the words typed into it, the money that moved."""

from typing import Any

import stripe
from playwright.sync_api import Page

GOOD_CARD = "4242424242424242"
INSUFFICIENT_FUNDS = "4000000000009995"
TYPED = {
    "email": "asha@example.com",
    "cardNumber": GOOD_CARD,
    "cardExpiry": "04 / 40",
    "cardCvc": "123",
    "billingName": "Asha Rao",
    "billingCountry": "IN",
    "billingPostalCode": "560001",
}


def session_params(shop_url: str, **overrides: Any) -> dict[str, Any]:
    """Two line items worth ₹499.00 and a shop to come back to; None leaves a parameter out."""
    params = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "inr",
                    "unit_amount": 29900,
                    "product_data": {
                        "name": "Marigold field guide",
                        "description": "Hardcover, second edition",
                    },
                },
            },
            {
                "quantity": 4,
                "price_data": {
                    "currency": "inr",
                    "unit_amount": 5000,
                    "product_data": {"name": "Seed paper postcards"},
                },
            },
        ],
        "success_url": f"{shop_url}/thanks?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{shop_url}/cart",
        **overrides,
    }
    return {name: value for name, value in params.items() if value is not None}


def stripe_client(secret_key: str, base_url: str) -> stripe.StripeClient:
    """The stock SDK, pointed at Florin."""
    return stripe.StripeClient(secret_key, base_addresses={"api": base_url})


def fill(page: Page, **overrides: str) -> None:
    """Type a buyer's details into the page; an override of '' leaves that field as it is."""
    for name, text in (TYPED | overrides).items():
        if not text:
            continue
        if name == "billingCountry":
            page.select_option(f"#{name}", text)
        else:
            page.fill(f"#{name}", text)


def press_pay(page: Page) -> None:
    """Press the button whatever it says."""
    page.click("button[type=submit]")


def succeeded_charges(client: stripe.StripeClient, session_id: str) -> list[stripe.Charge]:
    """The charges that took money for a session: what "paid once" is measured by."""
    session = client.v1.checkout.sessions.retrieve(session_id)
    assert isinstance(session.payment_intent, str)
    charges = client.v1.charges.list({"payment_intent": session.payment_intent})
    return [charge for charge in charges.data if charge.status == "succeeded"]
