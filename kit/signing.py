"""Stripe's webhook signature: HMAC-SHA-256 over the time and the raw body.

The scheme is that of docs.stripe.com/webhooks#verify-manually: `t=<seconds>,v1=<hex>[,v1=<hex>]`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

TOLERANCE_SECONDS = 300


def signature_header(body: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """Return the value of `Stripe-Signature`: one `v1` for each secret, so a rolled one still verifies."""
    signatures = ",".join(f"v1={_signature(body, secret, timestamp)}" for secret in secrets)
    return f"t={timestamp},{signatures}"


def verifies(
    header: str, body: bytes, secret: str, *, now: int, tolerance_seconds: int = TOLERANCE_SECONDS
) -> bool:
    """Tell whether a `Stripe-Signature` header was made with `secret` over `body`, and not long ago."""
    timestamps: list[str] = []
    signatures: list[bytes] = []
    for item in header.split(","):
        name, _, value = item.strip().partition("=")
        if name == "t":
            timestamps.append(value)
        elif name == "v1":
            signatures.append(value.encode(errors="replace"))
    if len(timestamps) != 1 or not re.fullmatch("[0-9]{1,12}", timestamps[0]):
        return False
    timestamp = int(timestamps[0])
    if abs(now - timestamp) > tolerance_seconds:
        return False
    expected = _signature(body, secret, timestamp).encode()
    # compare_digest refuses text beyond ASCII, so bytes are compared.
    return any(hmac.compare_digest(expected, signature) for signature in signatures)


def _signature(body: bytes, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
