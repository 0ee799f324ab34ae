"""The merchant's surface: sign in, look, refund, roll keys. Every look at payment details is audited."""

from flask import Flask

from dashboard import (
    branding,
    checkout_sessions,
    events,
    keys,
    ledger,
    overview,
    payment_links,
    payments,
    receipts,
    sessions,
    stripecli,
    throttle,
    trail,
    users,
    webhooks,
)
from dashboard.edge import blueprint
from dashboard.presentation import FILTERS

# Each file mounts its own pages on the one blueprint when it is imported; this is the table of contents.
PAGES = (
    sessions,
    overview,
    payments,
    checkout_sessions,
    payment_links,
    ledger,
    events,
    webhooks,
    branding,
    receipts,
    keys,
    stripecli,
    trail,
)


def register(app: Flask) -> None:
    """Mount the pages. Their cookie is for this house alone: no script reads it, no other site sends it."""
    secure = app.config["FLORIN"].public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=secure
    )
    # Not `init_app`: its hook would open the session after every request of the API, all for the sake of
    # a remember-me cookie, which the dashboard does not have.
    app.login_manager = users.login_manager()  # type: ignore[attr-defined]  # flask-login's own attribute
    app.extensions["florin_failed_logins"] = throttle.FailedLogins()
    app.jinja_env.filters.update(FILTERS)
    app.register_blueprint(blueprint)
