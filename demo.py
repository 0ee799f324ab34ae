"""`./run demo`: one purchase from the shop's button to the refund, each step printed as it happens.

The shop is docs/examples/merchant.py, started as it stands; the customer is this file, filling in the hosted
page as a browser without JavaScript would.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import stripe
import urllib3

SHOP = Path(__file__).parent / "docs" / "examples" / "merchant.py"
WAIT_SECONDS = 20.0
CARD = {
    "email": "jenny.rosen@example.com",
    "cardNumber": "4242424242424242",
    "cardExpiry": f"12 / {(time.localtime().tm_year + 2) % 100:02}",
    "cardCvc": "123",
    "billingName": "Jenny Rosen",
    "billingCountry": "DE",
    "billingPostalCode": "10115",
}


class DemoFailed(Exception):
    """A step did not go as it should; the message says which."""


class Browser:
    """As much of a browser as a page without scripts needs: it keeps cookies, fills in and sends a form."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(timeout=WAIT_SECONDS, retries=False)
        self._cookies: dict[str, str] = {}

    def send(self, method: str, url: str, fields: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields) if fields is not None else None
        answer = self._http.request(method, url, body=body, headers=headers, redirect=False)
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer


class Form(HTMLParser):
    """The first form of a page: where it goes, and what its hidden fields hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.hidden: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = found.get("action") or ""
        if tag == "input" and found.get("type") == "hidden":
            self.hidden[found.get("name") or ""] = found.get("value") or ""


def play(demo: dict[str, str]) -> None:
    """The whole purchase; raises DemoFailed at the first step that goes wrong."""
    client = stripe.StripeClient(demo["secret_key"], base_addresses={"api": demo["base_url"]})
    with shop_of(demo, client) as shop_url:
        say("Shop", f"docs/examples/merchant.py serves at {shop_url}")
        session = client.v1.checkout.sessions.retrieve(order_roses(shop_url))
        say("Session", f"{session.id}, {session.amount_total} {session.currency}, {session.payment_status}")
        say("Page", (session.url or "").partition("#")[0])
        pay(session.url or "", shop_url)
        paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        charge = tell_the_bank_s_answer(paid)
        await_state(shop_url, session.id, "paid")
        refund = client.v1.refunds.create({"charge": charge})
        say("Refund", f"{refund.id}, {refund.amount} {refund.currency}, {refund.status}")
        await_state(shop_url, session.id, "refunded")
    say("Done", "the whole purchase went through")


@contextmanager
def shop_of(demo: dict[str, str], client: stripe.StripeClient) -> Iterator[str]:
    """The example shop as a process, for the length of the demo; its webhook endpoint goes with it."""
    port = free_port()
    shop_url = f"http://127.0.0.1:{port}"
    endpoint = client.v1.webhook_endpoints.create(
        {"url": f"{shop_url}/webhook", "enabled_events": ["checkout.session.completed", "charge.refunded"]}
    )
    variables = {
        "FLORIN_URL": demo["base_url"],
        "STRIPE_SECRET_KEY": demo["secret_key"],
        "SHOP_PORT": str(port),
        "WEBHOOK_SECRET": endpoint.secret or "",
    }
    process = subprocess.Popen(
        [sys.executable, str(SHOP)],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for("the shop opens", lambda: is_open(port), process)
        yield shop_url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        client.v1.webhook_endpoints.delete(endpoint.id)


def order_roses(shop_url: str) -> str:
    """Presses the shop's button; returns the id of the session that it is sent to."""
    answer = Browser().send("POST", f"{shop_url}/buy", {})
    page = answer.headers.get("Location", "")
    found = re.search(r"/c/pay/(cs_test_[0-9A-Za-z]+)", page)
    if answer.status != 303 or found is None:
        raise DemoFailed(f"the shop answered {answer.status} and sent the customer to {page!r}")
    return found[1]


def pay(page_url: str, shop_url: str) -> None:
    """Fills in the hosted page with a test card and follows it back to the shop."""
    browser, page_url = Browser(), page_url.partition("#")[0]
    form = Form(browser.send("GET", page_url).data.decode())
    if form.action is None:
        raise DemoFailed("the hosted page has no form")
    say("Customer", f"types the card {CARD['cardNumber']} and presses Pay")
    answer = browser.send("POST", urljoin(page_url, form.action), {**form.hidden, **CARD})
    refresh = re.search(r'http-equiv="refresh" content="[0-9.]+;\s*url=([^"]+)"', answer.data.decode())
    back = answer.headers.get("Location") or (refresh[1].replace("&amp;", "&") if refresh else "")
    if not back.startswith(shop_url):
        raise DemoFailed(f"the hosted page answered {answer.status} and did not send the customer back")
    thanks = browser.send("GET", back).data.decode()
    say("Thanks", re.sub(r"<[^>]+>", " ", thanks).strip())


def tell_the_bank_s_answer(session: Any) -> str:
    """Prints what the bank said; returns the charge's id."""
    charge = session.payment_intent.latest_charge
    outcome = charge.outcome
    card = charge.payment_method_details.card
    say(
        "Bank",
        f"{outcome.type}, {outcome.network_status}: {card.brand} ending in {card.last4}, charge {charge.id}",
    )
    return str(charge.id)


def await_state(shop_url: str, session_id: str, state: str) -> None:
    """Waits until the shop has verified a webhook's signature and taken the order into this state."""
    order: dict[str, Any] = {}

    def reached() -> bool:
        order.update(json.loads(Browser().send("GET", f"{shop_url}/orders/{session_id}").data))
        return bool(order["state"] == state)

    wait_for(f"the shop hears that the order is {state}", reached)
    say("Webhook", f"{order['events'][-1]} received and its signature verified: the order is {state}")


def wait_for(what: str, reached: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not reached():
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise DemoFailed(f"waited in vain until {what}")
        time.sleep(0.05)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def say(step: str, what: str) -> None:
    print(f"{step:<9} {what}", flush=True)


def main() -> int:
    demo = json.loads(Path(sys.argv[1]).read_text())
    try:
        play(demo)
    except (DemoFailed, stripe.StripeError, urllib3.exceptions.HTTPError) as problem:
        print(f"florin: the demo stopped: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
