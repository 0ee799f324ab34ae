"""The last line of defence: the database itself refuses money that was never there, whatever code does."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from kit.database import db
from tests.payments.conftest import Shop

FORBIDDEN = {
    "captured more than authorised": "UPDATE charges SET amount_captured = amount + 1 WHERE id = :charge",
    "captured less than nothing": "UPDATE charges SET amount_captured = -1 WHERE id = :charge",
    "refunded more than captured": (
        "UPDATE charges SET amount_refunded = amount_captured + 1 WHERE id = :charge"
    ),
    "refunded less than nothing": "UPDATE charges SET amount_refunded = -1 WHERE id = :charge",
    "captured less than refunded": (
        "UPDATE charges SET amount_captured = amount_refunded - 1 WHERE id = :charge"
    ),
    "received more than asked": "UPDATE payment_intents SET amount_received = amount + 1 WHERE id = :intent",
    "received less than nothing": "UPDATE payment_intents SET amount_received = -1 WHERE id = :intent",
    "capturable beyond the amount": (
        "UPDATE payment_intents SET amount_capturable = amount + 1 WHERE id = :intent"
    ),
    "refund of nothing": "UPDATE refunds SET amount = 0 WHERE id = :refund",
    "refund of less than nothing": "UPDATE refunds SET amount = -5 WHERE id = :refund",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_database_refuses(shop: Shop, statement: str) -> None:
    intent = shop.pay()
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 700})
    ids = {"intent": intent.id, "charge": intent.latest_charge, "refund": refund.id}
    with shop.house.app_context():
        with pytest.raises(DatabaseError) as refused:
            db.session.execute(
                text(statement), {name: value for name, value in ids.items() if f":{name}" in statement}
            )
        assert "ck_" in str(refused.value)
        db.session.rollback()
    shop.check_books()


@pytest.mark.parametrize("table", ["audit_rows", "ledger_entries"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET created = 0", "DELETE FROM {}"])
def test_what_has_been_written_down_stays(shop: Shop, table: str, verb: str) -> None:
    shop.pay()
    count = text(f"SELECT count(*) FROM {table}")  # noqa: S608 - a table's name from the list above
    with shop.house.app_context():
        before = db.session.scalar(count)
        with pytest.raises(DatabaseError):
            db.session.execute(text(verb.format(table)))
        db.session.rollback()
        assert db.session.scalar(count) == before
