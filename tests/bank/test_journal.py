"""The journal holds every operation once, is never changed, and knows no card in clear."""

import re
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bank_simulator.errors import Unavailable
from bank_simulator.tables import accounts, authorizations, journal
from tests.bank.support import Caller, answer_of, order

NUMBER = "5555555555554444"
CVC = "873"


def entries(bank: Caller, query: str = "") -> list[dict[str, object]]:
    data = answer_of(bank.get(f"/v1/journal{query}"))["data"]
    assert isinstance(data, list)
    return data


def test_each_operation_is_written_down_in_its_order(either_bank: Caller) -> None:
    either_bank.authorize("ref_1", capture=False)
    either_bank.authorize("ref_2", "4000000000009995")
    either_bank.capture("ref_1", "cap_1", 1500)
    either_bank.capture("ref_1", "cap_2", 1)
    either_bank.refund("ref_1", "refund_1", 500)
    either_bank.void("ref_3", "void_1")
    assert [
        (row["kind"], row["reference"], row["authorization"], row["outcome"], row["reason"])
        for row in entries(either_bank)
    ] == [
        ("authorization", "ref_1", "ref_1", "approved", None),
        ("authorization", "ref_2", "ref_2", "declined", None),
        ("capture", "cap_1", "ref_1", "approved", None),
        ("capture", "cap_2", "ref_1", "declined", "already_captured"),
        ("refund", "refund_1", "ref_1", "approved", None),
        ("void", "void_1", "ref_3", "voided", None),
    ]
    assert [row["response_code"] for row in entries(either_bank)][:2] == ["00", "51"]


def test_a_repeated_operation_is_written_down_once(either_bank: Caller) -> None:
    for _ in range(3):
        either_bank.authorize("ref_1")
        either_bank.refund("ref_1", "refund_1", 10)
    assert len(entries(either_bank)) == 2


def test_a_request_that_was_refused_is_no_operation(bank: Caller) -> None:
    bank.post("/v1/authorizations", order("ref_1", amount_minor=-1))
    bank.post("/v1/authorizations/ref_1/captures", {"reference": "cap_1", "amount_minor": 1})
    assert entries(bank) == []


def test_the_journal_is_read_page_by_page(bank: Caller) -> None:
    for number in range(5):
        bank.authorize(f"ref_{number}")
    first = answer_of(bank.get("/v1/journal?limit=3"))
    assert first["has_more"] is True
    rest = answer_of(bank.get(f"/v1/journal?limit=3&after={first['data'][-1]['seq']}"))
    assert rest["has_more"] is False
    assert [row["reference"] for row in first["data"] + rest["data"]] == [f"ref_{n}" for n in range(5)]


def test_a_card_is_shown_masked_and_known_by_a_keyed_fingerprint(bank: Caller) -> None:
    bank.authorize("ref_1", NUMBER)
    bank.authorize("ref_2", NUMBER)
    bank.authorize("ref_3", "4242424242424242")
    first, second, other = entries(bank)
    assert first["card_masked"] == "555555******4444"
    assert first["card_fingerprint"] == second["card_fingerprint"] != other["card_fingerprint"]
    assert re.fullmatch(r"[0-9a-f]{64}", str(first["card_fingerprint"]))


def test_a_number_too_short_for_a_card_shows_its_last_four_only(bank: Caller) -> None:
    bank.authorize("ref_1", "424242424242")
    assert entries(bank)[0]["card_masked"] == "********4242"


def test_no_card_number_and_no_cvc_reach_the_database_file(bank: Caller, tmp_path: Path) -> None:
    bank.authorize("ref_1", NUMBER, cvc=CVC)
    bank.authorize("ref_2", NUMBER, cvc=CVC, exp_year=2020)
    bank.post("/v1/authorizations", order("ref_3", NUMBER, cvc=CVC, amount_minor=-1))
    bank.void("ref_4", "void_4")
    bank.authorize("ref_4", NUMBER, cvc=CVC)
    files = list(tmp_path.glob("bank.sqlite3*"))
    assert files
    for file in files:
        content = file.read_bytes()
        assert NUMBER.encode() not in content
        assert b'"873"' not in content
    for table in (journal, authorizations, accounts):
        for row in bank.storage.read(lambda tx, table=table: tx.execute(select(table)).all()):  # type: ignore[misc]
            assert NUMBER not in str(row)
            assert CVC not in {str(value) for value in row}


@pytest.mark.parametrize(
    "change",
    [
        update(journal).values(amount_minor=1),
        delete(journal),
        insert(journal).from_select(
            [column.name for column in journal.c if column.name != "answer"] + ["answer"],
            select(*[column for column in journal.c if column.name != "answer"], text("'{}'")),
        ),
    ],
    ids=["update", "delete", "the same row again"],
)
def test_no_row_can_be_changed_or_taken_away(either_bank: Caller, change: object) -> None:
    answer = either_bank.authorize("ref_1")
    with pytest.raises((DBAPIError, Unavailable)):
        either_bank.storage.write("ref_1", lambda tx: tx.execute(change))  # type: ignore[call-overload]
    assert answer_of(either_bank.get("/v1/operations/ref_1")) == answer


def test_replacing_a_row_on_sqlite_is_refused_too(bank: Caller) -> None:
    answer = bank.authorize("ref_1")
    names = ", ".join(column.name for column in journal.c if column.name != "answer")
    replace = text(f"REPLACE INTO bank_journal ({names}, answer) SELECT {names}, '{{}}' FROM bank_journal")  # noqa: S608 -- names of our own columns
    with pytest.raises(DBAPIError, match="append-only"):
        bank.storage.write("ref_1", lambda tx: tx.execute(replace))
    assert answer_of(bank.get("/v1/operations/ref_1")) == answer


def test_the_journal_cannot_be_emptied_at_once_on_postgresql(empty_schema_url: str) -> None:
    caller = Caller(empty_schema_url)
    try:
        caller.authorize("ref_1")
        with pytest.raises(Unavailable):
            caller.storage.write("ref_1", lambda tx: tx.execute(text("TRUNCATE bank_journal")))
        assert len(entries(caller)) == 1
    finally:
        caller.close()
