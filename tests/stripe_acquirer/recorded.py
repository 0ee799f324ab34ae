"""Stripe's errors as its published error reference shapes them: what arrives, and what it means here."""

from dataclasses import dataclass, field
from typing import Any

from payments.bank import Answer, Declined, Unavailable, Unknown

DOCS = "https://docs.stripe.com/error-codes#"


@dataclass(frozen=True)
class Recorded:
    """One answer of Stripe's to the confirmation of an intent."""

    name: str
    status: int
    error: Any
    means: type[Answer]
    code: str | None = None
    decline_code: str | None = None
    network_decline_code: str | None = None
    advice_code: str | None = None
    asks_again: tuple[str, ...] = field(default=())  # what Florin asks to find the truth

    @property
    def body(self) -> Any:
        return {"error": self.error} if isinstance(self.error, dict) else self.error


def card_error(code: str, decline_code: str | None = None, **more: Any) -> dict[str, Any]:
    """A card_error in full: the intent it is about, and the method with what the network told."""
    error = {
        "advice_code": more.get("advice_code"),
        "charge": "ch_recorded",
        "code": code,
        "decline_code": decline_code,
        "doc_url": DOCS + code.replace("_", "-"),
        "message": "Your card was declined.",
        "network_advice_code": more.get("network_advice_code"),
        "network_decline_code": more.get("network_decline_code"),
        "param": more.get("param"),
        "payment_intent": {
            "id": "pi_recorded",
            "object": "payment_intent",
            "status": "requires_payment_method",
        },
        "payment_method": {
            "id": "pm_recorded",
            "object": "payment_method",
            "card": {
                "brand": "visa",
                "checks": {
                    "address_line1_check": None,
                    "address_postal_code_check": None,
                    "cvc_check": "fail",
                },
                "country": "US",
                "funding": "credit",
                "last4": "0002",
            },
            "type": "card",
        },
        "request_log_url": "https://dashboard.stripe.com/test/logs/req_recorded",
        "type": "card_error",
    }
    return {name: value for name, value in error.items() if value is not None}


def invalid_request(code: str | None, message: str, **more: Any) -> dict[str, Any]:
    return {"type": "invalid_request_error", "message": message, **({"code": code} if code else {}), **more}


def declines(code: str, decline_code: str | None = None, **more: Any) -> Recorded:
    """A decline; the codes have to come through as they are."""
    return Recorded(
        decline_code or code, 402, card_error(code, decline_code, **more), Declined, code, decline_code,
        more.get("network_decline_code"), more.get("advice_code"),
    )  # fmt: skip


CARD_ERRORS = [
    declines("card_declined", "generic_decline", network_decline_code="05"),
    declines("card_declined", "insufficient_funds", network_decline_code="51", advice_code="try_again_later"),
    declines("card_declined", "lost_card", network_decline_code="41", advice_code="do_not_try_again"),
    declines("card_declined", "stolen_card", network_decline_code="43", network_advice_code="03"),
    declines("card_declined", "do_not_honor", advice_code="try_again_later"),
    declines("card_declined", "fraudulent"),
    declines("card_declined", "test_mode_live_card"),
    declines("authentication_required", "authentication_required"),
    declines("expired_card", "expired_card", param="exp_month"),
    declines("incorrect_cvc", "incorrect_cvc", param="cvc"),
    declines("incorrect_number", None, param="number"),
    declines("processing_error", "processing_error", advice_code="try_again_later"),
    Recorded("a bare card error", 402, {"type": "card_error"}, Declined, "card_declined"),
    Recorded(
        "failed authentication",
        402,
        card_error("payment_intent_authentication_failure"),
        Declined,
        "authentication_failed",
    ),
]
NOTHING_DONE = [
    Recorded(
        "rate_limit", 429,
        invalid_request("rate_limit", "Request rate limit exceeded."), Unavailable,
    ),
    Recorded(
        "rate_limit of old", 400,
        invalid_request("rate_limit", "Request rate limit exceeded."), Unavailable,
    ),
    Recorded(
        "authentication", 401,
        invalid_request(None, "Invalid API Key provided: sk_test_****************wxyz"), Unavailable,
    ),
    Recorded(
        "permission", 403,
        invalid_request("more_permissions_required_for_application", "This key may not."), Unavailable,
    ),
]  # fmt: skip
# The intent itself tells; here it was never confirmed, so it is canceled before the payment may fail.
LOOKED_AT = [
    Recorded(
        "parameter_invalid", 400, invalid_request("parameter_unknown", "Received unknown parameter"),
        Unavailable, asks_again=("GET", "POST"),
    ),
    Recorded(
        "resource_missing", 404, invalid_request("resource_missing", "No such intent", param="intent"),
        Unavailable, asks_again=("GET", "POST"),
    ),
    Recorded(
        "payment_intent_unexpected_state", 400,
        invalid_request("payment_intent_unexpected_state", "This PaymentIntent's status is canceled."),
        Unavailable, asks_again=("GET", "POST"),
    ),
]  # fmt: skip
NOBODY_KNOWS = [
    Recorded("api_error", 500, {"type": "api_error", "message": "An unknown error occurred"}, Unknown),
    Recorded("502", 502, b"<html>Bad Gateway</html>", Unknown),
    Recorded("503", 503, {"type": "api_error", "message": "Stripe is unavailable"}, Unknown),
    Recorded(
        "idempotency_error", 400,
        {"type": "idempotency_error", "message": "Keys for idempotent requests can only be used with the "
         "same parameters they were first used with."}, Unknown,
    ),
    Recorded(
        "idempotency_key_in_use", 409,
        {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "In progress."}, Unknown,
    ),
    Recorded(
        "lock_timeout", 429,
        invalid_request("lock_timeout", "This object cannot be accessed right now."), Unknown,
    ),
    Recorded("a redirect", 302, b"", Unknown),
    Recorded("nothing", 200, b"", Unknown),
    Recorded("garbage", 200, b"\xff\xfe\x00garbage", Unknown),
    Recorded("a list", 200, b"[]", Unknown),
    Recorded("a text", 200, b'"paid"', Unknown),
    Recorded("nesting", 200, b"[" * 30_000, Unknown),
    Recorded("an empty hash", 200, b"{}", Unknown),
    Recorded("an unknown status", 200, b'{"object": "payment_intent", "status": "paid_twice"}', Unknown),
    Recorded(
        "an amount that is none", 200,
        b'{"object": "payment_intent", "status": "succeeded", "amount": "2000", "currency": "usd"}', Unknown,
    ),
    Recorded("more than Stripe ever says", 200, b" " * 70_000, Unknown),
]  # fmt: skip
