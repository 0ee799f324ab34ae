"""`florin doctor` finds a card number in the clear, wherever it stands, and does not say it."""

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from kit.database import db
from payments.doctor import card_numbers, pages
from payments.merchants import Merchant
from tests.commands.conftest import Ward
from tests.support.factories import create_merchant

GOOD = "4242424242424242"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (GOOD, True),
        ("paid with 4242 4242 4242 4242, thanks", True),
        ('{"note":"3782-822463-10005"}', True),
        ("4242424242424241", False),  # the check digit
        (GOOD[:-1], False),  # the length
        ("9999999999999995", False),  # no scheme's
        (f"pi_{GOOD}", False),
        (f"0x{GOOD}ab", False),
        ("1795300000 1795300001", False),
        ("", False),
        # A network's number of a transaction has fifteen digits, of which some pass for a card's.
        ('{"network_transaction_id": "378282246310005"}', False),
        ('{"note":"378282246310005"}', True),
        ('{"card":{"set_up_by":"378282246310005"}}', False),
        ('{"trace_id":{"status":"supported","value":"378282246310005"}}', False),
        (r'"{\"network_transaction_id\":\"378282246310005\"}"', False),
        (f'{{"network_transaction_id":"378282246310005","note":"{GOOD}"}}', True),
    ],
)
def test_what_looks_like_a_card_number(text: str, is_one: bool) -> None:
    assert card_numbers.looks_like_one(text) is is_one


@pytest.mark.slow
@pytest.mark.parametrize("column", ["email", "metadata"])
def test_a_number_in_any_column_is_found_and_not_said(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    monkeypatch.setattr(card_numbers, "PAGE_ROWS", 3)  # so that pages follow each other
    customers = [ward.sdk.v1.customers.create({"email": "jenny@example.com"}) for _ in range(5)]
    assert ward.run("doctor", "--only", "card numbers").code == 0
    text = GOOD if column == "email" else f'{{"card": "{GOOD}"}}'
    ward.tamper(f"UPDATE customers SET {column} = :text WHERE id = :id", text=text, id=customers[3].id)  # noqa: S608 - the names above
    told = ward.run("doctor", "--only", "card numbers")
    ward.tamper(f"UPDATE customers SET {column} = '{{}}' WHERE id = :id", id=customers[3].id)  # noqa: S608 - as above
    assert (told.code, told.found("card numbers")) == (1, True)
    assert customers[3].id in told.said
    assert GOOD not in told.said
    assert pages.PAGE_ROWS > 3


def test_each_page_of_a_table_is_read_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_numbers, "_tables", lambda: [Merchant.__table__])
    create_merchant(app)
    asked: list[str] = []
    with app.app_context():
        engine, listener = db.engine, lambda *seen: asked.append(seen[2])
        count = db.session.scalar(select(func.count()).select_from(Merchant)) or 0
        monkeypatch.setattr(card_numbers, "PAGE_ROWS", count + 1)
        event.listen(engine, "before_cursor_execute", listener)
        (check,) = card_numbers.checks()
        assert list(check.run()) == [[]]
        event.remove(engine, "before_cursor_execute", listener)
    assert len([statement for statement in asked if "merchants" in statement]) == 1
