"""The official stripe package against the app in this process: all but the socket is the real thing."""

from collections.abc import Mapping
from contextvars import Context
from typing import Any
from urllib.parse import urlsplit

import stripe
from flask import Flask

BASE = "http://florin.test"


class InProcess(stripe.HTTPClient):
    """Hands the SDK's requests to Flask's test client."""

    name = "in_process"

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._client = app.test_client(use_cookies=False)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        # A context of its own, as every request of a real server has: a request that a test makes while
        # another one runs must not share the other one's app context, and with it its database session.
        answer = Context().run(
            self._client.open,
            path=parts.path,
            query_string=parts.query,
            method=method.upper(),
            headers=dict(headers or {}),
            data=post_data or b"",
        )
        # The SDK looks headers up by their lower-case names, as its own clients hand them over.
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return answer.get_data(as_text=True), answer.status_code, lowered

    def close(self) -> None:
        """There is no connection to close."""


def stripe_client(app: Flask, api_key: str | None, **options: Any) -> stripe.StripeClient:
    """The SDK as a merchant has it, except that it never sends a request twice by itself."""
    given: dict[str, Any] = {
        "http_client": InProcess(app),
        "base_addresses": {"api": BASE},
        "max_network_retries": 0,
        **options,
    }
    return stripe.StripeClient(api_key or "sk_test_none", **given)
