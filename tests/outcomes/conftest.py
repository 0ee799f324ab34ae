"""A merchant for each test of the outcomes, and sessions that offer enough methods to come to each."""

from typing import Any

import pytest
from flask import Flask

from payments.charging.methods import CARD
from payments.hosted.outcomes import OUTCOMES, REDIRECT, Outcome
from tests.support.buyer import Till
from tests.support.factories import create_merchant

HELPER = "/v1/test_helpers/checkout/sessions/{}/complete"


@pytest.fixture
def till(app: Flask) -> Till:
    """A merchant of the test's own."""
    _, secret_key = create_merchant(app, "Rosie's Roses")
    return Till(app, secret_key)


def line(amount: int, currency: str) -> list[dict[str, Any]]:
    """One line item."""
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Field guide"}}
    return [{"quantity": 1, "price_data": price}]


def in_euros(till: Till, **more: Any) -> dict[str, Any]:
    """A session that offers a card, redirects and a debit."""
    return till.open_session(line_items=line(4900, "eur"), **more)


def complete(till: Till, session_id: str, outcome: str, **more: Any) -> dict[str, Any]:
    """Ask for an outcome; anything but a 200 fails the test."""
    return till.post(HELPER.format(session_id), {"outcome": outcome, "expand": ["payment_intent"], **more})


def standing(told: dict[str, Any]) -> tuple[str, str, str | None]:
    """How a session stands, its payment included."""
    intent = told["payment_intent"]
    return told["status"], told["payment_status"], intent["status"] if intent else None


def error_of(told: dict[str, Any]) -> str | None:
    """What the last try was refused with, in its most telling word."""
    error = (told["payment_intent"] or {}).get("last_payment_error") or {}
    code: str | None = error.get("decline_code") or error.get("code")
    return code


# Each outcome with the first method of each family that leads to it, in euros; and every redirect by hand.
WAYS: list[tuple[Outcome, str | None]] = [
    (outcome, {CARD: CARD, REDIRECT: "ideal"}.get(family, "sepa_debit"))
    for outcome in OUTCOMES
    for family in outcome.ways
] + [(OUTCOMES[-1], None)]
NAMED = [f"{outcome.name}-{method}" for outcome, method in WAYS]
