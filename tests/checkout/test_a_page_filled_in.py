"""A page that is filled in from its shape is, to the byte, the page that would have been rendered."""

import gzip
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask, request
from itsdangerous import BadData, URLSafeTimedSerializer

from checkout import rendering, shapes, short_way, visits
from checkout.i18n import speaking
from kit import clock, database
from kit.sealing import Sealer
from payments import branding
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.line_items import LineItem
from payments.merchants import Merchant
from payments.scope import Caller, acting_as
from tests.checkout.test_merchants_text_is_only_text import TEXTS
from tests.support.asked import EVERYTHING
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.factories import create_merchant


def line(name: str = "Tea", *, amount: int = 19900, quantity: int = 1, **others: Any) -> dict[str, Any]:
    product = {"name": name, **others.pop("product", {})}
    price = {"currency": "inr", "unit_amount": amount, "product_data": product}
    return {"quantity": quantity, "price_data": price, **others}


ADJUSTABLE = {"enabled": True, "minimum": 0, "maximum": 90}
DELIVERY = {
    "shipping_rate_data": {
        "display_name": "By bicycle",
        "type": "fixed_amount",
        "fixed_amount": {"amount": 900, "currency": "inr"},
        "delivery_estimate": {"maximum": {"unit": "day", "value": 3}},
    }
}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"customer_email": "asha@example.com"},
    "all that may be asked": {**EVERYTHING, "custom_text": {"submit": {"message": "**Thanks** & bye"}}},
    "pictures": {
        "line_items": [line(product={"images": ["https://shop.example/tea.png"], "description": "Leaves"})]
    },
    "one of many": {"line_items": [line(f"Tea {n}", quantity=n + 1, amount=500 + n) for n in range(12)]},
    "to be changed": {
        "line_items": [line(quantity=3, adjustable_quantity=ADJUSTABLE), line("Cup")],
        "optional_items": [{"quantity": 2, "price": None}],
        "allow_promotion_codes": True,
    },
    "ways of delivery": {
        "shipping_address_collection": {"allowed_countries": ["IN", "DE"]},
        "shipping_options": [DELIVERY, DELIVERY],
    },
    "donated, in German": {"submit_type": "donate", "locale": "de", "cancel_url": None},
    "an amount to choose": {},
    "packs": {},
    "cards alone": {"allowed_payment_method_types": ["card"]},
}
# Their lines have a price of their own.
COUNTED: dict[str, dict[str, Any]] = {
    "an amount to choose": {"custom_unit_amount": {"enabled": "true", "minimum": 5000, "maximum": 900_000}},
    "packs": {"unit_amount": 4900, "transform_quantity": {"divide_by": 12, "round": "up"}},
}
LANGUAGES = ("en-IN", "de-CH,de;q=0.5", "ar-EG", "he", "hi-IN", "ja")
ROUNDS = 8
HOSTILE = [text for text in TEXTS.values() if text] + ["'", '"', "&amp;", "q0q", "a\0b", "x" * 70_000]


def texts_of(luck: random.Random) -> str:
    return luck.choice(["Tea", "Ćay & Co", luck.choice(HOSTILE)])


def opened(till: Till, kind: str) -> str:
    params = dict(KINDS[kind])
    if params.get("optional_items"):
        product = till.post("/v1/products", {"name": "Biscuit"})["id"]
        price = {"currency": "inr", "unit_amount": 4900, "product": product}
        params["optional_items"] = [{"quantity": 2, "price": till.post("/v1/prices", price)["id"]}]
    if kind in COUNTED:
        price = {"currency": "inr", "product_data": {"name": "Tea"}, **COUNTED[kind]}
        params["line_items"] = [{"quantity": 1, "price": till.post("/v1/prices", price)["id"]}]
    return str(till.open_session(**params)["id"])


@contextmanager
def visiting(app: Flask, session_id: str, languages: str, packed: str = "gzip") -> Iterator[CheckoutSession]:
    headers = {"Accept-Language": languages, "Accept-Encoding": packed}
    with app.test_request_context(f"/c/pay/{session_id}", headers=headers):
        session = visits.find_session(session_id)
        assert session is not None
        with acting_as(visits.buyer_of(session, request)), speaking(rendering.locale_of(session)):
            yield session


def rendered(session: CheckoutSession) -> bytes:
    form = rendering.payment_form(session, None)
    return bytes(rendering.form_page(session, form, None, HTTPStatus.OK).get_data())


def filled(session: CheckoutSession) -> bytes | None:
    """The page from its shape, None where it was rendered."""
    answer = shapes.form_page(session)
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(answer.get_data()) if packed else None


def spoil(session: CheckoutSession, luck: random.Random) -> list[LineItem]:
    """Put other texts and amounts into a session and its lines, as they might stand in the database."""
    session.amount_subtotal, session.amount_total = luck.randrange(1, 10**8), luck.randrange(1, 10**8)
    session.cancel_url = session.cancel_url and f"https://shop.example/cart?a=1&b={luck.random()}'"
    if "customer_email" in session.details:
        session.details = session.details | {"customer_email": f"{luck.random()}<&'@example.com"}
    lines = LineItem.of_session(session.id)
    for item in lines:
        item.name, item.amount = texts_of(luck), luck.randrange(10**7)
        item.unit_amount = luck.randrange(10**6)
        item.description = item.description and texts_of(luck)
        item.quantity = luck.randrange(2, 5000) if item.quantity > 1 else item.quantity
        item.images = [f"https://shop.example/{luck.random()}.png"] if item.images else []
    if session.adjustments:
        shipping = session.adjustments.get("shipping")
        for option in shipping["options"] if shipping else ():
            option |= {"display_name": texts_of(luck), "shipping_amount": luck.randrange(1, 9999)}
    return lines


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_filled_in_is_what_would_be_rendered(app: Flask, till: Till, kind: str) -> None:
    session_id, luck, fast = opened(till, kind), random.Random(kind), 0
    for languages in LANGUAGES:
        for turn in range(ROUNDS):
            with visiting(app, session_id, languages) as session:
                kept = spoil(session, luck) if turn else []
                page = filled(session)
                assert page in (None, rendered(session)), (languages, turn, [item.name for item in kept])
                fast += page is not None
                database.rollback()
    assert fast > len(LANGUAGES)


def without_token(seen: Seen) -> str:
    return seen.html.replace(seen.values["csrf_token"], "")


@pytest.mark.parametrize("public_url", ["http://127.0.0.1:8000", "https://pay.shop.example"])
def test_a_first_look_by_the_short_way_is_answered_as_by_flasks(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch, public_url: str
) -> None:
    settings = replace(app.config["FLORIN"], public_url=public_url)
    monkeypatch.setitem(app.config, "FLORIN", settings)
    asked = {"Accept-Language": "de-CH,de;q=0.5", "Accept-Encoding": "identity"}
    answers = []

    def first_look(app: Flask, environ: dict[str, Any]) -> short_way.Answer | None:
        answers.append(short_way.answer(app, environ))
        return answers[-1]

    monkeypatch.setattr(app, "short_ways", (first_look,))
    for _ in range(3):
        path = f"/c/pay/{till.open_session(payment_intent_data={'description': 'Tea'})['id']}"
        short = app.test_client(use_cookies=False).get(path, headers=asked)
    long = app.test_client(use_cookies=False).get(path, headers={**asked, "Cookie": "another=1"})
    assert [answer is not None for answer in answers[-2:]] == [True, False]
    assert short.status == long.status
    told = [dict(answer.headers) for answer in (short, long)]
    cookies = [re.sub("=[^;]+;", "=;", each.pop("Set-Cookie"), count=1) for each in told]
    assert cookies[0] == cookies[1]
    if public_url.startswith("https"):
        assert told[0].pop("Strict-Transport-Security")  # of an app that is told so when it is made
    assert told[0] == told[1]
    pages = [without_token(look(each)) for each in (short, long)]
    assert pages[0] == pages[1]


def test_a_first_look_that_fails_on_the_short_way_takes_the_long_one(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no random bytes")

    monkeypatch.setattr(short_way, "first_token", broken)
    for _ in range(3):
        assert Buyer(app, till.open_session()).open().takes_a_card


def test_what_is_sealed_here_is_what_itsdangerous_signs() -> None:
    theirs, ours = URLSafeTimedSerializer("secret", salt="salt"), Sealer("secret", salt="salt")
    for text in ("0123456789abcdef" * 2, "a" * 4000):
        assert ours.loads(theirs.dumps(text)) == theirs.loads(ours.dumps(text)) == text
    with pytest.raises(BadData):
        ours.loads(URLSafeTimedSerializer("another", salt="salt").dumps("text"))
    with pytest.raises(BadData):
        theirs.loads(Sealer("secret", salt="another").dumps("text"))


def test_a_browser_without_gzip_gets_the_same_page(app: Flask, till: Till) -> None:
    for _ in range(3):
        session_id = till.open_session()["id"]
        with visiting(app, session_id, "de", packed="identity") as session:
            assert shapes.form_page(session).get_data() == rendered(session)


@pytest.mark.parametrize("name", ["override", "unclosed"])
def test_text_that_would_turn_its_neighbours_round_takes_the_long_way(
    app: Flask, till: Till, name: str
) -> None:
    for _ in range(3):
        session_id = till.open_session(line_items=[line(TEXTS[name])])["id"]
        with visiting(app, session_id, "en") as session:
            assert filled(session) is None


def test_each_browser_has_a_token_of_its_own_that_pays(app: Flask, till: Till) -> None:
    tokens = set()
    for _ in range(4):
        buyer = Buyer(app, till.open_session())
        tokens.add(buyer.open().values["csrf_token"])
        assert buyer.submit().status == HTTPStatus.OK
        assert till.get(f"/v1/checkout/sessions/{buyer.session['id']}")["payment_status"] == "paid"
    assert len(tokens) == 4


def test_a_look_that_has_changed_shows_at_once(app: Flask) -> None:
    merchant, secret_key = create_merchant(app, "Old Name")
    till = Till(app, secret_key)
    for _ in range(3):
        assert "Old Name" in Buyer(app, till.open_session()).open().text
    with app.app_context():
        row = database.db.session.get(Merchant, merchant.id)
        assert row is not None
        with acting_as(Caller(row.id, livemode=False, actor="test")):
            branding.change(row, {"display_name": "New Name", "button_color": "#123456"}, {})
            database.commit()
    seen = Buyer(app, till.open_session()).open()
    assert "New Name" in seen.text
    assert "Old Name" not in seen.text
    assert "123456" in seen.html


def test_what_one_session_asks_is_not_asked_on_the_next_ones_page(app: Flask, till: Till) -> None:
    for _ in range(3):
        assert "phoneNumber" not in Buyer(app, till.open_session()).open().values
    asking = {"phone_number_collection": {"enabled": True}, "allowed_payment_method_types": ["card"]}
    for _ in range(3):
        seen = Buyer(app, till.open_session(**asking)).open()
        assert "phoneNumber" in seen.values
        assert seen.values["paymentMethod"] == "card"


def test_a_shape_that_lacks_something_is_given_up(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shapes, "VIEWS_TO_A_COMPARISON", 3)
    steering = "a word that nobody put into the key"
    pages = []
    for turn in range(8):
        if turn == 3:
            monkeypatch.setattr(rendering, "words_of", lambda _: {"texts": {}, "reuse_agreement": steering})
        pages.append(steering in Buyer(app, till.open_session()).open().text)
    assert pages == [False] * 4 + [True] * 4
    assert "out of date" in caplog.text


def test_tomorrows_page_has_tomorrows_date(app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        Buyer(app, till.open_session()).open()
    session = till.open_session()
    now = int(time.time())
    monkeypatch.setattr(clock, "now", lambda: now + 20 * 3600)
    tomorrow = datetime.fromtimestamp(now + 20 * 3600, UTC).date().isoformat()
    assert f'data-today="{tomorrow}"' in Buyer(app, session).open().html


def test_a_session_that_changes_meanwhile_has_another_page(app: Flask, till: Till) -> None:
    for _ in range(3):
        till.open_session()
    buyer = Buyer(app, till.open_session())
    assert buyer.open().takes_a_card
    till.post(f"/v1/checkout/sessions/{buyer.session['id']}/expire")
    assert buyer.open().status == HTTPStatus.GONE


def test_every_look_at_a_page_is_in_the_audit_log(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session())
    for _ in range(4):
        buyer.open()
    with app.app_context():
        query = "SELECT COUNT(*) FROM audit_rows WHERE action = 'checkout.page_shown' AND object_id = :id"
        found = database.db.session.execute(database.db.text(query), {"id": buyer.session["id"]}).scalar_one()
    assert found == 4
