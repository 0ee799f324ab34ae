"""Captured is at most what was authorised, refunded at most what was captured; a void undoes no capture."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from bank_simulator.issuer import Limits
from bank_simulator.tables import accounts, authorizations
from tests.bank.support import Caller, assert_the_books_agree

FULL_BALANCE = Limits().balance_minor


def held(bank: Caller, reference: str = "ref_1", **overrides: Any) -> None:
    assert bank.authorize(reference, capture=False, **overrides)["captured_minor"] == 0


def test_a_capture_takes_all(either_bank: Caller) -> None:
    held(either_bank)
    answer = either_bank.capture("ref_1", "cap_1", 2000)
    assert answer | {"acquirer_reference": "", "created": 0} == {
        "object": "capture",
        "reference": "cap_1",
        "authorization": "ref_1",
        "outcome": "approved",
        "reason": None,
        "amount_minor": 2000,
        "currency": "usd",
        "created": 0,
        "acquirer_reference": "",
    }
    assert len(answer["acquirer_reference"]) == 23
    assert either_bank.show("ref_1")["captured_minor"] == 2000
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_a_capture_takes_a_part_once_and_releases_the_rest(either_bank: Caller) -> None:
    held(either_bank)
    assert either_bank.capture("ref_1", "cap_1", 700)["outcome"] == "approved"
    second = either_bank.capture("ref_1", "cap_2", 1)
    assert (second["outcome"], second["reason"], second["acquirer_reference"]) == (
        "declined",
        "already_captured",
        None,
    )
    assert either_bank.account() == (FULL_BALANCE - 700, 0)


def test_a_capture_above_the_authorisation_is_declined(bank: Caller) -> None:
    held(bank)
    assert bank.capture("ref_1", "cap_1", 2001)["reason"] == "exceeds_authorized"
    assert bank.capture("ref_1", "cap_2", 2000)["outcome"] == "approved"


def test_what_was_captured_at_once_cannot_be_captured_again(bank: Caller) -> None:
    bank.authorize("ref_1")
    assert bank.capture("ref_1", "cap_1", 1)["reason"] == "already_captured"


def test_refunds_go_on_until_all_is_given_back(either_bank: Caller) -> None:
    either_bank.authorize("ref_1")
    assert either_bank.refund("ref_1", "refund_1", 1500)["outcome"] == "approved"
    assert either_bank.refund("ref_1", "refund_2", 501)["reason"] == "exceeds_captured"
    assert either_bank.refund("ref_1", "refund_3", 500)["outcome"] == "approved"
    assert either_bank.refund("ref_1", "refund_4", 1)["reason"] == "exceeds_captured"
    assert either_bank.show("ref_1")["refunded_minor"] == 2000
    assert either_bank.account() == (FULL_BALANCE, 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_only_what_was_captured_can_be_refunded(bank: Caller) -> None:
    held(bank)
    assert bank.refund("ref_1", "refund_1", 1)["reason"] == "not_captured"
    bank.capture("ref_1", "cap_1", 300)
    assert bank.refund("ref_1", "refund_2", 301)["reason"] == "exceeds_captured"


def test_a_void_releases_the_hold(either_bank: Caller) -> None:
    held(either_bank)
    answer = either_bank.void("ref_1", "void_1")
    assert (answer["object"], answer["outcome"], answer["reason"]) == ("void", "voided", None)
    assert (answer["amount_minor"], answer["tombstone"]) == (2000, False)
    shown = either_bank.show("ref_1")
    assert (shown["outcome"], shown["voided"]) == ("voided", True)
    assert either_bank.account() == (FULL_BALANCE, 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_a_second_void_changes_nothing_and_says_so(bank: Caller) -> None:
    held(bank)
    bank.void("ref_1", "void_1")
    again = bank.void("ref_1", "void_2")
    assert (again["outcome"], again["reason"]) == ("voided", "already_voided")
    assert bank.account() == (FULL_BALANCE, 0)


def test_what_was_captured_cannot_be_voided(bank: Caller) -> None:
    bank.authorize("ref_1")
    answer = bank.void("ref_1", "void_1")
    assert (answer["outcome"], answer["reason"]) == ("declined", "already_captured")
    assert bank.show("ref_1")["captured_minor"] == 2000


def test_what_was_voided_can_be_neither_captured_nor_refunded(bank: Caller) -> None:
    held(bank)
    bank.void("ref_1", "void_1")
    assert bank.capture("ref_1", "cap_1", 1)["reason"] == "already_voided"
    assert bank.refund("ref_1", "refund_1", 1)["reason"] == "already_voided"


def test_what_was_declined_holds_nothing_to_capture_refund_or_void(bank: Caller) -> None:
    bank.authorize("ref_1", "4000000000000002")
    assert bank.capture("ref_1", "cap_1", 1)["reason"] == "already_declined"
    assert bank.refund("ref_1", "refund_1", 1)["reason"] == "already_declined"
    void = bank.void("ref_1", "void_1")
    assert (void["outcome"], void["reason"]) == ("voided", "already_declined")
    assert bank.show("ref_1")["outcome"] == "declined"


def test_the_currency_is_that_of_the_authorisation(bank: Caller) -> None:
    held(bank, currency="jpy")
    assert bank.capture("ref_1", "cap_1", 100, currency="usd")["reason"] == "currency_mismatch"
    assert bank.capture("ref_1", "cap_2", 100, currency="JPY")["currency"] == "jpy"
    assert bank.refund("ref_1", "refund_1", 100, currency="usd")["reason"] == "currency_mismatch"
    assert bank.refund("ref_1", "refund_2", 100)["currency"] == "jpy"


@pytest.mark.parametrize("verb", ["captures", "refunds"])
def test_there_is_nothing_to_do_to_an_unknown_authorisation(bank: Caller, verb: str) -> None:
    response = bank.post(f"/v1/authorizations/nobody/{verb}", {"reference": "op_1", "amount_minor": 1})
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "broken",
    [
        {"captured_minor": 2001},
        {"captured_minor": -1},
        {"refunded_minor": 1},
        {"captured_minor": 10, "refunded_minor": 11},
        {"captured_minor": 10, "outcome": "voided"},
        {"amount_minor": -1},
        {"outcome": "maybe"},
    ],
)
def test_the_tables_themselves_refuse_wrong_books(either_bank: Caller, broken: dict[str, object]) -> None:
    held(either_bank)
    with pytest.raises(IntegrityError):
        either_bank.storage.write("ref_1", lambda tx: tx.execute(update(authorizations).values(broken)))


@pytest.mark.parametrize("broken", [{"held_minor": -1}, {"balance_minor": 1999}])
def test_an_account_cannot_hold_what_it_has_not(either_bank: Caller, broken: dict[str, int]) -> None:
    held(either_bank)
    with pytest.raises(IntegrityError):
        either_bank.storage.write("ref_1", lambda tx: tx.execute(update(accounts).values(broken)))
