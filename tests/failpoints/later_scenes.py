"""Scenes in which somebody else moves first: a bank, a customer at the bank's page, a day that has ended."""

import re
import weakref
from collections.abc import Callable
from typing import Any

from flask import Flask

import paying
import settling
from payments.bank import acquirers
from tests.failpoints.scenes import KEY, Facts, Scene, intent_of, nothing, sdk_of, told_of
from tests.support.bank import Bank, advance
from tests.support.cardholder import Cardholder
from webhooks import bank_notices

DAY_SECONDS = 24 * 3600
SOON_SECONDS = 5  # so long after a payment the bank's own moves have come
GOOD_ACCOUNT, REFUSED_ACCOUNT = "AT611904300234573201", "IT60X0542811101000000123456"
RETURN_URL = "https://shop.example/back"


# Houses in which what other scenes have left behind is settled.
_cleared: weakref.WeakSet[Flask] = weakref.WeakSet()


def bank_of(_: Flask) -> Bank:
    """The bank that the house asks."""
    line: Any = next(iter(acquirers.values()))
    line = getattr(line, "inner", line)
    return Bank(line.url, line.secret)


def _debit(iban: str) -> dict[str, Any]:
    return {
        "amount": 4200,
        "currency": "eur",
        "confirm": True,
        "allowed_payment_method_types": ["sepa_debit"],
        "payment_method_data": {
            "type": "sepa_debit",
            "sepa_debit": {"iban": iban},
            "billing_details": {"name": "Asha Rao", "email": "asha@example.com"},
        },
    }


def _pays_by_debit(app: Flask, facts: Facts) -> str:
    params: Any = _debit(GOOD_ACCOUNT)
    options: Any = {"idempotency_key": KEY}
    return told_of(lambda: sdk_of(app, facts).v1.payment_intents.create(params, options))


def _debited(iban: str) -> Callable[[Flask, str], Facts]:
    def prepare(app: Flask, secret_key: str) -> Facts:
        facts = {"secret_key": secret_key}
        params: Any = _debit(iban)
        sdk_of(app, facts).v1.payment_intents.create(params)
        advance(bank_of(app), SOON_SECONDS)
        return facts

    return prepare


def _paid_with(card: str) -> Callable[[Flask, str], Facts]:
    def prepare(app: Flask, secret_key: str) -> Facts:
        facts = intent_of(payment_method=card)(app, secret_key)
        advance(bank_of(app), SOON_SECONDS)
        return facts

    return prepare


def _disputed(app: Flask, secret_key: str) -> Facts:
    facts = _paid_with("pm_card_createDispute")(app, secret_key)
    (dispute,) = sdk_of(app, facts).v1.disputes.list({"payment_intent": facts["intent"]}).data
    return {**facts, "dispute": dispute.id}


def _hears(app: Flask, _facts: Facts) -> str:
    with app.app_context():
        bank_notices.catch_up()
        return str(bank_notices.drain())


def _answers(app: Flask, facts: Facts) -> str:
    params: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    disputes = sdk_of(app, facts).v1.disputes
    return told_of(lambda: disputes.update(facts["dispute"], params, {"idempotency_key": KEY}))


def _refunds(app: Flask, facts: Facts) -> str:
    options: Any = {"idempotency_key": KEY}
    params: Any = {"payment_intent": facts["intent"]}
    return told_of(lambda: sdk_of(app, facts).v1.refunds.create(params, options))


def _keeps_a_card(app: Flask, facts: Facts) -> str:
    params: Any = {
        "payment_method": "pm_card_visa",
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }
    options: Any = {"idempotency_key": KEY}
    return told_of(lambda: sdk_of(app, facts).v1.setup_intents.create(params, options))


def _customer(app: Flask, secret_key: str) -> Facts:
    facts = {"secret_key": secret_key}
    sdk = sdk_of(app, facts)
    customer = sdk.v1.customers.create({"email": "asha@example.com"})
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    return {**facts, "customer": customer.id, "method": method.id}


def _pays_with_a_kept_card(app: Flask, facts: Facts) -> str:
    params: Any = {
        "amount": 2000, "currency": "usd", "customer": facts["customer"], "payment_method": facts["method"],
        "off_session": True, "confirm": True,
    }  # fmt: skip
    options: Any = {"idempotency_key": KEY}
    return told_of(lambda: sdk_of(app, facts).v1.payment_intents.create(params, options))


def _passed(app: Flask, secret_key: str) -> Facts:
    """A customer who has passed the issuer's challenge and is not back yet."""
    facts = {"secret_key": secret_key}
    params: Any = {
        "amount": 2000, "currency": "usd", "payment_method": "pm_card_threeDSecure2Required",
        "allowed_payment_method_types": ["card"], "confirm": True, "return_url": RETURN_URL,
    }  # fmt: skip
    intent = sdk_of(app, facts).v1.payment_intents.create(params)
    url = intent.next_action.redirect_to_url.url  # type: ignore[union-attr]
    return {**facts, "intent": intent.id, "back": Cardholder(str(url)).enters_the_code()}


def _returns(app: Flask, facts: Facts) -> str:
    answer = app.test_client().get(facts["back"])
    there = answer.headers.get("Location", answer.get_data(as_text=True))
    found = re.search(r"redirect_status=(\w+)", there)
    return found[1] if found else str(answer.status_code)


def _earned(app: Flask, secret_key: str) -> Facts:
    """A captured payment whose day has ended at the bank."""
    if app not in _cleared:
        _cleared.add(app)  # from here on each play settles all that it leaves
        advance(bank_of(app), DAY_SECONDS)
        with app.app_context():
            while settling.settle():
                continue
    facts = intent_of()(app, secret_key)
    sdk = sdk_of(app, facts)
    account: Any = {
        "object": "bank_account", "country": "US", "currency": "usd", "account_number": "000123456789",
        "routing_number": "110000000", "account_holder_name": "Rosie",
    }  # fmt: skip
    sdk.v1.accounts.external_accounts.create(
        sdk.v1.accounts.retrieve_current().id, {"external_account": account}
    )
    advance(bank_of(app), DAY_SECONDS)
    return facts


def _settles(app: Flask, _facts: Facts) -> str:
    with app.app_context():
        return f"{settling.settle()} posted, {paying.send()} paid out"


LATER_SCENES: dict[str, Scene] = {
    "a debit that is taken in": Scene(nothing, _pays_by_debit, "processing", bank_seconds=SOON_SECONDS),
    "the good end of a debit": Scene(_debited(GOOD_ACCOUNT), _hears, "1", alone=True),
    "the bad end of a debit": Scene(_debited(REFUSED_ACCOUNT), _hears, "1", alone=True),
    "a notice of a dispute": Scene(_paid_with("pm_card_createDispute"), _hears, "1", alone=True),
    "evidence in a dispute": Scene(_disputed, _answers, "under_review", bank_seconds=SOON_SECONDS),
    "a refund that is pending": Scene(
        _paid_with("pm_card_pendingRefund"), _refunds, "pending", bank_seconds=SOON_SECONDS
    ),
    "a card that is kept": Scene(nothing, _keeps_a_card, "succeeded"),
    "a payment with a kept card": Scene(_customer, _pays_with_a_kept_card, "succeeded"),
    "a return from 3-D Secure": Scene(_passed, _returns, "succeeded"),
    "a settlement with its payout": Scene(
        _earned, _settles, "1 posted, 1 paid out", alone=True, bank_seconds=DAY_SECONDS, settles=True
    ),
}
