"""The signatures of webhooks, each an HMAC-SHA-256: Stripe's, and that of Standard Webhooks.

Stripe's scheme is that of docs.stripe.com/webhooks#verify-manually: `t=<seconds>,v1=<hex>[,v1=<hex>]` over
the time and the raw body, keyed with the secret's own text. The other one (standardwebhooks.com) is over the
message's id as well, keyed with the bytes that the secret's text behind `whsec_` stands for in base64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence

TOLERANCE_SECONDS = 300
SECRET_PREFIX = "whsec_"  # noqa: S105 - how all of them begin


def signature_header(body: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """Return the value of `Stripe-Signature`: one `v1` for each secret, so a rolled one still verifies."""
    signatures = ",".join(f"v1={_signature(body, secret, timestamp)}" for secret in secrets)
    return f"t={timestamp},{signatures}"


def standard_headers(message_id: str, body: bytes, secrets: Sequence[str], timestamp: int) -> dict[str, str]:
    """Return the three headers of Standard Webhooks; a secret that is no base64 signs nothing in them."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    signatures = [
        "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        for key in map(_standard_key, secrets)
        if key is not None
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _standard_key(secret: str) -> bytes | None:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        return None


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
    return hmac.digest(secret.encode(), b"%d." % timestamp + body, "sha256").hex()
