"""A merchant at the dashboard without a browser: signs in, opens pages, presses buttons."""

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from acquiring import terms
from kit import database
from kit.database import db
from kit.ids import random_text
from payments.audit import AuditRow
from payments.merchants import ApiKey, KeyKind, User
from payments.opening import open_merchant
from tests.support.buyer import Till

PASSWORD = "correct horse battery staple"
# Each desk has an address of its own, since failed logins are counted by address. RFC 5737's second block.
_addresses = (f"198.51.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))


class _Reader(HTMLParser):
    """Reads forms, links, visible words, and what no page may hold out of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.inline: list[str] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "iframe") or any(name == "style" or name[:2] == "on" for name in given):
            self.inline.append(tag)
        if tag == "form":
            self.forms.append((given["action"], {}))
        elif tag in ("input", "textarea") and self.forms:
            self.forms[-1][1][given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
            self.forms[-1][1][self._select] = ""
        elif tag == "option" and "selected" in given:
            self.forms[-1][1][self._select] = given["value"]
        elif tag == "a":
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


@dataclass
class Sight:
    """One answer as the merchant sees it."""

    response: TestResponse
    status: int
    html: str = field(repr=False)
    text: str = field(repr=False)
    forms: dict[str, dict[str, str]] = field(repr=False)
    links: list[str] = field(repr=False)
    inline: list[str] = field(repr=False)

    @property
    def leads_to(self) -> str:
        return self.response.headers.get("Location", "")


def read(response: TestResponse) -> Sight:
    """Read an answer."""
    html = response.get_data(as_text=True)
    reader = _Reader(html)
    text = " ".join(word for word in reader.words if word)
    forms = dict(reversed(reader.forms))  # the first of several with the same action
    return Sight(response, response.status_code, html, text, forms, reader.links, reader.inline)


class Desk:
    """One browser's worth of cookies, at the dashboard of one merchant."""

    def __init__(self, app: Flask, email: str, password: str = PASSWORD) -> None:
        self.app = app
        self.email, self.password = email, password
        self.address = next(_addresses)
        self.client = app.test_client()

    def open(self, path: str, **kwargs: Any) -> Sight:
        """Load a page."""
        environ = {"REMOTE_ADDR": self.address}
        return read(self.client.get(path, environ_overrides=environ, **kwargs))

    def post(self, path: str, data: dict[str, str]) -> Sight:
        """Send whatever is given."""
        return read(self.client.post(path, data=data, environ_overrides={"REMOTE_ADDR": self.address}))

    def press(self, sight: Sight, action: str, **typed: str) -> Sight:
        """Fill in and send the form of a page that goes to an address."""
        return self.post(action, sight.forms[action] | typed)

    def follow(self, sight: Sight) -> Sight:
        """Go where an answer leads, which is always in this house."""
        assert sight.status == 303, sight.text
        parts = urlsplit(sight.leads_to)
        assert not parts.netloc
        return self.open(sight.leads_to)

    def try_password(self, password: str, email: str | None = None) -> Sight:
        """Open the login page and send it."""
        page = self.open("/dashboard/login")
        return self.press(page, "/dashboard/login", email=email or self.email, password=password)

    def sign_in(self) -> Sight:
        """Sign in with the right password; returns the page that one lands on."""
        return self.follow(self.try_password(self.password))


@dataclass(frozen=True)
class Shop:
    """A merchant with a user, a secret key and a till."""

    app: Flask
    account_id: str
    user_id: str
    email: str
    secret_key: str
    key_id: str
    till: Till

    def desk(self) -> Desk:
        """A browser that has signed in."""
        desk = Desk(self.app, self.email)
        desk.sign_in()
        return desk

    def pay(self, amount: int = 4900, currency: str = "usd", token: str = "tok_visa") -> dict[str, Any]:
        """Take a payment by API."""
        method = {"type": "card", "card": {"token": token}, "billing_details": {"email": "asha@example.com"}}
        given = {
            "amount": amount,
            "currency": currency,
            "confirm": True,
            "payment_method_data": method,
        }
        return self.till.post("/v1/payment_intents", given)

    def audited(self, action: str, *, livemode: bool = False) -> list[AuditRow]:
        """The account's audit rows of one action, oldest first."""
        with self.app.app_context():
            query = select(AuditRow).where(
                AuditRow.account_id == self.account_id,
                AuditRow.action == action,
                AuditRow.livemode == livemode,
            )
            return list(db.session.scalars(query.order_by(AuditRow.seq)))


def open_shop(app: Flask, name: str = "Rosie's Roses") -> Shop:
    """Make a merchant of its own, with someone who may sign in."""
    email = f"{random_text(12).lower()}@example.com"
    with app.app_context():
        merchant = open_merchant(name, terms(app.config["FLORIN"]))
        user = User.register(merchant, email, PASSWORD)
        key, secret_key = ApiKey.issue(merchant.id, KeyKind.SECRET, livemode=False)
        database.commit()
        return Shop(app, merchant.id, user.id, email, secret_key, key.id, Till(app, secret_key))
