"""The issuer's own judgement: expiry, CVC, address, balance, limits and velocity."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bank.support import Caller, assert_the_books_agree, order, sqlite_in


@pytest.fixture
def poor_bank(tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(
        sqlite_in(tmp_path),
        balance_minor=10_000,
        transaction_minor=6_000,
        velocity_count=3,
        velocity_window_seconds=60,
    )
    yield caller
    caller.close()


def decline_code(answer: dict[str, object]) -> object:
    decline = answer["decline"]
    return decline["decline_code"] if isinstance(decline, dict) else None


@pytest.mark.parametrize(
    ("exp_month", "exp_year", "outcome"),
    [(10, 2026, "declined"), (11, 2026, "approved"), (12, 2025, "declined"), (1, 2027, "approved")],
)
def test_a_card_is_good_until_the_end_of_its_month(
    bank: Caller, exp_month: int, exp_year: int, outcome: str
) -> None:
    answer = bank.authorize("ref_1", exp_month=exp_month, exp_year=exp_year)
    assert answer["outcome"] == outcome
    if outcome == "declined":
        assert (answer["decline"]["code"], decline_code(answer)) == ("expired_card", "expired_card")


@pytest.mark.parametrize(("number", "cvc"), [("4242424242424242", "1234"), ("378282246310005", "123")])
def test_a_cvc_of_another_brands_length_is_incorrect(bank: Caller, number: str, cvc: str) -> None:
    answer = bank.authorize("ref_1", number, cvc=cvc)
    assert (answer["decline"]["code"], answer["checks"]["cvc"]) == ("incorrect_cvc", "fail")


def test_only_what_was_sent_is_checked(bank: Caller) -> None:
    address = {"line1": None, "postal_code": "94103", "country": None}
    answer = bank.authorize("ref_1", cvc="", billing_address=address)
    assert answer["checks"] == {"cvc": None, "address_line1": None, "address_postal_code": "pass"}


def test_a_hold_is_no_spending_but_cannot_be_spent_twice(poor_bank: Caller) -> None:
    poor_bank.authorize("ref_1", amount_minor=6000, capture=False)
    assert poor_bank.account() == (10_000, 6_000)
    assert decline_code(poor_bank.authorize("ref_2", amount_minor=4001)) == "insufficient_funds"
    assert poor_bank.authorize("ref_3", amount_minor=4000)["outcome"] == "approved"
    assert poor_bank.account() == (6_000, 6_000)
    assert_the_books_agree(poor_bank.storage, 10_000)


def test_what_is_not_captured_can_be_spent_again(poor_bank: Caller) -> None:
    poor_bank.authorize("ref_1", amount_minor=6000, capture=False)
    poor_bank.capture("ref_1", "cap_1", 1000)
    assert poor_bank.account() == (9_000, 0)
    poor_bank.authorize("ref_2", amount_minor=6000, capture=False)
    poor_bank.void("ref_2", "void_2")
    assert poor_bank.account() == (9_000, 0)
    poor_bank.refund("ref_1", "refund_1", 400)
    assert poor_bank.account() == (9_400, 0)
    assert_the_books_agree(poor_bank.storage, 10_000)


def test_each_currency_has_a_balance_of_its_own(poor_bank: Caller) -> None:
    poor_bank.authorize("ref_1", amount_minor=6000)
    poor_bank.authorize("ref_2", amount_minor=6000, currency="EUR")
    assert (poor_bank.account("usd"), poor_bank.account("eur")) == ((4_000, 0), (4_000, 0))


def test_one_payment_above_the_limit_is_declined(poor_bank: Caller) -> None:
    assert decline_code(poor_bank.authorize("ref_1", amount_minor=6001)) == "card_velocity_exceeded"


def test_too_many_payments_in_one_window_are_declined_and_later_ones_are_not(poor_bank: Caller) -> None:
    for number in range(3):
        assert poor_bank.authorize(f"ref_{number}", amount_minor=100)["outcome"] == "approved"
    assert decline_code(poor_bank.authorize("ref_3", amount_minor=100)) == "card_velocity_exceeded"
    poor_bank.now += 60
    assert poor_bank.authorize("ref_4", amount_minor=100)["outcome"] == "approved"


def test_a_decline_moves_no_money(poor_bank: Caller) -> None:
    poor_bank.authorize("ref_1", amount_minor=5000)
    poor_bank.authorize("ref_2", amount_minor=5001)
    poor_bank.authorize("ref_3", cvc="1234")
    assert poor_bank.account() == (5_000, 0)


def test_a_verification_of_zero_needs_no_money_and_cannot_be_captured(bank: Caller) -> None:
    assert bank.authorize("ref_1", amount_minor=0, capture=False)["outcome"] == "approved"
    assert bank.capture("ref_1", "cap_1", 1)["reason"] == "exceeds_authorized"
    assert bank.void("ref_1", "void_1")["outcome"] == "voided"
    assert bank.post("/v1/authorizations", order("ref_2", amount_minor=0)).status_code == 400
