"""Payments that are left to their customers at the issuer, and how the customers come back from there."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import stripe

from kit import database
from payments import notices
from payments.charging.attempts import Attempt
from tests.payments.conftest import Shop
from tests.support.cardholder import Cardholder

SHOP = "https://shop.example/done?order=6735"
CHALLENGED = "pm_card_authenticationRequired"
DISTANT_SECONDS = 40 * 60


def challenged(shop: Shop, token: str = CHALLENGED, **more: Any) -> tuple[stripe.PaymentIntent, Cardholder]:
    """A payment that is left to its customer."""
    intent = shop.pay(payment_method=token, return_url=SHOP, **more)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == SHOP
    return intent, Cardholder(str(intent.next_action.redirect_to_url.url))


def come_back(shop: Shop, address: str) -> Any:
    """Follow the way back, and again where the bank was too busy to tell how the payment stands."""
    deadline = time.monotonic() + 30
    while True:
        response = shop.house.test_client().get(address)
        if "redirect_status=pending" not in response.headers.get("Location", ""):
            return response
        assert time.monotonic() < deadline, "the bank never told how the payment stands"


def told(location: str) -> dict[str, str]:
    """What the merchant's own page learns from its query."""
    assert location.startswith(SHOP)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def advance_the_banks_clock(shop: Shop, seconds: int) -> None:
    headers = {"Authorization": f"Bearer {shop.bank.secret}"}
    moved = requests.post(
        f"{shop.bank.url}/v1/clock", json={"advance_seconds": seconds}, headers=headers, timeout=20
    )
    assert moved.status_code == 200, moved.text


def settled_by_notice(shop: Shop, attempt_id: str) -> str:
    with shop.house.app_context():
        attempt = database.db.session.get(Attempt, attempt_id)
        assert attempt is not None
        notices.HANDLERS["authorization.updated"](attempt.acquirer, attempt_id)
        database.commit()
        status = attempt.status
        database.rollback()
    return status
