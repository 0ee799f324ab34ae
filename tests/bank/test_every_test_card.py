"""Each row of Stripe's published table of test cards, as the bank answers it."""

import csv
from pathlib import Path

import pytest

from bank_simulator.cards import COUNTRY_NUMBERS, TABLE, country_number
from bank_simulator.network import luhn_digit
from tests.bank.support import Caller

ROWS = list(csv.DictReader(Path(__file__).with_name("test_cards.csv").read_text("utf-8").splitlines()))
NUMBERS = [row["number"] for row in ROWS]
OF_BEHAVIOUR = {row["number"]: row["behaviour"] for row in ROWS}
DECLINING = {"declined", "declined_after_attach", "invalid_number"}

RISK = {
    # number: outcome, risk level, blocked, and the checks of CVC, address line and postal code
    "4100000000000019": ("declined", "highest", True, "pass", "pass", "pass"),
    "4000000000004954": ("approved", "highest", False, "pass", "pass", "pass"),
    "4000000000009235": ("approved", "elevated", False, "pass", "pass", "pass"),
    "4000000000000101": ("approved", "normal", False, "fail", "pass", "pass"),
    "4000000000000036": ("approved", "normal", False, "pass", "pass", "fail"),
    "4000000000000028": ("approved", "normal", False, "pass", "fail", "pass"),
    "4000000000000010": ("approved", "normal", False, "pass", "fail", "fail"),
    "4000000000000044": ("approved", "normal", False, "pass", "unchecked", "unchecked"),
    "4000058400307872": ("approved", "elevated", False, "fail", "pass", "pass"),
    "4000058400306072": ("approved", "elevated", False, "pass", "pass", "fail"),
}
THREE_D_SECURE = {
    # number: approved for (a customer who is there, a merchant who charges without them)
    "4000002500003155": (False, False),
    "4000002760003184": (False, False),
    "4000003800000446": (False, True),
    "4000008260003178": (False, False),
    "4000000000003220": (False, False),
    "4000008400000027": (False, False),
    "4000008400001629": (False, False),
    "4000008400001280": (False, False),
    "4000000000003055": (True, True),
    "4000000000003097": (True, True),
    "4000000032200000": (True, True),
    "4000582600000045": (False, False),
    "4000582600000094": (False, False),
    "4000582600000102": (False, False),
    "4000582600000110": (False, False),
}


def numbers_of(*behaviours: str) -> list[str]:
    return [number for number in NUMBERS if OF_BEHAVIOUR[number] in behaviours]


def test_the_banks_table_is_the_published_table() -> None:
    assert [
        (card.number, card.brand, card.behaviour, card.code or "", card.decline_code or "")
        for card in TABLE
        if not card.blocked
    ] == [
        (row["number"], row["brand"], row["behaviour"], row["error_code"], row["decline_code"])
        for row in ROWS
        if row["token_suffix"] != "radarBlock"
    ]
    assert {card.number for card in TABLE} == set(NUMBERS)


def test_this_file_speaks_of_every_row() -> None:
    assert set(numbers_of("risk")) == set(RISK)
    assert set(numbers_of("three_d_secure")) == set(THREE_D_SECURE)
    rest = DECLINING | {"risk", "three_d_secure", "approved", "dispute", "refund_or_balance"}
    assert set(OF_BEHAVIOUR.values()) == rest


@pytest.mark.parametrize("number", numbers_of("approved", "dispute", "refund_or_balance"))
def test_a_good_card_is_approved_with_all_that_a_merchant_needs(shared_bank: Caller, number: str) -> None:
    answer = shared_bank.pay_with(number)
    row = ROWS[NUMBERS.index(number)]
    assert (answer["outcome"], answer["decline"]) == ("approved", None)
    assert (answer["captured_minor"], answer["refunded_minor"], answer["voided"]) == (2000, 0, False)
    assert answer["network"] == answer["card"]["brand"] == row["brand"]
    assert answer["card"]["last4"] == number[-4:]
    assert len(answer["authorization_code"]) == 6
    assert len(answer["network_transaction_id"]) == 15
    assert set(answer["checks"].values()) == {"pass"}
    assert answer["risk"] == {"level": "normal", "score": 20, "blocked": False}


@pytest.mark.parametrize("number", numbers_of(*DECLINING))
def test_a_declining_card_gives_exactly_its_codes(shared_bank: Caller, number: str) -> None:
    row = ROWS[NUMBERS.index(number)]
    answer = shared_bank.pay_with(number)
    assert answer["outcome"] == "declined"
    assert (answer["decline"]["code"], answer["decline"]["decline_code"] or "") == (
        row["error_code"],
        row["decline_code"],
    )
    assert len(answer["decline"]["network_decline_code"]) == 2
    assert (answer["captured_minor"], answer["authorization_code"]) == (0, None)


@pytest.mark.parametrize(("number", "expected"), RISK.items())
def test_a_risk_card_shows_its_level_and_checks(
    shared_bank: Caller, number: str, expected: tuple[object, ...]
) -> None:
    answer = shared_bank.pay_with(number)
    checks = answer["checks"]
    assert (
        answer["outcome"],
        answer["risk"]["level"],
        answer["risk"]["blocked"],
        checks["cvc"],
        checks["address_line1"],
        checks["address_postal_code"],
    ) == expected


@pytest.mark.parametrize("number", RISK)
def test_checks_are_empty_where_nothing_was_sent(shared_bank: Caller, number: str) -> None:
    answer = shared_bank.pay_with(number, cvc=None, billing_address=None)
    assert set(answer["checks"].values()) == {None}


def test_a_payment_blocked_by_risk_is_called_fraudulent_and_never_sent_to_the_network(
    shared_bank: Caller,
) -> None:
    answer = shared_bank.pay_with("4100000000000019")
    assert answer["decline"]["code"] == "card_declined"
    assert answer["decline"]["decline_code"] == "fraudulent"
    assert answer["decline"]["network_decline_code"] is None


@pytest.mark.parametrize(("number", "approved"), THREE_D_SECURE.items())
def test_a_card_that_must_authenticate_is_declined_where_nobody_can_be_sent_to_its_issuer(
    shared_bank: Caller, number: str, approved: tuple[bool, bool]
) -> None:
    for initiator, expected in zip(("customer", "merchant"), approved, strict=True):
        answer = shared_bank.pay_with(number, initiator=initiator)
        if expected:
            assert answer["outcome"] == "approved"
        else:
            assert answer["outcome"] == "declined"
            assert answer["decline"]["code"] == "authentication_required"
            assert answer["decline"]["decline_code"] == "authentication_required"


@pytest.mark.parametrize("number", numbers_of("declined_after_attach", "three_d_secure", "risk"))
def test_a_verification_of_zero_passes_where_only_charges_are_refused(
    shared_bank: Caller, number: str
) -> None:
    assert shared_bank.pay_with(number, amount_minor=0, capture=False)["outcome"] == "approved"


@pytest.mark.parametrize("number", numbers_of("declined"))
def test_a_verification_of_zero_finds_a_card_that_declines(shared_bank: Caller, number: str) -> None:
    assert shared_bank.pay_with(number, amount_minor=0, capture=False)["outcome"] == "declined"


@pytest.mark.parametrize("country", COUNTRY_NUMBERS)
def test_the_card_of_each_country_comes_from_there(shared_bank: Caller, country: str) -> None:
    answer = shared_bank.pay_with(country_number(country))
    assert (answer["outcome"], answer["card"]["country"]) == ("approved", country)


def test_country_cards_follow_the_published_rule_and_its_exceptions() -> None:
    assert country_number("IN") == "4000003560000008"
    assert country_number("AR") == "4000000320000021"
    assert country_number("MX") == "4000004840008001"
    assert country_number("DE") == "4000002760000016"


def test_any_other_good_number_of_a_known_range_is_approved(shared_bank: Caller) -> None:
    payload = "424242000000000"
    assert shared_bank.pay_with(payload + luhn_digit(payload))["outcome"] == "approved"


@pytest.mark.parametrize(
    "number",
    [
        "4242424242424243",  # check digit
        "424242424242",  # too short for its brand, though good by its check digit or not
        "9" * 15 + luhn_digit("9" * 15),  # no network owns this range
        "0000000000000000",
        "42424242",
    ],
)
def test_a_number_that_no_issuer_gave_out_is_incorrect(shared_bank: Caller, number: str) -> None:
    answer = shared_bank.pay_with(number)
    assert answer["outcome"] == "declined"
    assert (answer["decline"]["code"], answer["network"]) == ("incorrect_number", None)
