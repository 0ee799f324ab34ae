"""Paying without a card: at the bank's own page, on the phone, by a debit that ends days later."""

import html
import random
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from tests.chaos.customers import Browser, Gone
from tests.chaos.orders import INTENTS, Order

SESSIONS = "/v1/checkout/sessions"
BACK = "https://example.com/back"
EMAIL, NAME = "asha@example.com", "Asha Rao"
FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
ONWARD = re.compile(r'<a [^>]*id="return" href="([^"]+)"')
REFRESH = re.compile(r'http-equiv="refresh" content="[^"]*url=([^"]+)"')

# Virtual payment addresses: two decide by themselves, the others wait for the customer's phone.
ADDRESSES = ("success@upi", "success@upi", "failure@upi", "asha@upi", "pending@upi")
# Accounts that a debit is taken from: within seconds, and after five or seven of the bank's days.
SOON = ("AT611904300234573201", "IT60X0542811101000000123456")
LATE = ("DE89370400440532013000", "DE08370400440532013003", "DE62370400440532013001")
AT_THE_BANK = {"customer": "4711", "password": "secret"}


def pays_by_upi(order: Order) -> None:
    """By API; an order of the phone's is approved, refused or left alone."""
    address = _address(order)
    made = _confirmed(order, "inr", "upi", {"upi[vpa]": address})
    if (url := _page_of(made)) and address.startswith(("pending", "asha")):
        _acts_on_the_phone(url, order.dice)
    order.till.get(order.number, f"{INTENTS}/{made.get('id')}")


def pays_by_redirect(order: Order) -> None:
    """A customer at their own bank's pages: pays, has nothing left, waits for a second holder, or leaves."""
    made = _confirmed(order, "eur", "ideal", {})
    if url := _page_of(made):
        _acts_at_the_bank(url, order)
    order.till.get(order.number, f"{INTENTS}/{made.get('id')}")


def pays_by_debit(order: Order) -> None:
    _confirmed(order, "eur", "sepa_debit", {"sepa_debit[iban]": _account(order)})


def buys_without_a_card(order: Order) -> None:
    """A session on the hosted page, which is complete and unpaid for a while, or for good."""
    way = order.dice.choice(("upi", "sepa_debit", "sepa_debit", "ideal"))
    form = {
        "mode": "payment",
        "success_url": "https://example.com/thanks",
        "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": "inr" if way == "upi" else "eur",
        "line_items[0][price_data][unit_amount]": order.amount,
        "line_items[0][price_data][product_data][name]": "Marigold field guide",
        "payment_intent_data[metadata][order]": order.number,
        "allowed_payment_method_types[0]": "card",
        "allowed_payment_method_types[1]": way,
    }
    made = order.post("open", SESSIONS, "open", **form)
    if made.good:
        _pays_on_the_page(str(made.body["url"]), way, order)
        order.till.get(order.number, f"{SESSIONS}/{made.body['id']}")


def _confirmed(order: Order, currency: str, way: str, details: Mapping[str, str]) -> dict[str, Any]:
    order.currency = currency
    more = {f"payment_method_data[{name.replace('[', '][', 1)}": value for name, value in details.items()}
    form = {
        "allowed_payment_method_types[0]": way,
        "payment_method_data[type]": way,
        "payment_method_data[billing_details][email]": EMAIL,
        "payment_method_data[billing_details][name]": NAME,
        "return_url": BACK,
    }
    return order.create(confirm="true", **form, **more).body


def _account(order: Order) -> str:
    return order.dice.choice((*SOON, *LATE) if order.days_pass else SOON)


def _address(order: Order) -> str:
    """One that waits for the customer ends only as the days pass, where the customer does nothing."""
    return order.dice.choice(ADDRESSES if order.days_pass else ADDRESSES[:-1])


def _page_of(intent: Mapping[str, Any]) -> str | None:
    action = intent.get("next_action") or {}
    url: str | None = (action.get("redirect_to_url") or {}).get("url")
    return url


def _pays_on_the_page(url: str, way: str, order: Order) -> None:
    browser = Browser()
    try:
        page = browser.get(url)
        typed = {"email": EMAIL, "paymentMethod": way}
        if way == "sepa_debit":
            typed |= {"iban": _account(order), "accountHolderName": NAME}
        answer = browser.post(url, **{**_inputs(page), **typed})
        onward = REFRESH.search(answer)
        if way == "sepa_debit" or onward is None:
            return
        there = html.unescape(onward[1])
        if way == "ideal":
            _acts_at_the_bank(there, order)
        else:
            _send(browser, there, vpa=_address(order))
            _acts_on_the_phone(there, order.dice)
            _comes_back(browser, there, order.dice)
    except Gone:
        return


def _acts_on_the_phone(url: str, dice: random.Random) -> None:
    deed = dice.choice(("approve", "approve", "refuse", ""))
    if deed:
        try:
            _send(Browser(), url.replace("/pay/", "/phone/"), do=deed)
        except Gone:
            return


def _acts_at_the_bank(url: str, order: Order) -> None:
    dice = order.dice
    account = dice.choice(("current", "current", "current", "empty", "", *("joint",) * order.days_pass))
    browser = Browser()
    try:
        _send(browser, url, bank="rabobank")
        _send(browser, url, **AT_THE_BANK)
        if account:
            _send(browser, url, account=account, do="approve")
        elif dice.random() < 0.5:
            _send(browser, url, do="cancel")
        _comes_back(browser, url, dice)
    except Gone:
        return


def _comes_back(browser: Browser, url: str, dice: random.Random) -> None:
    """To the shop, or the window is closed."""
    onward = ONWARD.search(browser.get(url))
    if onward and dice.random() < 0.7:
        browser.get(html.unescape(onward[1]))


def _send(browser: Browser, url: str, **fields: str) -> str:
    token = FORM_TOKEN.search(browser.get(url))
    return browser.post(url, **{"form_token": token[1] if token else "", **fields})


class _Inputs(HTMLParser):
    """The fields of a form with what stands in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in given and given.get("type") not in ("radio", "checkbox", "submit"):
            self.values[given["name"]] = given.get("value", "")


def _inputs(page: str) -> dict[str, str]:
    return _Inputs(page).values
