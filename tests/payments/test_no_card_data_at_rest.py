"""After payments of every kind, no file of the database holds the card's number or code in any spelling."""

import base64
import hashlib
import logging
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url

from kit.database import Base, db
from tests.payments.conftest import Shop
from tests.support.buyer import Buyer, Till

NUMBER = "5200828282828210"
DECLINED = "4000000000009987"
CODE = "739"
RAW = {"type": "card", "card": {"number": NUMBER, "exp_month": 12, "exp_year": 2034, "cvc": CODE}}
CODE_SHOWN = re.compile(rb"(?i)(?:cvc|cvv|security.code)[^a-z0-9_]{1,8}" + CODE.encode() + rb"(?![0-9])")


def spellings(number: str) -> Iterator[bytes]:
    """How a number may hide: text, blocks, reversed, wide, packed, encoded, or under a hash without a key."""
    plain = number.encode()
    yield plain
    for separator in (" ", "-", "+", "%20"):
        yield separator.join(re.findall("....", number)).encode()
    yield plain[::-1]
    yield number.encode("utf-16-le")
    yield number.encode("utf-16-be")
    yield plain.hex().encode()
    yield bytes.fromhex(number)  # binary coded decimal
    for order in ("big", "little"):
        yield int(number).to_bytes(8, order)[1 if order == "big" else 0 :][:7]
    for offset in range(3):  # wherever it begins within a longer text
        coded = base64.b64encode(b"x" * offset + plain)
        yield coded[4 if offset else 0 : -4]
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(algorithm, plain)
        yield digest.digest()
        yield digest.hexdigest().encode()
        yield base64.b64encode(digest.digest())[:-4]


def pay_in_every_way(shop: Shop, number: str) -> None:
    """Raw and sealed, at once and later, attached, typed on the page, refused for its form and declined."""
    client, headers = shop.house.test_client(), {"Authorization": f"Bearer {shop.secret_key}"}

    def post(path: str, **data: str) -> int:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return client.post(path, data=data, headers=headers | key).status_code

    card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": CODE}
    method = client.post("/v1/payment_methods", data={"type": "card", **card}, headers=headers).get_json()[
        "id"
    ]
    customer = client.post("/v1/customers", headers=headers).get_json()["id"]
    intent = {"amount": "2000", "currency": "usd"}
    inside = {f"payment_method_data[{name.replace('[', '][', 1)}": value for name, value in card.items()}
    inside["payment_method_data[type]"] = "card"
    answers = [
        post(f"/v1/payment_methods/{method}/attach", customer=customer),
        post("/v1/payment_intents", **intent, confirm="true", **inside),
        post("/v1/payment_intents", **intent, **inside),
        post("/v1/payment_intents", **intent, confirm="true", customer=customer, payment_method=method),
        post("/v1/payment_methods", type="card", **(card | {"card[exp_month]": "13"})),
        post("/v1/payment_methods", type="card", **(card | {"card[cvc]": CODE + "9"})),
        post("/v1/payment_methods", type="card", **(card | {"card[exp_year]": number})),
        post("/v1/payment_methods", type="card", **(card | {"card[number]": f"{number[:-1]}x"})),
        post("/v1/payment_methods", type="card", **{f"card[number][{number}]": number}),
        # Parameters that were mixed up.
        post("/v1/payment_intents", **intent, confirm="true", payment_method=number),
        post("/v1/payment_intents", amount="2000", currency=number),
        post("/v1/refunds", charge=" ".join(re.findall("....", number))),
        post(f"/v1/customers/{number}", name="Jenny"),
        client.get(f"/v1/payment_methods/{number}", headers=headers).status_code,
    ]
    assert not any(status >= 500 for status in answers)
    assert answers[1] in (200, 402)
    json = {"amount": 2000, "currency": "usd"}
    begun = client.post("/payment/initiate", json=json, headers=headers).get_json()["transaction_id"]
    paid = {
        "transaction_id": begun,
        "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": CODE},
    }
    assert client.post("/payment/confirm", json=paid, headers=headers).status_code in (200, 402)
    Buyer(shop.house, Till(shop.house, shop.secret_key).open_session()).pay(cardNumber=number, cardCvc=CODE)


def files_of(house: Flask) -> Iterator[Path]:
    folder = house.config["FLORIN"].data_dir
    url = make_url(house.config["SQLALCHEMY_DATABASE_URI"])
    if url.drivername.startswith("sqlite"):
        assert url.database is not None
        yield from Path(url.database).parent.glob(Path(url.database).name + "*")
    yield from (path for path in folder.rglob("*") if path.is_file())


def dump(house: Flask) -> bytes:
    """Every row of every table as the database writes it as text."""
    with house.app_context():
        if db.engine.dialect.name == "sqlite":
            return b""
        rows = [
            str(value).encode()
            for table in Base.metadata.sorted_tables
            for value in db.session.scalars(text(f'SELECT t::text FROM "{table.name}" t'))  # noqa: S608
        ]
        db.session.remove()
        return b"\n".join(rows)


def test_no_spelling_of_a_card_is_kept(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pay_in_every_way(shop, NUMBER)
    pay_in_every_way(shop, DECLINED)
    kept = {str(path): path.read_bytes() for path in files_of(shop.house)}
    kept["dump"] = dump(shop.house)
    kept["log"] = caplog.text.encode()
    for number in (NUMBER, DECLINED):
        for spelling in spellings(number):
            assert [name for name, content in kept.items() if spelling in content] == [], spelling
    assert [name for name, content in kept.items() if CODE_SHOWN.search(content)] == []


def test_the_search_finds_what_it_looks_for() -> None:
    assert len(set(spellings(NUMBER))) > 20
    hidden = base64.b64encode(b'{"card":{"number":"' + NUMBER.encode() + b'"}}')
    assert any(spelling in hidden for spelling in spellings(NUMBER))
    assert CODE_SHOWN.search(b'"cvc":"739"')
    assert CODE_SHOWN.search(b"card[cvc]=739&")
