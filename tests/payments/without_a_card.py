"""What the tests of payments without a card share: how one is asked for, and the bank's time and notices."""

from typing import Any

import requests
import stripe

from kit import database
from payments import notices
from tests.payments.conftest import Shop
from tests.support.payer import Payer

SHOP = "https://shop.example/done"
BILLING = {"name": "Jenny Rosen", "email": "jenny@example.com", "address": {"country": "DE"}}
CURRENCIES = {"upi": "inr", "x_netbanking": "inr", "amazon_pay": "usd", "klarna": "eur", "ideal": "eur"}
IBAN, REFUSED_IBAN = "DE89370400440532013000", "DE62370400440532013001"
DAY_SECONDS = 86_400


def pay_by(shop: Shop, method: str, **more: Any) -> stripe.PaymentIntent:
    data = {"type": method, "billing_details": BILLING, **more.pop("data", {})}
    given = {
        "amount": 49900,
        "currency": CURRENCIES.get(method, "eur"),
        "confirm": True,
        "payment_method_data": data,
        "return_url": SHOP,
        **more,
    }
    return shop.sdk.v1.payment_intents.create(given)  # type: ignore[arg-type]


def at_the_bank(intent: stripe.PaymentIntent) -> Payer:
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    return Payer(str(intent.next_action.redirect_to_url.url))


def debit(shop: Shop, iban: str, **more: Any) -> stripe.PaymentIntent:
    return pay_by(shop, "sepa_debit", data={"sepa_debit": {"iban": iban}}, **more)


def time_passes(shop: Shop, seconds: int) -> None:
    headers = {"Authorization": f"Bearer {shop.bank.secret}"}
    moved = requests.post(
        f"{shop.bank.url}/v1/clock", json={"advance_seconds": seconds}, headers=headers, timeout=20
    )
    assert moved.status_code == 200, moved.text


def notice(shop: Shop) -> None:
    """The bank's word that something has moved, about every payment of the shop, twice."""
    for attempt in shop.attempts() * 2:
        with shop.house.app_context():
            notices.HANDLERS["authorization.updated"](attempt.acquirer, attempt.id)
            database.commit()


def charge_of(shop: Shop, intent_id: str) -> stripe.Charge:
    intent = shop.sdk.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
    assert isinstance(intent.latest_charge, stripe.Charge)
    return intent.latest_charge
