"""What the bank answers when a request itself is wrong; a decline is no error but an answer."""

from typing import Any


class BankError(Exception):
    """Carries its HTTP status and code. Its message never repeats a value that the caller sent."""

    status = 400
    code = "invalid_request"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def as_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}


class InvalidRequest(BankError):
    pass


class Unauthorized(BankError):
    status = 401
    code = "unauthorized"


class NotFound(BankError):
    status = 404
    code = "not_found"


class ReferenceReused(BankError):
    status = 409
    code = "reference_reused"


class Unavailable(BankError):
    status = 503
    code = "unavailable"
