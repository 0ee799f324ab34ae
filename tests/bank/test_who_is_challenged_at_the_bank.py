"""Which cards are challenged at the bank, and what comes of those that are not."""

import pytest

from tests.bank.challenged import (
    BACK,
    OTP,
    assert_nothing_was_taken,
    challenged,
)
from tests.bank.support import GOOD_CARD, Caller


@pytest.mark.parametrize(
    "said", [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")]
)
def test_some_cards_pass_the_challenge_and_are_declined_all_the_same(
    bank: Caller, said: tuple[str, str]
) -> None:
    number, decline_code = said
    challenged(bank, number).answer(code="424242")
    answer = bank.show("pay_1")
    assert (answer["outcome"], answer["decline"]["decline_code"]) == ("declined", decline_code)
    assert answer["decline"]["code"] == "card_declined"
    assert_nothing_was_taken(bank)


def test_a_lookup_that_fails_declines_what_must_be_authenticated(bank: Caller) -> None:
    answer = bank.authorize("pay_1", "4000008400001280", return_url=BACK)
    assert (answer["outcome"], answer["decline"]["code"]) == ("declined", "card_declined")
    assert answer["decline"]["decline_code"] == "processing_error"
    assert answer["three_d_secure"]["result"] == "processing_error"


def test_a_lookup_that_fails_does_not_stop_what_need_not_be_authenticated(bank: Caller) -> None:
    plain = bank.authorize("pay_1", "4000000000003097", return_url=BACK)
    asked = bank.authorize("pay_2", "4000000000003097", return_url=BACK, three_d_secure="any")
    assert (plain["outcome"], plain["three_d_secure"]) == ("approved", None)
    assert (asked["outcome"], asked["three_d_secure"]["result"]) == ("approved", "processing_error")


def test_an_issuer_may_know_its_customer_without_asking(bank: Caller) -> None:
    told = bank.authorize("pay_1", "4000000032200000", return_url=BACK)["three_d_secure"]
    assert (told["result"], told["authentication_flow"]) == ("authenticated", "frictionless")


@pytest.mark.parametrize(
    ("number", "result", "indicator"),
    [
        (GOOD_CARD, "attempt_acknowledged", "06"),
        ("5555555555554444", "attempt_acknowledged", "01"),
        ("378282246310005", "not_supported", None),
        ("6200000000000005", "not_supported", None),
    ],
)
def test_a_card_that_is_not_enrolled_is_attempted_only_where_that_is_asked_for(
    bank: Caller, number: str, result: str, indicator: str | None
) -> None:
    assert bank.authorize("pay_1", number, return_url=BACK)["three_d_secure"] is None
    answer = bank.authorize("pay_2", number, return_url=BACK, three_d_secure="any")
    told = answer["three_d_secure"]
    assert (answer["outcome"], told["result"]) == ("approved", result)
    assert (told["electronic_commerce_indicator"], told["authentication_flow"]) == (indicator, None)


@pytest.mark.parametrize("wish", ["any", "challenge"])
def test_a_card_that_may_be_challenged_is_challenged_where_that_is_asked_for(bank: Caller, wish: str) -> None:
    number = "4000000000003055"
    assert bank.authorize("pay_0", number, return_url=BACK)["outcome"] == "approved"
    challenged(bank, number, three_d_secure=wish)


def test_a_card_is_not_challenged_again_once_it_was_set_up(bank: Caller) -> None:
    number = "4000002500003155"
    challenged(bank, number, sets_up=True).answer(code="424242")
    kept_by = bank.show("pay_1")["network_transaction_id"]
    for initiator in ("customer", "merchant"):
        later = bank.authorize(f"later_{initiator}", number, set_up_by=kept_by, initiator=initiator)
        assert later["outcome"] == "approved"
    assert bank.authorize("cold", number, initiator="merchant")["outcome"] == "declined"
    other = bank.authorize("other", "4000002760003184", set_up_by=kept_by, initiator="merchant")
    assert other["outcome"] == "declined"
    challenged(bank, number, "again")


def test_a_payment_that_kept_no_card_sets_none_up(bank: Caller) -> None:
    number = "4000002500003155"
    challenged(bank, number).answer(code="424242")
    kept_by = bank.show("pay_1")["network_transaction_id"]
    refused = bank.authorize("later", number, set_up_by=kept_by, initiator="merchant")
    assert refused["decline"]["code"] == "authentication_required"


def test_a_bad_card_is_declined_before_anyone_is_challenged(bank: Caller) -> None:
    refused = bank.authorize("pay_1", OTP, return_url=BACK, exp_year=2020)
    assert (refused["outcome"], refused["decline"]["code"]) == ("declined", "expired_card")


def test_a_challenge_needs_a_way_back(bank: Caller) -> None:
    assert bank.authorize("pay_1", OTP)["decline"]["code"] == "authentication_required"
    for url in ("javascript:alert(1)", "ftp://x", "https://x/ y"):
        body = {"reference": "pay_2", "return_url": url}
        assert bank.post("/v1/authorizations", body).status_code == 400
