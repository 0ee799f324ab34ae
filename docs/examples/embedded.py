"""A shop with Florin's payment page in a frame on its own: Flask and the official `stripe` package. Copy it.

    pip install stripe flask
    STRIPE_SECRET_KEY=sk_test_... STRIPE_PUBLISHABLE_KEY=pk_test_... python embedded.py

and open http://127.0.0.1:4243 (SHOP_PORT chooses another port, FLORIN_URL another Florin than http://127.0.0.1:8000).
"""

import os
import sys

import stripe
from flask import Flask, request

FLORIN_URL = os.environ.get("FLORIN_URL", "http://127.0.0.1:8000")
SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY")
PUBLISHABLE_KEY = os.environ.get("STRIPE_PUBLISHABLE_KEY")
if not (SECRET_KEY and PUBLISHABLE_KEY):
    sys.exit("embedded.py: set STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY; ./run prints both as it starts")
SHOP_PORT = int(os.environ.get("SHOP_PORT", "4243"))
SHOP_URL = f"http://127.0.0.1:{SHOP_PORT}"

FRONT = f"""<!doctype html>
<html lang="en">
<title>Rosie's Roses</title>
<h1>A dozen roses</h1>
<div id="checkout"></div>
<script src="{FLORIN_URL}/embed/florin.js"></script>
<script>
  const fetchClientSecret = async () => {{
    const answer = await fetch("/create", {{method: "POST"}});
    if (!answer.ok) throw new Error(await answer.text());
    return answer.text();
  }};
  const place = document.getElementById("checkout");
  const sorry = () => {{ place.textContent = "We can't take payments just now. Please try again soon."; }};
  if (!window.Florin) sorry(); // the loader comes from Florin, too
  else Florin("{PUBLISHABLE_KEY}").initEmbeddedCheckout({{fetchClientSecret}})
    .then((checkout) => checkout.mount(place), sorry);
</script>
"""

shop = Flask(__name__)
client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": FLORIN_URL})


@shop.get("/")
def front() -> str:
    return FRONT


@shop.post("/create")
def create() -> str:
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "ui_mode": "embedded_page",
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
            "return_url": f"{SHOP_URL}/return?session_id={{CHECKOUT_SESSION_ID}}",
        }
    )
    return session.client_secret or ""


@shop.errorhandler(stripe.APIConnectionError)
def unreachable(_error: stripe.APIConnectionError) -> tuple[str, int]:
    """Say so where Florin is down: nothing has been begun, so nothing has been paid."""
    shop.logger.error(
        "no Florin answers at %s; start one with ./run, or set FLORIN_URL to another", FLORIN_URL
    )
    return "We can't take payments just now. Please try again soon.", 503


@shop.get("/return")
def back() -> str:
    """Where the customer comes back to: paid, or with a bank's refusal and the order still open."""
    session = client.v1.checkout.sessions.retrieve(request.args["session_id"])
    if session.status == "open":
        return '<p>The payment did not come about. <a href="/">Try again</a></p>'
    return f"<h1>Thank you!</h1><p>Your order is {session.payment_status}.</p>"


if __name__ == "__main__":
    shop.run(port=SHOP_PORT)
