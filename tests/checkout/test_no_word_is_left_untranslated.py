"""Every word on a customer's page goes through a catalogue: with a made-up one, each is seen in brackets."""

import json
import re
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest
from babel import Locale
from flask import Flask

from checkout import i18n
from tests.support.buyer import Buyer, Till

OPEN, CLOSE = "⟦", "⟧"
# The last ones are for the page's script.
READ_ALOUD = ("alt", "aria-label", "placeholder", "title", "data-label", "data-long", "data-short")
CODES = {"brands", "lines", "shapes"}  # of the rules; all else in them is words
# What is the shop's own, a name, or the same in all languages.
KNOWN = (
    "Rosie's Roses", "Marigold field guide", "Hardcover, second edition", "Seed paper postcards", "Florin",
    "you@example.com", "DE00 0000 0000 …", "Visa", "Ground", "Courier", "FALL", "INR", "CVC",
)  # fmt: skip
QUIET = {"script", "style", "option"}


class Bracketed(NullTranslations):
    """Says everything in brackets."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


class Reader(HTMLParser):
    """Reads what a customer sees or hears, and the words that the page's script was given."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.quiet = 0
        self.english: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.quiet += tag in QUIET or self._english(tag, dict(attrs))
        for name, value in attrs:
            if name in READ_ALOUD and value and not self.quiet:
                self.seen.append(value)
            if name == "data-rules":
                rules = json.loads(value or "{}")
                self.seen += spoken({part: rules[part] for part in rules.keys() - CODES})

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= tag in QUIET
        if self.english and tag == self.english[0]:
            self.english.pop()
            self.quiet -= not self.english

    def _english(self, tag: str, given: dict[str, str | None]) -> bool:
        """Tell whether words begin that are English on every page and say so, as the testers' panel's."""
        begins = not self.english and tag != "html" and given.get("lang") == "en"
        if begins or (self.english and tag == self.english[0]):
            self.english.append(tag)
        return begins

    def handle_data(self, data: str) -> None:
        if not self.quiet and data.strip():
            self.seen.append(data)


def spoken(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [words for item in value.values() for words in spoken(item)]
    return [value] if isinstance(value, str) else []


def unspoken(html: str) -> list[str]:
    """What stands outside of brackets and is none of the known names."""
    depth, outside = 0, [""]
    for letter in "\n".join(Reader(html).seen):
        depth += letter == OPEN
        if not depth:
            outside[-1] += letter
        if letter == CLOSE:
            depth -= 1
            outside.append("")
    left = []
    for text in "\n".join(outside).split("\n"):
        for name in KNOWN:
            text = text.replace(name, "")  # noqa: PLW2901 - what is left of it
        # A letter by itself is the mark of a name.
        if re.search(r"[^\W\d_]", text) and len(text.strip()) > 1:
            left.append(text.strip())
    return left


@pytest.fixture(autouse=True)
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    def language_of(locale: Locale) -> i18n.Language:
        return i18n.Language("en", locale, Bracketed())

    monkeypatch.setattr(i18n, "language_of", language_of)


def test_the_reader_finds_a_word_that_was_forgotten() -> None:
    assert unspoken(f"<p>{OPEN}Pay <b>now</b>{CLOSE} forgotten</p>") == ["forgotten"]
    assert unspoken(f'<div lang="en">for <div>testers</div> alone</div>{OPEN}now{CLOSE}') == []
    assert unspoken('<div lang="en"><div></div></div>forgotten') == ["forgotten"]
    assert unspoken(f'<a title="forgotten">{OPEN}Pay{CLOSE} ₹4.00</a>') == ["forgotten"]
    assert unspoken("""<form data-rules='{"messages": {"a": "forgotten"}, "brands": ["Visa"]}'>""") == [
        "forgotten"
    ]


WAYS = [
    {"shipping_rate_data": {"display_name": name, "fixed_amount": {"amount": cost, "currency": "inr"},
     "delivery_estimate": {"minimum": {"unit": "day", "value": 2}, "maximum": {"unit": "week", "value": 1}}}}
    for name, cost in (("Ground", 0), ("Courier", 9900))
]  # fmt: skip
SESSIONS: dict[str, dict[str, Any]] = {
    "a card": {"payment_method_types": ["card"]},
    "every method of rupees": {"payment_method_types": ["card", "upi", "x_netbanking"]},
    "UPI alone": {"payment_method_types": ["upi"]},
    "delivered": {
        "shipping_options": WAYS, "shipping_address_collection": {"allowed_countries": ["IN", "US"]},
        "allow_promotion_codes": True,
    },
    "a card to keep": {"mode": "setup", "line_items": None},
    "a donation": {"submit_type": "donate"},
}  # fmt: skip


@pytest.mark.parametrize("params", SESSIONS.values(), ids=SESSIONS.keys())
def test_the_page_its_complaints_and_its_end_are_translated(
    app: Flask, till: Till, params: dict[str, Any]
) -> None:
    session = till.open_session(**params)
    buyer = Buyer(app, session)
    assert unspoken(buyer.open().html) == []
    empty = buyer.send({"csrf_token": buyer.token, "billingCountry": "", "billingPostalCode": "!"})
    assert empty.status == 422
    assert unspoken(empty.html) == []
    assert unspoken(buyer.send({"csrf_token": "no"}).html) == []
    till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    assert unspoken(buyer.open().html) == []


@pytest.mark.parametrize(
    "card", ["4000000000009995", "4000000000000069", "4000002760003184", "4242424242424242"]
)
def test_what_becomes_of_a_card_is_translated(app: Flask, till: Till, card: str) -> None:
    buyer = Buyer(app, till.open_session(submit_type="pay"))
    assert unspoken(buyer.pay(cardNumber=card).html) == []
    assert unspoken(buyer.open().html) == []


def test_refused_codes_and_taxes_are_translated(app: Flask, till: Till) -> None:
    coupon = till.post("/v1/coupons", {"percent_off": 100, "name": "Autumn"})
    till.post(
        "/v1/promotion_codes", {"promotion": {"type": "coupon", "coupon": coupon["id"]}, "code": "FALL"}
    )
    buyer = Buyer(app, till.open_session(allow_promotion_codes=True))
    buyer.open()
    for typed in ("WINTER", "FALL"):
        data = {"csrf_token": buyer.token, "promotionCode": typed}
        answer = buyer.client.post(f"{buyer.path}/order", data=data, follow_redirects=True)
        assert unspoken(answer.text) == []


@pytest.mark.parametrize("path", ["/c/pay/cs_test_no", "/c/return/att_no", "/b/no"])
def test_pages_that_find_nothing_are_translated(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 404
    assert unspoken(answer.text) == []
