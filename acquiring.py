"""The acquirers of this installation: how each is reached, and what a new merchant agrees with each."""

from collections.abc import Callable

import stripe
from flask import Flask

from config import Settings, StripeSettings
from kit import http
from payments import bank, cases, stand_ins, treasury
from payments.acquirers import stripe_line
from payments.acquirers.simulator import SimulatorAcquirer
from payments.acquirers.simulator_acts import SimulatorStandIn
from payments.acquirers.simulator_cases import SimulatorDesk
from payments.acquirers.simulator_treasury import SimulatorTreasury
from payments.acquirers.stripe_cases import StripeDesk
from payments.acquirers.stripe_psp import StripeAcquirer
from payments.acquirers.stripe_requests import Requests
from payments.acquirers.stripe_webhooks import StripeWebhooks
from payments.contracts import Terms
from payments.hosted import elsewhere
from webhooks import stripe_events

PIGGY_BANK, CUCKOO_BANK, STRIPE = "piggy_bank", "cuckoo_bank", "stripe"

# What a new merchant's contracts say, the first choice first. Cuckoo Bank takes what Piggy Bank can't just
# now, as far as it takes it at all; it has limits of its own beside these (bank_simulator/houses.py).
TERMS: dict[str, Terms] = {
    PIGGY_BANK: Terms(PIGGY_BANK, priority=10),
    CUCKOO_BANK: Terms(
        CUCKOO_BANK,
        currencies=frozenset(("chf", "eur", "gbp", "jpy", "usd")),
        brands=frozenset(("amex", "diners", "discover", "mastercard", "visa")),
        methods=frozenset(("card",)),
        priority=20,
    ),
    STRIPE: Terms(STRIPE, methods=frozenset(("card",)), priority=30),
}


def connect(settings: Settings) -> None:
    """Make the acquirers that the settings name known to the port."""
    for name in settings.acquirers:
        if name in MAKERS:
            bank.acquirers[name] = MAKERS[name](settings)
    if settings.stripe is not None:
        bank.acquirers[STRIPE] = _stripe(settings.stripe, settings.bank_timeout_seconds)
        cases.desks[STRIPE] = _stripe_desk(settings.stripe, settings.bank_timeout_seconds)
        if settings.stripe.mode == "redirect":
            elsewhere.HOSTS.add(STRIPE)


def hear_stripe(app: Flask, settings: Settings) -> None:
    """Let the app hear Stripe's webhooks, where there is a secret to check them by."""
    if settings.stripe is None or settings.stripe.webhook_secret is None:
        return
    client = _stripe_client(settings.stripe, settings.bank_timeout_seconds)[0]
    stripe_events.connect(app, StripeWebhooks(STRIPE, client, settings.stripe.webhook_secret))


def terms(settings: Settings) -> list[Terms]:
    """Return what a new merchant agrees with each acquirer of these settings."""
    return [TERMS[name] for name in settings.acquirers if name in TERMS]


def bank_secrets(settings: Settings) -> dict[str, str]:
    """Return the secret that each simulated bank shares with us, by the acquirer's name."""
    known = {PIGGY_BANK: settings.bank_secret, CUCKOO_BANK: settings.bank2_secret}
    return {name: secret for name, secret in known.items() if name in settings.acquirers}


def _piggy_bank(settings: Settings) -> bank.Acquirer:
    return _simulated(PIGGY_BANK, settings.bank_url, settings.bank_secret, settings)


def _cuckoo_bank(settings: Settings) -> bank.Acquirer:
    return _simulated(CUCKOO_BANK, settings.bank2_url, settings.bank2_secret, settings)


def _simulated(name: str, url: str, secret: str, settings: Settings) -> bank.Acquirer:
    client = http.Client(timeout_seconds=settings.bank_timeout_seconds)
    cases.desks[name] = SimulatorDesk(url, secret, client)
    stand_ins.stand_ins[name] = SimulatorStandIn(url, secret, client)
    treasury.treasuries[name] = SimulatorTreasury(name, url, secret, client)
    return SimulatorAcquirer(name=name, url=url, secret=secret, client=client)


def _stripe(settings: StripeSettings, timeout_seconds: float) -> bank.Acquirer:
    client, line = _stripe_client(settings, timeout_seconds)
    return StripeAcquirer(name=STRIPE, requests=Requests(client), line=line, mode=settings.mode)


def _stripe_desk(settings: StripeSettings, timeout_seconds: float) -> StripeDesk:
    client, line = _stripe_client(settings, timeout_seconds)
    return StripeDesk(Requests(client), line)


def _stripe_client(
    settings: StripeSettings, timeout_seconds: float
) -> tuple[stripe.StripeClient, stripe_line.Line]:
    line = stripe_line.Line(http.Client(timeout_seconds=timeout_seconds), timeout_seconds)
    client = stripe_line.client_of(line, secret_key=settings.secret_key, api_base=settings.api_base)
    return client, line


MAKERS: dict[str, Callable[[Settings], bank.Acquirer]] = {PIGGY_BANK: _piggy_bank, CUCKOO_BANK: _cuckoo_bank}
