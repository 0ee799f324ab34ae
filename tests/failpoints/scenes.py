"""What Florin does while it is struck: each scene has what must be there before, and the act itself.

Further scenes, in which banks act by themselves or money is settled, stand in later_scenes.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe
import time_machine
from flask import Flask

import sweeps
from payments.bank import acquirers
from tests.support.buyer import Buyer, Till
from tests.support.stripe_client import stripe_client
from tests.support.unreliable import Unreliable, lost_answer, lost_question
from webhooks import jobs as webhook_jobs

Facts = dict[str, Any]
KEY = "the-merchant-asks-with-this-key"
GRACE_SECONDS = 5  # after so long an unknown answer is looked up


@dataclass(frozen=True)
class Scene:
    """`prepare` returns what `act` has to know; `act` is told something, `told` where nothing strikes."""

    prepare: Callable[[Flask, str], Facts]
    act: Callable[[Flask, Facts], str]
    told: str
    alone: bool = False  # where the act is a sweep, which would do the work of other plays as well
    bank_seconds: int = 0  # that pass at the bank before all is quiet
    settles: bool = False  # where the quiet has to settle and pay out


def sdk_of(app: Flask, facts: Facts) -> stripe.StripeClient:
    return stripe_client(app, facts["secret_key"])


def told_of(ask: Callable[[], Any]) -> str:
    try:
        return str(ask().status)
    except stripe.StripeError as error:
        return f"{error.http_status} {error.code}"


def nothing(_app: Flask, secret_key: str) -> Facts:
    return {"secret_key": secret_key}


def intent_of(**params: Any) -> Callable[[Flask, str], Facts]:
    def prepare(app: Flask, secret_key: str) -> Facts:
        given = {
            "amount": 4200,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            **params,
        }
        intent = stripe_client(app, secret_key).v1.payment_intents.create(given)  # type: ignore[arg-type]
        return {"secret_key": secret_key, "intent": intent.id}

    return prepare


def _unanswered(step: Any) -> Callable[[Flask, str], Facts]:
    def prepare(app: Flask, secret_key: str) -> Facts:
        name, inner = next(iter(acquirers.items()))
        acquirers[name] = line = Unreliable(inner, name)
        line.expect(step)
        try:
            return intent_of()(app, secret_key)
        finally:
            acquirers[name] = inner

    return prepare


def _session(app: Flask, secret_key: str) -> Facts:
    return {"secret_key": secret_key, "session": Till(app, secret_key).open_session()}


def _pays(card: str) -> Callable[[Flask, Facts], str]:
    def act(app: Flask, facts: Facts) -> str:
        params = {"amount": 2000, "currency": "usd", "payment_method": card, "confirm": True}
        options: Any = {"idempotency_key": KEY}
        return told_of(lambda: sdk_of(app, facts).v1.payment_intents.create(params, options))  # type: ignore[arg-type]

    return act


def _verb(name: str, **params: Any) -> Callable[[Flask, Facts], str]:
    def act(app: Flask, facts: Facts) -> str:
        verb = getattr(sdk_of(app, facts).v1.payment_intents, name)
        return told_of(lambda: verb(facts["intent"], params, {"idempotency_key": KEY}))

    return act


def _refunds(app: Flask, facts: Facts) -> str:
    options: Any = {"idempotency_key": KEY}
    params: Any = {"payment_intent": facts["intent"], "amount": 1000}
    return told_of(lambda: sdk_of(app, facts).v1.refunds.create(params, options))


def _buys(app: Flask, facts: Facts) -> str:
    return str(Buyer(app, facts["session"]).pay().status)


def _expires(app: Flask, facts: Facts) -> str:
    sessions = sdk_of(app, facts).v1.checkout.sessions
    return told_of(lambda: sessions.expire(facts["session"]["id"], {}, {"idempotency_key": KEY}))


def _sweeps(app: Flask, _facts: Facts) -> str:
    with time_machine.travel(time.time() + GRACE_SECONDS), app.app_context():
        return str(sweeps.reconcile_attempts())


def _delivers(app: Flask, _facts: Facts) -> str:
    with app.app_context():
        webhook_jobs.drain()
    return "drained"


SCENES: dict[str, Scene] = {
    "a payment": Scene(nothing, _pays("pm_card_visa"), "succeeded"),
    "a declined payment": Scene(nothing, _pays("pm_card_visa_chargeDeclined"), "402 card_declined"),
    "a purchase on the hosted page": Scene(_session, _buys, "200"),
    "a capture": Scene(
        intent_of(capture_method="manual"), _verb("capture", amount_to_capture=3000), "succeeded"
    ),
    "a cancellation": Scene(intent_of(capture_method="manual"), _verb("cancel"), "canceled"),
    "a refund": Scene(intent_of(), _refunds, "succeeded"),
    "an expiry": Scene(_session, _expires, "expired"),
    "a look at a lost approval": Scene(_unanswered(lost_answer), _sweeps, "1", alone=True),
    "a look at a lost question": Scene(_unanswered(lost_question), _sweeps, "1", alone=True),
    "the delivery of webhooks": Scene(intent_of(), _delivers, "drained", alone=True),
}
