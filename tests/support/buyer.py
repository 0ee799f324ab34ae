"""A buyer without a browser: opens the hosted page with Flask's client, types, presses the button."""

from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.hosted_page import TYPED, session_params

SHOP = "https://shop.example"


class _Reader(HTMLParser):
    """Reads inputs, the chosen country, links and visible words out of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._select: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.values[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given and self._select:
            self.values[self._select] = given["value"]
        elif tag == "a" and "id" in given:
            self.links[given["id"]] = given["href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


@dataclass
class Seen:
    """One answer as the buyer sees it; it is taken apart when somebody asks for more than its source."""

    response: TestResponse
    status: int
    html: str

    @cached_property
    def _read(self) -> _Reader:
        return _Reader(self.html)

    @cached_property
    def text(self) -> str:
        return " ".join(word for word in self._read.words if word)

    @property
    def values(self) -> dict[str, str]:
        return self._read.values

    @property
    def links(self) -> dict[str, str]:
        return self._read.links

    @property
    def tags(self) -> list[tuple[str, dict[str, str]]]:
        return self._read.tags

    @property
    def refresh(self) -> str | None:
        """The address that the page goes on to by itself."""
        for tag, given in self.tags:
            if tag == "meta" and given.get("http-equiv") == "refresh":
                return given["content"].partition("url=")[2]
        return None

    @property
    def takes_a_card(self) -> bool:
        return "cardNumber" in self.values


def look(response: TestResponse) -> Seen:
    """Read an answer."""
    return Seen(response, response.status_code, response.get_data(as_text=True))


class Buyer:
    """One browser's worth of cookies, at one session's page."""

    def __init__(self, app: Flask, session: dict[str, Any], *, languages: str = "en-IN") -> None:
        self.client: FlaskClient = app.test_client()
        self.session = session
        self.path = f"/c/pay/{session['id']}"
        self.headers = {"Accept-Language": languages}
        self.token = ""

    def open(self, query: str = "") -> Seen:
        """Load the page and keep its CSRF token."""
        seen = look(self.client.get(self.path + query, headers=self.headers))
        self.token = seen.values.get("csrf_token", self.token)
        return seen

    def submit(self, **typed: str) -> Seen:
        """Send the form as typed, with the page's token."""
        return self.send({"csrf_token": self.token, **TYPED, **typed})

    def send(self, data: Any, **kwargs: Any) -> Seen:
        """Post whatever is given."""
        return look(self.client.post(self.path, data=data, headers=self.headers, **kwargs))

    def pay(self, **typed: str) -> Seen:
        """Open the page and pay."""
        self.open()
        return self.submit(**typed)


class Till:
    """A merchant's side of the same app: opens sessions and asks what became of them."""

    def __init__(self, app: Flask, secret_key: str) -> None:
        self.app = app
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret_key}"}

    def open_session(self, **overrides: Any) -> dict[str, Any]:
        """Create a Checkout Session of ₹499.00."""
        return self.post("/v1/checkout/sessions", session_params(SHOP, **overrides))

    def post(self, path: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the API; anything but a 200 fails the test."""
        response = self.client.post(path, data=dict(flat(params or {})), headers=self.headers)
        assert response.status_code == 200, response.get_data(as_text=True)
        answer: dict[str, Any] = response.get_json()
        return answer

    def pay_with(self, token: str, amount: int = 2000) -> dict[str, Any]:
        """Take a payment of dollars by API, with the test card of a token."""
        given = {"amount": amount, "currency": "usd", "payment_method_types": ["card"], "confirm": True}
        return self.post("/v1/payment_intents", {**given, "payment_method": f"pm_card_{token}"})

    def get(self, path: str) -> dict[str, Any]:
        """Read from the API."""
        response = self.client.get(path, headers=self.headers)
        assert response.status_code == 200, response.get_data(as_text=True)
        answer: dict[str, Any] = response.get_json()
        return answer

    def charges_of(self, session_id: str) -> list[dict[str, Any]]:
        """The session's charges, the failed ones too."""
        intent = self.get(f"/v1/checkout/sessions/{session_id}")["payment_intent"]
        charges: list[dict[str, Any]] = (
            self.get(f"/v1/charges?payment_intent={intent}")["data"] if intent else []
        )
        return charges


def flat(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Write nested parameters with brackets, as the SDK does."""
    if isinstance(value, dict):
        pairs = [(f"{prefix}[{key}]" if prefix else str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{prefix}[{place}]", item) for place, item in enumerate(value)]
    else:
        return [(prefix, str(value).lower() if isinstance(value, bool) else str(value))]
    return [pair for key, item in pairs for pair in flat(item, key)]
