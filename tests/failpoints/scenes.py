"""What Florin does while it is struck: each scene has what must be there before, and the act itself."""

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


def _sdk(app: Flask, facts: Facts) -> stripe.StripeClient:
    return stripe_client(app, facts["secret_key"])


def _told(ask: Callable[[], Any]) -> str:
    try:
        return str(ask().status)
    except stripe.StripeError as error:
        return f"{error.http_status} {error.code}"


def _nothing(_app: Flask, secret_key: str) -> Facts:
    return {"secret_key": secret_key}


def _intent(**params: Any) -> Callable[[Flask, str], Facts]:
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
            return _intent()(app, secret_key)
        finally:
            acquirers[name] = inner

    return prepare


def _session(app: Flask, secret_key: str) -> Facts:
    return {"secret_key": secret_key, "session": Till(app, secret_key).open_session()}


def _pays(card: str) -> Callable[[Flask, Facts], str]:
    def act(app: Flask, facts: Facts) -> str:
        params = {"amount": 2000, "currency": "usd", "payment_method": card, "confirm": True}
        options: Any = {"idempotency_key": KEY}
        return _told(lambda: _sdk(app, facts).v1.payment_intents.create(params, options))  # type: ignore[arg-type]

    return act


def _verb(name: str, **params: Any) -> Callable[[Flask, Facts], str]:
    def act(app: Flask, facts: Facts) -> str:
        verb = getattr(_sdk(app, facts).v1.payment_intents, name)
        return _told(lambda: verb(facts["intent"], params, {"idempotency_key": KEY}))

    return act


def _refunds(app: Flask, facts: Facts) -> str:
    options: Any = {"idempotency_key": KEY}
    params: Any = {"payment_intent": facts["intent"], "amount": 1000}
    return _told(lambda: _sdk(app, facts).v1.refunds.create(params, options))


def _buys(app: Flask, facts: Facts) -> str:
    return str(Buyer(app, facts["session"]).pay().status)


def _expires(app: Flask, facts: Facts) -> str:
    sessions = _sdk(app, facts).v1.checkout.sessions
    return _told(lambda: sessions.expire(facts["session"]["id"], {}, {"idempotency_key": KEY}))


def _sweeps(app: Flask, _facts: Facts) -> str:
    with time_machine.travel(time.time() + GRACE_SECONDS), app.app_context():
        return str(sweeps.reconcile_attempts())


def _delivers(app: Flask, _facts: Facts) -> str:
    with app.app_context():
        webhook_jobs.drain()
    return "drained"


SCENES: dict[str, Scene] = {
    "a payment": Scene(_nothing, _pays("pm_card_visa"), "succeeded"),
    "a declined payment": Scene(_nothing, _pays("pm_card_visa_chargeDeclined"), "402 card_declined"),
    "a purchase on the hosted page": Scene(_session, _buys, "200"),
    "a capture": Scene(
        _intent(capture_method="manual"), _verb("capture", amount_to_capture=3000), "succeeded"
    ),
    "a cancellation": Scene(_intent(capture_method="manual"), _verb("cancel"), "canceled"),
    "a refund": Scene(_intent(), _refunds, "succeeded"),
    "an expiry": Scene(_session, _expires, "expired"),
    "a look at a lost approval": Scene(_unanswered(lost_answer), _sweeps, "1"),
    "a look at a lost question": Scene(_unanswered(lost_question), _sweeps, "1"),
    "the delivery of webhooks": Scene(_intent(), _delivers, "drained"),
}
