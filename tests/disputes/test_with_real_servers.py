"""A dispute from the holder to the merchant's webhook and back, through real processes and sockets alone."""

import time
from collections.abc import Callable

import pytest
import stripe

from tests.disputes.support import SOON, Shop

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 150.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)


def test_a_dispute_comes_by_itself_and_is_won(shop: Shop, gateway: str) -> None:
    """No test runs a job here: bank and gateway do it all, once it is later at the bank."""
    sdk = stripe.StripeClient(shop.secret_key, base_addresses={"api": gateway})
    intent = sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": "pm_card_createDispute", "confirm": True}
    )

    shop.advance(SOON)

    def disputes() -> list[stripe.Dispute]:
        return sdk.v1.disputes.list({"payment_intent": intent.id}).data

    wait_until(lambda: bool(disputes()), "the dispute has come")
    (dispute,) = disputes()
    assert dispute.status == "needs_response"
    sdk.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    wait_until(lambda: disputes()[0].status == "won", "the dispute is won")
    types = [event.type for event in sdk.v1.events.list({"type": "charge.dispute.*", "limit": 100}).data]
    assert types == [
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
    ]
    shop.check_books()
