"""A whole shop in one file: Flask and the official `stripe` package, pointed at Florin. Copy it.

    pip install stripe flask
    FLORIN_URL=http://127.0.0.1:8000 STRIPE_SECRET_KEY=sk_test_... python merchant.py

and open http://127.0.0.1:4242 (SHOP_PORT chooses another port).

Only `base_addresses` differs from a shop that uses Stripe itself. Orders live in memory: a real shop keeps
them in its database.
"""

import os
import sys
from typing import Any

import stripe
from flask import Flask, abort, jsonify, redirect, request
from werkzeug.wrappers import Response

FLORIN_URL = os.environ.get("FLORIN_URL", "http://127.0.0.1:8000")
SHOP_PORT = int(os.environ.get("SHOP_PORT", "4242"))
SHOP_URL = f"http://127.0.0.1:{SHOP_PORT}"

shop = Flask(__name__)
if not os.environ.get("STRIPE_SECRET_KEY"):
    sys.exit("merchant.py: set STRIPE_SECRET_KEY to a secret key of Florin's; ./run prints one as it starts")
client = stripe.StripeClient(os.environ["STRIPE_SECRET_KEY"], base_addresses={"api": FLORIN_URL})


def register() -> str:
    """Ask Florin to tell this shop what happens, signed with this secret. A real shop does it once.

    The endpoint of this shop's last run goes: its secret is shown only once, and was lost with that run.
    """
    url = f"{SHOP_URL}/webhook"
    for earlier in client.v1.webhook_endpoints.list().data:
        if earlier.url == url:
            client.v1.webhook_endpoints.delete(earlier.id)
    endpoint = client.v1.webhook_endpoints.create(
        {"url": url, "enabled_events": ["checkout.session.completed", "charge.refunded"]}
    )
    return endpoint.secret or ""


try:
    webhook_secret = os.environ.get("WEBHOOK_SECRET") or register()
except stripe.APIConnectionError:
    sys.exit(
        f"merchant.py: no Florin answers at {FLORIN_URL}; start one with ./run, or set FLORIN_URL to another"
    )
except stripe.AuthenticationError:
    sys.exit(
        f"merchant.py: the Florin at {FLORIN_URL} does not know this STRIPE_SECRET_KEY; ./run prints its own"
    )

orders: dict[str, dict[str, Any]] = {}


@shop.get("/")
def front() -> str:
    button = "<button>A dozen roses, 20.00 EUR</button>"
    return f'<h1>Rosie\'s Roses</h1><form method="post" action="/buy">{button}</form>'


@shop.post("/buy")
def buy() -> Response:
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 2000,  # in cents
                        "product_data": {"name": "A dozen roses"},
                    },
                }
            ],
            "success_url": f"{SHOP_URL}/thanks?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{SHOP_URL}/",
        }
    )
    orders[session.id] = {"state": "waiting for the customer", "events": []}
    return redirect(session.url or "/", 303)  # an open session always has its page


@shop.errorhandler(stripe.APIConnectionError)
def unreachable(_error: stripe.APIConnectionError) -> tuple[str, int]:
    """Say so where Florin is down meanwhile: an order that was not begun has cost nothing."""
    shop.logger.error("no Florin answers at %s", FLORIN_URL)
    return "<h1>We can't take payments just now</h1><p>Please try again in a minute.</p>", 503


@shop.get("/thanks")
def thanks() -> str:
    """Where the customer comes back to. What counts is the webhook; this page only says what is known."""
    session = client.v1.checkout.sessions.retrieve(request.args["session_id"])
    return f"<h1>Thank you!</h1><p>Your order is {session.payment_status}.</p>"


@shop.post("/webhook")
def webhook() -> tuple[str, int]:
    """Believe nothing that isn't signed, and take the same event twice without harm."""
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event = stripe.Webhook.construct_event(request.get_data(), signature, webhook_secret)
    except (ValueError, stripe.SignatureVerificationError):
        abort(400)
    if event.type == "checkout.session.completed":
        note(event.data.object["id"], event.id, "paid")
    elif event.type == "charge.refunded":
        found = client.v1.checkout.sessions.list({"payment_intent": event.data.object["payment_intent"]})
        for session in found.data:
            note(session.id, event.id, "refunded")
    return "", 200


def note(session_id: str, event_id: str, state: str) -> None:
    order = orders.setdefault(session_id, {"state": "", "events": []})
    if event_id not in order["events"]:
        order["events"].append(event_id)
        order["state"] = state


@shop.get("/orders/<session_id>")
def order(session_id: str) -> Response:
    return jsonify(orders.get(session_id) or abort(404))


if __name__ == "__main__":
    shop.run(port=SHOP_PORT)
