"""What `./run` prints once Florin serves: addresses, keys, a curl line to paste, cards to try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# From Stripe's published test cards; the bank simulator knows them all.
CARDS = (
    ("4242 4242 4242 4242", "Visa, approved"),
    ("5555 5555 5555 4444", "Mastercard, approved"),
    ("3782 822463 10005", "American Express, approved (CVC of four digits)"),
    ("4000 0027 6000 3184", "3-D Secure: the bank asks the customer (code 424242)"),
    ("4000 0000 0000 0002", "declined"),
    ("4000 0000 0000 9995", "declined: insufficient funds"),
    ("4000 0000 0000 0069", "declined: expired card"),
    ("4000 0000 0000 0127", "declined: incorrect CVC"),
)


def banner(demo: Mapping[str, str], logs: Path) -> str:
    """Everything that a newcomer needs, the curl line whole on one line so that it works when pasted."""
    lines = ["", "Florin serves. Ctrl-C stops it.", "", *_facts(demo, logs), ""]
    lines += ["Create a Checkout Session, then open its url in a browser:", "", f"  {curl_line(demo)}", ""]
    lines += ["Test cards, with any future expiry and any CVC:", ""]
    lines += [f"  {number:<21} {behaviour}" for number, behaviour in CARDS]
    return "\n".join([*lines, ""])


def curl_line(demo: Mapping[str, str]) -> str:
    fields = (
        "mode=payment",
        "success_url=https://example.com/thanks?session_id={CHECKOUT_SESSION_ID}",
        "line_items[0][quantity]=1",
        "line_items[0][price_data][currency]=eur",
        "line_items[0][price_data][unit_amount]=2000",
        "line_items[0][price_data][product_data][name]=T-shirt",
    )
    data = " ".join(f"-d '{field}'" for field in fields)
    return f"curl {demo['base_url']}/v1/checkout/sessions -u {demo['secret_key']}: {data}"


def listen_line(demo: Mapping[str, str]) -> str:
    return f"stripe listen --all-snapshot --api-base {demo['base_url']} --api-key {demo['secret_key']}"


def _facts(demo: Mapping[str, str], logs: Path) -> list[str]:
    facts = [("API", f"{demo['base_url']}/v1"), ("Secret key", demo["secret_key"])]
    facts.append(("Publishable key", demo["publishable_key"]))
    facts.append(("Dashboard", demo["dashboard_url"]))
    facts.append(("Login", f"{demo['dashboard_email']} / {demo['dashboard_password']}"))
    banks = ", ".join(demo[name] for name in ("bank_url", "bank2_url") if name in demo)
    facts += [("Bank simulators", banks), ("Stripe CLI", listen_line(demo)), ("Logs", str(logs))]
    return [f"  {name:<16} {value}" for name, value in facts]
