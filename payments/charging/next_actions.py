"""What the customer has to do before a payment can go on, as `next_action` tells it."""

from typing import Any

from payments import bank
from payments.charging.attempts import Attempt


def next_action(attempt: Attempt, challenge: bank.ChallengeRequired) -> dict[str, Any]:
    """Return the redirect to the bank's page; its `return_url` is the merchant's own."""
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": attempt.return_url, "url": challenge.url},
    }
