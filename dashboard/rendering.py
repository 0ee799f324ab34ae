"""What every page is given besides its own facts: who is signed in, for which merchant, in which mode."""

from typing import Any

from flask import render_template, url_for
from flask_wtf.csrf import generate_csrf

from dashboard import users
from payments.merchants import present_merchant
from payments.scope import caller

# The session's key and the form's field of the CSRF token; the buyer's page has a token of its own.
TOKEN = "dashboard_token"  # noqa: S105 - a name, no secret

NOTHING_HERE = (
    "It may be another account's, or of the other mode: test and live objects are kept apart. "
    "Check the address, or switch the mode."
)

# (endpoint, words, the endpoints beneath it)
NAVIGATION = (
    ("overview", "Overview", ()),
    ("payments", "Payments", ("payment",)),
    ("checkout_sessions", "Checkout sessions", ("checkout_session",)),
    ("payment_links", "Payment links", ("payment_link",)),
    ("ledger", "Ledger", ("movement",)),
    ("events", "Events", ("event",)),
    ("webhooks", "Webhooks", ("webhook",)),
    ("branding", "Branding", ()),
    ("receipts", "Receipts", ()),
    ("keys", "API keys", ("key", "add_key", "roll_key")),
    ("trail", "Audit trail", ("request_log",)),
)


def csrf_token() -> str:
    """Return the token for this page's forms."""
    return str(generate_csrf(token_key=TOKEN))


def page(name: str, **facts: Any) -> str:
    """Return a page for the signed-in user."""
    return render_template(
        f"dashboard/{name}.html",
        merchant=present_merchant(),
        user=users.present(),
        live=caller().livemode,
        navigation=NAVIGATION,
        csrf_token=csrf_token,
        TOKEN=TOKEN,
        href=href,
        **facts,
    )


def door(name: str, **facts: Any) -> str:
    """Return a page for someone who is not signed in."""
    return render_template(f"dashboard/{name}.html", csrf_token=csrf_token, TOKEN=TOKEN, **facts)


def problem(title: str, words: str, status: int) -> tuple[str, int]:
    """Return a page that says what is wrong and leads home."""
    return door("problem", title=title, words=words), status


# Prefix of an id -> the page that shows such an object, and its argument's name.
PAGES = {
    "pi": ("payment", "intent_id"),
    "cs": ("checkout_session", "session_id"),
    "plink": ("payment_link", "link_id"),
    "evt": ("event", "event_id"),
    "we": ("webhook", "endpoint_id"),
    "key": ("key", "key_id"),
    "txn": ("movement", "transaction_id"),
    "req": ("request_log", "request_id"),
}


def href(object_id: str | None) -> str | None:
    """Return the address of an object's page, None where it has none."""
    endpoint, argument = PAGES.get((object_id or "").partition("_")[0], (None, ""))
    values: dict[str, Any] = {argument: object_id}
    return url_for(f"dashboard.{endpoint}", **values) if endpoint else None
