"""What a merchant writes is shown as it is written: it can't script, restyle, redirect or turn a sum round.

Each text goes into every place that a merchant's words reach, and each page is compared with the same page of
a harmless shop: the same elements with the same attributes, and not one header more.
"""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from kit.plain_text import unsteered
from payments import merchants
from tests.support.buyer import Buyer, Till, flat, look
from tests.support.desk import open_shop

HARMLESS = "Tea"
TEXTS = {
    "script": "<script>alert(1)</script>",
    "image": "\"><img src=x onerror=alert(1)>'",
    "style": "</title><style>*{display:none}</style><base href=//evil.example>",
    "refresh": '"/><meta http-equiv="refresh" content="0;url=//evil.example">',
    "template": "{{ 7 * 191 }} {% print(1) %} ${7*191} %(merchant)s {0.__class__} %s",
    "entities": "&lt;script&gt;&#x3c;img&#x3e; <!-- -->]]> -->",
    "lines": "Tea\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>",
    "override": "\u202e00.1$ \u202dTea\u202c",
    "unclosed": "\u2067\u2066Tea",
    "right to left": "תה \u200f ירוק",
    "no space": "W" * 3000,
}
# Beyond this, one word fits no page; the API says so or the page shows it.
VERY_LONG = "Tea " * 2500

STEERING = re.compile("[\u202a-\u202e]")


class _Bones(HTMLParser):
    """The elements of a page with the names of their attributes, and all of its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *sorted(name for name, _ in attrs)))
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src", "action")]


def bones(answer: TestResponse) -> tuple[list[tuple[str, ...]], list[str]]:
    html = answer.get_data(as_text=True)
    assert not STEERING.search(html)
    return _Bones(html).elements, sorted(answer.headers.keys())


def goods(text: str) -> dict[str, Any]:
    product = {"name": text, "description": text}
    return {"quantity": 2, "price_data": {"currency": "usd", "unit_amount": 500, "product_data": product}}


def pages_of(app: Flask, text: str) -> dict[str, TestResponse]:
    """Every page that a merchant's words reach, of a shop in which each of them is this text."""
    shop = open_shop(app, name=text)
    till, desk = shop.till, shop.desk()
    coupon = till.post("/v1/coupons", {"percent_off": 10, "duration": "once", "name": text[:40]})
    rate = {"type": "fixed_amount", "fixed_amount": {"amount": 300, "currency": "usd"}}
    tax = till.post("/v1/tax_rates", {"display_name": text[:50], "percentage": 10, "inclusive": False})
    line = goods(text) | {"tax_rates": [tax["id"]]}
    session = till.open_session(
        line_items=[line],
        discounts=[{"coupon": coupon["id"]}],
        shipping_options=[{"shipping_rate_data": {"display_name": text[:100], **rate}} for _ in range(2)],
        client_reference_id=text[:200],
        metadata={"order": text[:500], text[:40].replace("[", "(").replace("]", ")"): "key"},
        payment_intent_data={"description": text[:1000], "metadata": {"order": text[:500]}},
    )
    buyer = Buyer(app, session)
    shown = {"pay": buyer.open().response}
    shown["declined"] = buyer.submit(cardNumber="4000000000000002").response
    shown["paid"] = buyer.submit().response
    other = till.open_session(line_items=[goods(text)])
    till.post(f"/v1/checkout/sessions/{other['id']}/expire")
    shown["expired"] = Buyer(app, other).open().response
    shown |= links_of(till, text)
    till.post("/v1/customers", {"name": text[:256], "description": text[:350]})
    hook = {"url": "https://shop.example/hook", "enabled_events": ["*"], "description": text[:500]}
    endpoint = till.post("/v1/webhook_endpoints", hook)
    paid = till.get(f"/v1/checkout/sessions/{session['id']}")
    event = till.get("/v1/events?type=checkout.session.completed")["data"][0]
    for path in (
        "", "/payments", f"/payments/{paid['payment_intent']}", "/checkout-sessions",
        f"/checkout-sessions/{session['id']}", "/events", f"/events/{event['id']}", "/webhooks",
        f"/webhooks/{endpoint['id']}", "/audit", "/keys",
    ):  # fmt: skip
        name = re.sub(r"/(?:pi|cs|evt|we)_\w+", "/one", path)
        shown[f"dashboard{name}"] = desk.open(f"/dashboard{path}").response
    return shown


def links_of(till: Till, text: str) -> dict[str, TestResponse]:
    words = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": text[:500]}}
    link = till.post("/v1/payment_links", {"line_items": [goods(text)], "after_completion": words})
    path = "/" + link["url"].split("/", 3)[3]
    opened = till.client.get(path).headers["Location"].rpartition("/")[2]
    confirmed = Buyer(till.app, {"id": opened}).pay().response
    till.post(f"/v1/payment_links/{link['id']}", {"active": False, "inactive_message": text[:500]})
    return {"link, confirmed": confirmed, "link, closed": till.client.get(path)}


@pytest.fixture(autouse=True)
def _passwords_are_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(merchants.SCRYPT, "n", 16)


@pytest.fixture(scope="module")
def harmless(app: Flask) -> dict[str, tuple[Any, Any]]:
    return {page: bones(answer) for page, answer in pages_of(app, HARMLESS).items()}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_every_page_has_the_bones_of_a_harmless_one(
    app: Flask, harmless: dict[str, tuple[Any, Any]], text: str
) -> None:
    shown = pages_of(app, text)
    assert {page: answer.status_code for page, answer in shown.items() if answer.status_code >= 500} == {}
    different = {page for page, answer in shown.items() if bones(answer) != harmless[page]}
    assert different == set()
    assert "$9.90" in look(shown["pay"]).text.replace("$12.90", "$9.90")


def test_ten_thousand_characters_are_shown_or_refused_and_never_a_fault(app: Flask, till: Till) -> None:
    for given in (
        {"line_items": [goods(VERY_LONG)]},
        {"line_items": [goods("Tea")], "metadata": {"order": VERY_LONG}},
        {"line_items": [goods("Tea")], "client_reference_id": VERY_LONG},
    ):
        answer = till.client.post(
            "/v1/checkout/sessions",
            data=dict(flat({"mode": "payment", "success_url": "https://shop.example/", **given})),
            headers=till.headers,
        )
        assert answer.status_code in (200, 400), answer.get_data(as_text=True)
        if answer.status_code == 200:
            assert Buyer(app, answer.get_json()).open().status == 200


EVIL = (
    "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
    "//evil.example", "\\\\evil.example", "https:evil.example", "https:///evil.example", "vbscript:x",
    "data:text/html,<script>alert(1)</script>", "blob:https://shop.example/1", "file:///etc",
    "https://shop.example/\r\nX-Evil: 1", "https://shop.example/\nx", "https://shop.example\\@evil.example/",
    "/relative", "https://", "https://shop.example:99999/", "https://shop.example/" + "a" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("url", EVIL)
@pytest.mark.parametrize("param", ["success_url", "cancel_url", "link", "return_url", "setup return_url"])
def test_an_address_that_leads_astray_is_refused_by_name(till: Till, url: str, param: str) -> None:
    session = {"mode": "payment", "line_items": [goods("Tea")], "success_url": "https://shop.example/"}
    redirect = {"type": "redirect", "redirect": {"url": url}}
    path, given = {
        "success_url": ("/v1/checkout/sessions", session | {"success_url": url}),
        "cancel_url": ("/v1/checkout/sessions", session | {"cancel_url": url}),
        "link": ("/v1/payment_links", {"line_items": [goods("Tea")], "after_completion": redirect}),
        "return_url": ("/v1/payment_intents", {"amount": 500, "currency": "usd", "confirm": True,
                                               "payment_method": "pm_card_visa", "return_url": url}),
        "setup return_url": ("/v1/setup_intents", {"confirm": True, "payment_method": "pm_card_visa",
                                                   "return_url": url}),
    }[param]  # fmt: skip
    answer = till.client.post(path, data=dict(flat(given)), headers=till.headers)
    assert answer.status_code == 400, answer.get_data(as_text=True)
    assert answer.get_json()["error"].get("code") == ("url_invalid" if len(url) < 5000 else None)


HOSTS = (
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Original-URL": "https://evil.example/", "X-Rewrite-URL": "https://evil.example/"},
    {"X-Forwarded-Prefix": "//evil.example"},
)


@pytest.mark.parametrize("headers", HOSTS, ids=str)
def test_no_address_is_built_from_what_a_request_says_of_its_host(
    app: Flask, till: Till, headers: dict[str, str]
) -> None:
    client = app.test_client()

    def clean(answer: TestResponse) -> TestResponse:
        told = answer.get_data(as_text=True) + str(answer.headers)
        assert "evil.example" not in told
        return answer

    params = dict(
        flat({"mode": "payment", "success_url": "https://shop.example/", "line_items": [goods("Tea")]})
    )
    made = clean(client.post("/v1/checkout/sessions", data=params, headers={**till.headers, **headers}))
    path = "/c/pay/" + made.get_json()["id"]
    clean(client.get(path, headers=headers))
    link = clean(
        client.post(
            "/v1/payment_links",
            data=dict(flat({"line_items": [goods("Tea")]})),
            headers={**till.headers, **headers},
        )
    )
    opened = clean(client.get("/" + link.get_json()["url"].split("/", 3)[3], headers=headers))
    assert opened.headers["Location"].startswith("/c/pay/")
    clean(client.post("/stripecli/auth", data={"device_name": "laptop"}, headers=headers))
    for page in ("/", "/dashboard", "/dashboard/login", "/openapi.json", "/c/pay/cs_test_none", "/nowhere"):
        clean(client.get(page, headers=headers))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Tea", "Tea"),
        ("\u202eaeT\u202c", "aeT"),
        ("\u2067תה\u2069", "\u2067תה\u2069"),
        ("\u2067תה", "תה"),
        ("\u2069\u2067תה", "תה"),
        ("\u200f499.00 ₹", "\u200f499.00 ₹"),
        ("👩‍👩‍👧 ندى", "👩‍👩‍👧 ندى"),
    ],
)
def test_what_would_turn_the_neighbours_round_is_taken_out(text: str, left: str) -> None:
    assert unsteered(text) == left
