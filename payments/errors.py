"""Errors that carry their own status, type and code; one handler renders them (Stripe's error reference)."""

from typing import Any, ClassVar


class StripeError(Exception):
    """What a caller is told in Stripe's error shape; `extra` holds further keys such as `payment_intent`."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "api_error"
    should_retry: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        extra: dict[str, Any] | None = None,
        keep: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.decline_code = decline_code
        self.extra = extra or {}
        self.keep = keep  # True where what was collected must be committed all the same, as after a decline

    def as_stripe(self) -> dict[str, Any]:
        """Return the error object's own keys; the wire's edge adds the request log's address."""
        body: dict[str, Any] = {
            "type": self.type,
            "code": self.code,
            "param": self.param,
            "message": self.message,
        }
        if self.decline_code:
            body["decline_code"] = self.decline_code
        if self.code:
            body["doc_url"] = f"https://docs.stripe.com/error-codes#{self.code.replace('_', '-')}"
        return body | self.extra


class InvalidRequest(StripeError):
    """The request can't be carried out as it stands."""

    status = 400
    type = "invalid_request_error"


class NotFound(InvalidRequest):
    """No such object for this account and mode."""

    status = 404

    def __init__(self, object_name: str, object_id: str, *, param: str = "id", hint: str = "") -> None:
        super().__init__(f"No such {object_name}: '{object_id}'{hint}", code="resource_missing", param=param)
        self.object_id = object_id


class UnrecognizedUrl(InvalidRequest):
    """No operation has this method and path."""

    status = 404


class CardError(StripeError):
    """The bank or the card's own data refused the payment."""

    status = 402
    type = "card_error"


class AuthenticationError(InvalidRequest):
    """The API key is missing, wrong or expired."""

    status = 401


class PermissionDenied(InvalidRequest):
    """The key is good, yet may not do this."""

    status = 403


class IdempotencyError(StripeError):
    """An idempotency key came back with other parameters."""

    status = 400
    type = "idempotency_error"


class KeyInUse(StripeError):
    """A request with the same idempotency key is still running."""

    status = 409
    type = "idempotency_error"
    should_retry = True


class LockTimeout(InvalidRequest):
    """Another request is changing the same object right now."""

    status = 429
    should_retry = True

    def __init__(self) -> None:
        super().__init__(
            "This object cannot be accessed right now because another API request is currently accessing it.",
            code="lock_timeout",
        )


class RateLimited(InvalidRequest):
    """Too many requests in a short time."""

    status = 429
    should_retry = True
    retry_after_seconds: int | None = None


class ApiError(StripeError):
    """Florin itself failed; the caller may repeat the request."""
