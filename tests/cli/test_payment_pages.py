"""/v1/payment_pages: a session is paid by API under the very rules of its page."""

from typing import Any

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cli.devices import told
from tests.support.desk import Shop, open_shop

EMAIL = {"billing_details[email]": "jenny@example.com", "billing_details[name]": "Jenny Rosen"}
LINE = {
    "quantity": 2,
    "price_data": {"currency": "usd", "unit_amount": 1500, "product_data": {"name": "T-shirt"}},
}


@pytest.fixture
def order(sdk: stripe.StripeClient) -> str:
    """A session over 30 dollars."""
    given: Any = {"mode": "payment", "line_items": [LINE], "success_url": "https://shop.example/thanks"}
    session = sdk.v1.checkout.sessions.create(given)
    return session.id


class Page:
    """The path as the CLI uses it, with a merchant's key."""

    def __init__(self, client: FlaskClient, secret_key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {secret_key}"}

    def look(self, order: str, **query: str) -> TestResponse:
        return self._client.get(f"/v1/payment_pages/{order}", query_string=query, headers=self._headers)

    def method(self, token: str = "tok_visa", **changed: str) -> str:
        form = {"type": "card", "card[token]": token, **EMAIL, **changed}
        answer = self._client.post("/v1/payment_methods", data=form, headers=self._headers)
        return str(told(answer)["id"])

    def confirm(self, order: str, **form: Any) -> TestResponse:
        return self._client.post(f"/v1/payment_pages/{order}/confirm", data=form, headers=self._headers)


@pytest.fixture
def page(client: FlaskClient, shop: Shop) -> Page:
    return Page(client, shop.secret_key)


def types(sdk: stripe.StripeClient) -> set[str]:
    return {event.type for event in sdk.v1.events.list({"limit": 100}).data}


def test_a_session_is_paid_and_complete(page: Page, order: str, sdk: stripe.StripeClient) -> None:
    assert told(page.look(order))["id"] == order
    answer = page.confirm(order, payment_method=page.method(), expected_amount="3000")
    assert answer.status_code == 200, answer.text
    assert (told(answer)["status"], told(answer)["payment_status"]) == ("complete", "paid")
    assert told(answer)["customer_details"]["email"] == "jenny@example.com"
    assert {"checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"} <= types(sdk)
    again = page.confirm(order, payment_method=page.method())
    assert again.status_code == 400


def test_the_amount_that_was_shown_is_the_amount_that_is_paid(page: Page, order: str) -> None:
    answer = page.confirm(order, payment_method=page.method(), expected_amount="2999")
    assert answer.status_code == 400
    assert told(answer)["error"]["code"] == "checkout_amount_mismatch"
    assert told(answer)["error"]["param"] == "expected_amount"
    assert told(page.look(order))["status"] == "open"


def test_a_decline_is_told_as_one_and_the_session_stays_open(page: Page, order: str) -> None:
    answer = page.confirm(order, payment_method=page.method("tok_chargeDeclinedInsufficientFunds"))
    assert (answer.status_code, told(answer)["error"]["decline_code"]) == (402, "insufficient_funds")
    assert told(page.look(order))["status"] == "open"
    assert page.confirm(order, payment_method=page.method()).status_code == 200


def test_a_method_may_come_with_the_request(page: Page, order: str) -> None:
    data = {"type": "card", "card[token]": "tok_visa", **EMAIL}
    form = {
        f"payment_method_data[{name.partition('[')[0]}]" + "".join(name.partition("[")[1:]): value
        for name, value in data.items()
    }
    assert told(page.confirm(order, **form))["status"] == "complete"


def test_what_is_missing_or_foreign_is_refused_by_name(app: Flask, page: Page, order: str) -> None:
    assert told(page.confirm(order))["error"]["param"] == "payment_method"
    nameless = page.method(**{"billing_details[email]": ""})
    assert "email" in told(page.confirm(order, payment_method=nameless))["error"]["message"]
    stranger = open_shop(app)
    assert told(page.look(order, key=stranger.secret_key))["error"]["param"] == "key"
    assert Page(app.test_client(), stranger.secret_key).look(order).status_code == 404
    assert page.look("cs_test_absent").status_code == 404


def test_a_session_that_keeps_a_card_is_not_paid(page: Page, sdk: stripe.StripeClient) -> None:
    given: Any = {"mode": "setup", "success_url": "https://shop.example/kept", "currency": "usd"}
    session = sdk.v1.checkout.sessions.create(given)
    refused = page.confirm(session.id, payment_method=page.method())
    assert refused.status_code == 400
    assert "keeps a card" in refused.text
    assert sdk.v1.checkout.sessions.retrieve(session.id).status == "open"
