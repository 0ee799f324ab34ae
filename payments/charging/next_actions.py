"""What the customer has to do before a payment can go on, as `next_action` tells it."""

from collections.abc import Callable
from typing import Any

from payments import bank
from payments.charging.attempts import Attempt
from payments.charging.methods.upi import UPI

Action = dict[str, Any]


def next_action(attempt: Attempt, method_type: str, challenge: bank.ChallengeRequired) -> Action:
    """Return the redirect to the bank's page, and what a type tells beside it."""
    action = {
        "type": "redirect_to_url",
        # Where the bank sends the customer is ours to know; `return_url` is the merchant's own.
        "redirect_to_url": {"return_url": attempt.return_url, "url": challenge.url},
    }
    tells = MORE.get(method_type)
    return action | tells(challenge) if tells else action


def _qr_code(challenge: bank.ChallengeRequired) -> Action:
    """Return Stripe's action for UPI; a client that only redirects finds `redirect_to_url` all the same."""
    kind = "upi_handle_redirect_or_display_qr_code"
    code = {
        "expires_at": challenge.expires_at,
        "image_url_png": f"{challenge.url}/qr.png",
        "image_url_svg": f"{challenge.url}/qr.svg",
    }
    return {"type": kind, kind: {"hosted_instructions_url": challenge.url, "qr_code": code}}


MORE: dict[str, Callable[[bank.ChallengeRequired], Action]] = {UPI.type: _qr_code}
