"""/v1, in the order of Stripe's reference."""

from flask import Flask

from merchant_api import account, events, simple, stripecli, stripecli_auth, stripecli_payment_pages, unknown
from merchant_api.balance import balance, bank_accounts, payouts
from merchant_api.catalog import (
    coupons,
    discounts,
    plans,
    prices,
    products,
    promotion_codes,
    shipping_rates,
    tax_rates,
)
from merchant_api.charging import (
    charges,
    confirmation_tokens,
    disputes,
    mandates,
    payment_intents,
    payment_methods,
    refunds,
    setup_attempts,
    setup_intents,
    tokens,
)
from merchant_api.customers import customers, sources
from merchant_api.hosted import checkout_sessions, outcomes, payment_links
from merchant_api.radar import early_fraud_warnings
from merchant_api.webhooks import attempts, chaos, webhook_endpoints

BLUEPRINTS = (
    account.blueprint,
    balance.blueprint,
    bank_accounts.blueprint,
    payouts.blueprint,
    charges.blueprint,
    customers.blueprint,
    sources.blueprint,
    disputes.blueprint,
    events.blueprint,
    mandates.blueprint,
    payment_intents.blueprint,
    payment_methods.blueprint,
    refunds.blueprint,
    setup_intents.blueprint,
    tokens.blueprint,
    confirmation_tokens.blueprint,
    setup_attempts.blueprint,
    products.blueprint,
    prices.blueprint,
    coupons.blueprint,
    promotion_codes.blueprint,
    discounts.blueprint,
    tax_rates.blueprint,
    shipping_rates.blueprint,
    plans.blueprint,
    checkout_sessions.blueprint,
    payment_links.blueprint,
    outcomes.blueprint,
    early_fraud_warnings.blueprint,
    webhook_endpoints.blueprint,
    attempts.blueprint,
    chaos.blueprint,
    simple.blueprint,
    stripecli.blueprint,
    stripecli_payment_pages.blueprint,
    stripecli_auth.blueprint,
    unknown.blueprint,
)


def register(app: Flask) -> None:
    """Mount every chapter of the API."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
