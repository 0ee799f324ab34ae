"""What goes back over the wire for an operation: the status, the body and Stripe's headers."""

from dataclasses import dataclass

from merchant_api import gate
from merchant_api.asked import Asked


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answered(
    request: Asked, request_id: str, version: str, status: int, body: bytes, *, replayed: bool = False
) -> Answer:
    """Return the answer to a request; `version` is empty where none has been negotiated yet."""
    told = [("Content-Type", "application/json"), ("Request-Id", request_id)]
    if version:
        told.append(("Stripe-Version", version))
    key = request.header(gate.IDEMPOTENCY_KEY)
    if key is not None:
        told.append(("Idempotency-Key", key))
    if status == 401:
        told.append(("WWW-Authenticate", 'Basic realm="Stripe"'))
    if status in (409, 429) or status >= 500:
        # Asking again for an answer that is replayed brings nothing new; after a failure in mid-payment, a
        # request without a key could pay twice.
        keyless = status >= 500 and key is None and request.method == "POST"
        told.append(("Stripe-Should-Retry", "false" if replayed or keyless else "true"))
    if replayed:
        told.append(("Idempotent-Replayed", "true"))
    return Answer(status, told, body)
