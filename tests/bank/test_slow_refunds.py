"""Refunds that are pending first, and refunds that come back: told as they stand, journaled, never twice."""

from typing import Any

import pytest

from bank_simulator import slow_refunds
from tests.bank.support import Caller, answer_of, assert_the_books_agree
from tests.bank.test_disputes import LIMIT, advance, entries, told

pytestmark = pytest.mark.slow

PENDING, FAILING = "4000000000007726", "4000000000005126"


def standing(bank: Caller, reference: str) -> dict[str, Any]:
    return answer_of(bank.get(f"/v1/operations/{reference}"))


def test_a_refund_that_is_pending_gives_nothing_back_until_it_is_done(either_bank: Caller) -> None:
    either_bank.authorize("pay_1", PENDING)
    first = either_bank.refund("pay_1", "ref_1", 500)
    assert (first["outcome"], first["acquirer_reference"]) == ("pending", None)
    assert either_bank.account() == (LIMIT - 2000, 0)
    assert either_bank.show("pay_1")["refunded_minor"] == 500
    assert standing(either_bank, "ref_1")["outcome"] == "pending"
    assert_the_books_agree(either_bank.storage, LIMIT)

    advance(either_bank, slow_refunds.PENDING_SECONDS)
    done = standing(either_bank, "ref_1")
    assert (done["outcome"], done["history"]) == ("approved", ["pending", "approved"])
    assert len(done["acquirer_reference"]) == 23
    assert either_bank.account() == (LIMIT - 1500, 0)
    assert told(either_bank, "refund.updated") == ["ref_1"]
    assert either_bank.refund("pay_1", "ref_1", 500) == first
    assert entries(either_bank) == [("refund", "pending", 500), ("refund_completion", "approved", 500)]
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_a_refund_that_fails_afterwards_may_be_made_again(either_bank: Caller) -> None:
    either_bank.authorize("pay_1", FAILING)
    first = either_bank.refund("pay_1", "ref_1", 2000)
    assert first["outcome"] == "approved"
    assert either_bank.account() == (LIMIT, 0)
    assert either_bank.refund("pay_1", "ref_2", 1)["reason"] == "exceeds_captured"

    advance(either_bank, slow_refunds.FAILURE_SECONDS)
    failed = standing(either_bank, "ref_1")
    assert (failed["outcome"], failed["history"]) == ("failed", ["approved", "failed"])
    assert failed["reason"] == "expired_or_canceled_card"
    assert either_bank.account() == (LIMIT - 2000, 0)
    assert either_bank.show("pay_1")["refunded_minor"] == 0
    assert told(either_bank, "refund.updated") == ["ref_1"]
    assert either_bank.refund("pay_1", "ref_3", 2000)["outcome"] == "approved"
    assert ("refund_failure", "approved", 2000) in entries(either_bank)
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_other_refunds_are_told_as_they_were_answered(bank: Caller) -> None:
    bank.authorize("pay_1")
    assert standing(bank, bank.refund("pay_1", "ref_1", 500)["reference"])["outcome"] == "approved"
    advance(bank, 86_400)
    assert "history" not in standing(bank, "ref_1")
    assert told(bank, "refund.updated") == []


@pytest.mark.parametrize("length", [20, 64])
def test_a_reference_may_be_as_long_as_references_are(either_bank: Caller, length: int) -> None:
    reference = "r" * length
    either_bank.authorize("pay_1", PENDING)
    either_bank.refund("pay_1", reference, 500)
    advance(either_bank, slow_refunds.PENDING_SECONDS)
    assert standing(either_bank, reference)["outcome"] == "approved"
