"""`stripe trigger X`: its calls, with its own bodies, are followed by a new event of exactly that type."""

import re
from typing import Any

import pytest
from flask import Flask

from kit import database
from payments.balance.bank_accounts import BankAccount
from payments.merchants import operator
from payments.scope import acting_as
from seed import BANK_ACCOUNT
from tests.support.bank import Bank, advance
from tests.support.buyer import flat
from tests.support.factories import create_merchant
from tests.triggers.sequences import SEQUENCES, Call
from webhooks import bank_notices

REFERENCE = re.compile(r"\$\{(\w+):([^}]+)\}")
# What the bank alone can start: told by its notice, which a job takes in.
BY_NOTICE = frozenset(
    (
        "charge.dispute.created",
        "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded",
    )
)


def filled(value: Any, answers: dict[str, Any]) -> Any:
    """A path or parameter with the references to earlier answers put in, as the CLI does."""
    if isinstance(value, dict):
        return {key: filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, answers) for item in value]
    if not isinstance(value, str):
        return value
    return REFERENCE.sub(lambda found: str(_reached(answers[found[1]], found[2])), value)


def _reached(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer[int(step)] if step.isdigit() else answer[step]
    return answer


class Cli:
    """Makes calls as the CLI does: no version, form bodies, the secret key."""

    def __init__(self, app: Flask, secret_key: str) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret_key}"}
        self.answers: dict[str, Any] = {}

    def make(self, call: Call) -> None:
        path, params = filled(call.path, self.answers), dict(flat(filled(call.params, self.answers)))
        place: Any = {"query_string": params} if call.method == "GET" else {"data": params}
        response = self.client.open(path, method=call.method, headers=self.headers, **place)
        told = response.get_json()
        refused = told.get("error", {}).get("type")
        assert refused == call.refused, told
        self.answers[call.name] = told

    def events(self) -> list[str]:
        told = self.client.get("/v1/events?limit=100", headers=self.headers).get_json()
        return [event["type"] for event in told["data"]]


@pytest.mark.parametrize("trigger", SEQUENCES)
def test_each_trigger_is_followed_by_its_event(app: Flask, bank: Bank, trigger: str) -> None:
    merchant, secret_key = create_merchant(app)
    with app.app_context(), acting_as(operator(merchant, livemode=False, actor="test")):
        BankAccount.create(BANK_ACCOUNT | {"currency": "usd"})
        database.commit()
    cli = Cli(app, secret_key)
    for call in SEQUENCES[trigger]:
        cli.make(call)
    if trigger in BY_NOTICE:
        advance(bank, 5)
        with app.app_context():
            bank_notices.catch_up()
            bank_notices.drain()
    assert trigger in cli.events()
