"""Payouts at the bank: once for each reference, on their way for a day, given back if they fail."""

from typing import Any

import pytest
from sqlalchemy import select

from bank_simulator.treasury import merchant_accounts
from tests.bank.support import Caller

DAY = 24 * 3600
GOOD = "000123456789"


def order(reference: str, number: str = GOOD, amount_minor: int = 5000) -> dict[str, Any]:
    account = {"number": number, "routing_number": "110000000", "country": "US", "holder_name": "Rosie"}
    return {
        "reference": reference, "merchant_id": "florin", "amount_minor": amount_minor, "currency": "usd",
        "account": account, "descriptor": None,
    }  # fmt: skip


def balance(bank: Caller) -> int:
    query = select(merchant_accounts.c.balance_minor)
    return bank.storage.read(lambda tx: int(tx.execute(query).scalar_one()))


def pass_a_day(bank: Caller) -> None:
    bank.post("/v1/clock", {"advance_seconds": DAY})


def test_a_payout_is_paid_after_a_day(either_bank: Caller) -> None:
    bank = either_bank
    first = bank.post("/v1/payouts", order("po_1"))
    again = bank.post("/v1/payouts", order("po_1"))
    assert first.data == again.data
    assert first.get_json()["status"] == "pending"
    assert balance(bank) == -5000
    pass_a_day(bank)
    shown = bank.get("/v1/payouts/po_1").get_json()
    assert (shown["status"], shown["reason"]) == ("paid", None)
    assert shown["trace_id"]
    assert balance(bank) == -5000


@pytest.mark.parametrize(
    ("number", "reason"), [("000111111116", "no_account"), ("000444444440", "invalid_currency")]
)
def test_a_payout_to_a_bad_account_fails_and_gives_its_money_back(
    bank: Caller, number: str, reason: str
) -> None:
    bank.post("/v1/payouts", order("po_1", number))
    pass_a_day(bank)
    shown = bank.get("/v1/payouts/po_1").get_json()
    assert (shown["status"], shown["reason"]) == ("failed", reason)
    assert balance(bank) == 0


def test_a_payout_may_be_paid_and_come_back(bank: Caller) -> None:
    bank.post("/v1/payouts", order("po_1", "000555555551"))
    pass_a_day(bank)
    assert bank.get("/v1/payouts/po_1").get_json()["status"] == "paid"
    pass_a_day(bank)
    assert bank.get("/v1/payouts/po_1").get_json()["status"] == "returned"
    assert balance(bank) == 0


def test_other_content_under_the_same_reference_is_refused(bank: Caller) -> None:
    bank.post("/v1/payouts", order("po_1"))
    assert bank.post("/v1/payouts", order("po_1", amount_minor=5001)).status_code == 409
    assert bank.get("/v1/payouts/po_2").status_code == 404


def test_an_account_has_a_credit_line_and_no_more(bank: Caller) -> None:
    most = 999_999_999_999
    assert bank.post("/v1/payouts", order("po_1", amount_minor=most)).get_json()["status"] == "pending"
    refused = bank.post("/v1/payouts", order("po_2", amount_minor=most)).get_json()
    assert (refused["status"], refused["reason"]) == ("failed", "insufficient_funds")
    assert balance(bank) == -most


@pytest.mark.parametrize(
    "spoilt",
    [{"amount_minor": 0}, {"currency": "usdx"}, {"account": None}, {"extra": 1}, {"reference": "a" * 51}],
)
def test_a_malformed_order_is_refused(bank: Caller, spoilt: dict[str, Any]) -> None:
    assert bank.post("/v1/payouts", {**order("po_1"), **spoilt}).status_code == 400
