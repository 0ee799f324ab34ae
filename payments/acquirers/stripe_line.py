"""The line to Stripe: the official SDK over our own HTTP client, with one deadline for each question.

The SDK's own clients time out anew with every read, and keep their settings in the module. Here each
acquirer has a StripeClient of its own, nothing is ever repeated by the SDK, and nothing is measured for it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import stripe

from kit import http
from kit.deadline import now_seconds

# What the SDK would tell of our machine: its platform, a lasting id, how long earlier requests took.
TELLTALE = frozenset(("x-stripe-client-user-agent", "x-stripe-client-telemetry"))

_deadline: ContextVar[float | None] = ContextVar("deadline_of_a_question_to_stripe", default=None)


class LineFailed(stripe.APIConnectionError):
    """No answer, or none that can be read; `sent` tells whether Stripe may have received the request."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)  # type: ignore[no-untyped-call]
        self.sent = sent


class Line(stripe.HTTPClient):
    """What the SDK sends its requests through."""

    name = "florin"

    def __init__(self, client: http.Client, timeout_seconds: float) -> None:
        super().__init__()
        self._client = client
        self._timeout_seconds = timeout_seconds

    @contextmanager
    def question(self) -> Iterator[None]:
        """Give all requests within the block one deadline together; an inner block has the outer one's."""
        if _deadline.get() is not None:
            yield
            return
        token = _deadline.set(now_seconds() + self._timeout_seconds)
        try:
            yield
        finally:
            _deadline.reset(token)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Make one request and at most one; raises LineFailed."""
        left = self.seconds_left()
        if left <= 0:
            raise LineFailed("timeout: no time was left", sent=False)
        kept = {name: value for name, value in (headers or {}).items() if name.lower() not in TELLTALE}
        body = post_data.encode() if isinstance(post_data, str) else post_data
        reply = self._client.request(method.upper(), url, body=body, headers=kept, timeout_seconds=left)
        match reply:
            case http.Failure():
                raise LineFailed(f"{reply.kind}: {reply.detail}", sent=reply.sent)
            case http.Response(truncated=True):
                raise LineFailed("the answer is longer than any of Stripe's", sent=True)
        try:
            return reply.body.decode(), reply.status, reply.headers
        except UnicodeDecodeError:
            raise LineFailed("the answer is not text", sent=True) from None

    def seconds_left(self) -> float:
        """Return the time that the present question still has."""
        deadline = _deadline.get()
        return self._timeout_seconds if deadline is None else deadline - now_seconds()

    def close(self) -> None:
        """Close the idle connections."""
        self._client.close()


def client_of(line: Line, *, secret_key: str, api_base: str) -> stripe.StripeClient:
    """Return the SDK for one account at one address; all of the SDK's addresses are that one."""
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base, "connect": api_base, "files": api_base, "meter_events": api_base},
        http_client=line,
        max_network_retries=0,
    )
