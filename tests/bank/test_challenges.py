"""3-D Secure at the bank: every kind of challenge, every way that it can end, and who has the last word."""

import pytest
from sqlalchemy import select

from bank_simulator.notices import notices
from tests.bank.challenged import (
    BACK,
    FULL_BALANCE,
    KINDS,
    MULTI_SELECT,
    OPEN_SECONDS,
    OTP,
    OUT_OF_BAND,
    RIGHT,
    SINGLE_SELECT,
    WRONG,
    Holder,
    advance,
    assert_nothing_was_taken,
    challenged,
    completions,
    way_back,
)
from tests.bank.support import Caller, assert_the_books_agree


@pytest.mark.parametrize(("number", "kind"), KINDS.items())
def test_the_right_answer_completes_the_payment(either_bank: Caller, number: str, kind: str) -> None:
    holder = challenged(either_bank, number)
    assert either_bank.show("pay_1")["captured_minor"] == 0
    response = holder.answer(**RIGHT[kind])
    assert (response.status_code, response.headers["Location"]) == (303, f"{holder.path}?done=")
    page = holder.open("?done=")
    assert 'data-state="passed"' in page
    assert way_back(page) == {"reference": "pay_1", "outcome": "passed"}
    answer = either_bank.show("pay_1")
    assert (answer["outcome"], answer["captured_minor"], answer["challenge_url"]) == ("approved", 2000, None)
    assert len(answer["authorization_code"]) == 6
    told = answer["three_d_secure"]
    assert (told["result"], told["authentication_flow"]) == ("authenticated", "challenge")
    assert (told["electronic_commerce_indicator"], told["version"]) == ("05", "2.2.0")
    (entry,) = completions(either_bank)
    assert (entry["reference"], entry["authorization"]) == ("pay_1_completion", "pay_1")
    assert (entry["outcome"], entry["amount_minor"]) == ("approved", 2000)
    assert either_bank.account() == (FULL_BALANCE - 2000, 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


@pytest.mark.parametrize("number", [OTP, SINGLE_SELECT, MULTI_SELECT])
def test_the_third_wrong_answer_fails_the_payment(either_bank: Caller, number: str) -> None:
    holder, wrong = challenged(either_bank, number), WRONG[KINDS[number]]
    for left in ("2 tries", "1 try"):
        response = holder.answer(**wrong)
        assert response.status_code == 422
        assert f"You have {left} left." in response.text
        assert either_bank.show("pay_1")["outcome"] == "challenge_required"
    assert holder.answer(**wrong).status_code == 303
    page = holder.open("?done=")
    assert 'data-state="rejected"' in page
    assert way_back(page)["outcome"] == "rejected"
    answer = either_bank.show("pay_1")
    assert answer["outcome"] == "declined"
    assert answer["decline"] == {
        "code": "authentication_failed", "decline_code": None, "network_decline_code": None,
        "advice_code": None,
    }  # fmt: skip
    assert (answer["three_d_secure"]["result"], answer["three_d_secure"]["result_reason"]) == (
        "failed",
        "rejected",
    )
    assert_nothing_was_taken(either_bank)


def test_a_wrong_answer_may_be_followed_by_the_right_one(bank: Caller) -> None:
    holder = challenged(bank)
    holder.answer(code="111111")
    assert holder.answer(code=" 424 242 ").status_code == 303
    assert bank.show("pay_1")["outcome"] == "approved"


def test_the_banking_app_may_refuse(bank: Caller) -> None:
    challenged(bank, OUT_OF_BAND).answer(refuse="yes")
    assert bank.show("pay_1")["three_d_secure"]["result_reason"] == "rejected"
    assert_nothing_was_taken(bank)


def test_pressing_nothing_at_the_banking_app_changes_nothing(bank: Caller) -> None:
    assert challenged(bank, OUT_OF_BAND).answer().status_code == 422
    assert bank.show("pay_1")["outcome"] == "challenge_required"


@pytest.mark.parametrize("number", KINDS)
def test_its_holder_may_cancel_every_kind(bank: Caller, number: str) -> None:
    holder = challenged(bank, number)
    assert holder.answer(cancel="yes").status_code == 303
    assert 'data-state="canceled"' in holder.open()
    assert bank.show("pay_1")["three_d_secure"]["result_reason"] == "canceled"
    assert_nothing_was_taken(bank)


def test_an_abandoned_challenge_times_out_by_the_schedule(either_bank: Caller) -> None:
    holder = challenged(either_bank)
    holder.open()
    advance(either_bank, OPEN_SECONDS - 1)
    assert either_bank.show("pay_1")["outcome"] == "challenge_required"
    advance(either_bank, 1)
    assert either_bank.show("pay_1")["three_d_secure"]["result_reason"] == "abandoned"
    assert holder.send(code="424242").status_code == 303
    assert 'data-state="timed_out"' in holder.open()
    assert_nothing_was_taken(either_bank)


def test_an_answer_that_comes_too_late_is_too_late_before_the_schedule_says_so(bank: Caller) -> None:
    holder = challenged(bank)
    holder.open()
    bank.now += OPEN_SECONDS  # the clock moves, and nothing due has run yet
    assert 'data-state="timed_out"' in holder.open()
    assert holder.send(code="424242").status_code == 303
    assert bank.show("pay_1")["outcome"] == "declined"


def test_the_issuer_looks_at_the_account_when_the_challenge_is_passed(bank: Caller) -> None:
    everything = FULL_BALANCE - 1000
    holder = challenged(bank)
    for number in range(2):  # two payments are the most that one may be
        bank.authorize(f"other_{number}", OTP, set_up_by=None, return_url=BACK, amount_minor=everything // 2)
        bank_holder = Holder(bank, bank.show(f"other_{number}")["challenge_url"])
        assert bank_holder.answer(code="424242").status_code == 303
        assert bank.show(f"other_{number}")["outcome"] == "approved"
    assert holder.answer(code="424242").status_code == 303
    answer = bank.show("pay_1")
    assert (answer["outcome"], answer["decline"]["decline_code"]) == ("declined", "insufficient_funds")
    assert answer["three_d_secure"]["result"] == "authenticated"


def test_what_is_captured_later_is_held_once_the_challenge_is_passed(either_bank: Caller) -> None:
    holder = challenged(either_bank, capture=False)
    holder.answer(code="424242")
    assert either_bank.account() == (FULL_BALANCE, 2000)
    assert either_bank.capture("pay_1", "cap_1", 2000)["outcome"] == "approved"
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_nothing_can_be_captured_before_the_challenge_is_passed(bank: Caller) -> None:
    challenged(bank, capture=False)
    assert bank.capture("pay_1", "cap_1", 2000)["outcome"] == "declined"


def test_the_same_request_gets_the_same_challenge(bank: Caller) -> None:
    holder = challenged(bank)
    assert challenged(bank).url == holder.url
    holder.answer(code="424242")
    assert bank.authorize("pay_1", OTP, return_url=BACK)["outcome"] == "challenge_required"
    assert bank.show("pay_1")["outcome"] == "approved"


def test_a_void_takes_an_open_challenge_back_for_good(either_bank: Caller) -> None:
    holder = challenged(either_bank)
    holder.open()
    assert either_bank.void("pay_1", "void_1")["outcome"] == "voided"
    assert holder.send(code="424242").status_code == 303
    assert 'data-state="withdrawn"' in holder.open("?done=")
    advance(either_bank, OPEN_SECONDS)
    assert either_bank.show("pay_1")["outcome"] == "voided"
    assert_nothing_was_taken(either_bank)


def test_a_void_after_the_challenge_was_passed_is_refused(bank: Caller) -> None:
    challenged(bank).answer(code="424242")
    refused = bank.void("pay_1", "void_1")
    assert (refused["outcome"], refused["reason"]) == ("declined", "already_captured")


def test_a_challenge_that_was_voided_before_it_came_is_declined(bank: Caller) -> None:
    assert bank.void("pay_1", "void_1")["tombstone"] is True
    answer = bank.authorize("pay_1", OTP, return_url=BACK)
    assert (answer["outcome"], answer["challenge_url"]) == ("declined", None)


def test_a_notice_tells_of_each_end(bank: Caller) -> None:
    challenged(bank).answer(code="424242")
    rows = bank.storage.read(lambda tx: tx.execute(select(notices.c.kind, notices.c.subject)).all())
    assert [tuple(row) for row in rows] == [("authorization.updated", "pay_1")]
