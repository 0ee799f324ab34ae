"""Sixteen callers at the same moment, against a real server and the real bank, on each database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest
import stripe
from flask import Flask

from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree
from tests.support.factories import create_merchant

CALLERS = 16
# What a caller may be told that came too late or at the same moment.
LOST = frozenset((400, 409, 429))

T = TypeVar("T")


@dataclass(frozen=True)
class Outcomes(Generic[T]):
    """What became of the callers: the answers of those who won, the errors of those who lost."""

    won: list[T]
    lost: list[stripe.StripeError]

    def codes(self) -> set[str | None]:
        return {error.error.code if error.error else None for error in self.lost}


def at_once(act: Callable[[int], T], callers: int = CALLERS) -> Outcomes[T]:
    """Let all callers go at the same moment; an error that is no answer to a late comer fails the test."""
    start = threading.Barrier(callers)

    def call(number: int) -> T | stripe.StripeError:
        start.wait(30)
        try:
            return act(number)
        except stripe.StripeError as error:
            return error

    with ThreadPoolExecutor(callers) as pool:
        told = list(pool.map(call, range(callers)))
    lost = [outcome for outcome in told if isinstance(outcome, stripe.StripeError)]
    assert all(error.http_status in LOST for error in lost), [repr(error) for error in lost]
    return Outcomes([outcome for outcome in told if not isinstance(outcome, stripe.StripeError)], lost)


def patiently(act: Callable[[], T]) -> T:
    """Ask again for as long as the object is only busy, as the SDK does by itself."""
    while True:
        try:
            return act()
        except stripe.RateLimitError:
            continue


@dataclass(frozen=True)
class Shop:
    """A merchant of the test's own at a real server."""

    app: Flask
    bank: Bank
    base_url: str
    account_id: str
    secret_key: str
    sdk: stripe.StripeClient

    def pay(self, **overrides: Any) -> stripe.PaymentIntent:
        given = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        return self.sdk.v1.payment_intents.create({**given, **overrides})  # type: ignore[typeddict-item]

    def charges(self, intent_id: str) -> list[stripe.Charge]:
        """The charges of an intent that took or hold money."""
        charges = self.sdk.v1.charges.list({"payment_intent": intent_id, "limit": 100}).data
        return [charge for charge in charges if charge.status == "succeeded"]

    def check_books(self) -> None:
        assert_the_books_agree(self.app, self.bank, self.account_id)


@pytest.fixture(scope="session")
def app(served: Flask) -> Flask:
    """The house that is served, inside this process."""
    return served


@pytest.fixture
def shop(app: Flask, bank: Bank, gateway: str) -> Shop:
    merchant, secret_key = create_merchant(app)
    sdk = stripe.StripeClient(secret_key, base_addresses={"api": gateway}, max_network_retries=0)
    return Shop(app, bank, gateway, merchant.id, secret_key, sdk)
