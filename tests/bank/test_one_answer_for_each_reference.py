"""A reference gets one answer for ever, and a void that comes first keeps an approval from coming late."""

from typing import Any

import pytest

from bank_simulator.issuer import Limits
from tests.bank.support import Caller, order

FULL_BALANCE = Limits().balance_minor


def test_the_same_authorisation_gets_the_first_answer_again(either_bank: Caller) -> None:
    first = either_bank.post("/v1/authorizations", order("ref_1"))
    either_bank.refund("ref_1", "refund_1", 2000)
    either_bank.now += 3600
    again = either_bank.post("/v1/authorizations", order("ref_1"))
    assert (again.status_code, again.data) == (200, first.data)
    assert either_bank.account() == (FULL_BALANCE, 0)


def test_a_decline_is_repeated_as_well(bank: Caller) -> None:
    first = bank.authorize("ref_1", "4000000000009995")
    assert bank.authorize("ref_1", "4000000000009995") == first


def test_captures_refunds_and_voids_are_repeated_too(either_bank: Caller) -> None:
    either_bank.authorize("ref_1", capture=False)
    assert either_bank.capture("ref_1", "cap_1", 900) == either_bank.capture("ref_1", "cap_1", 900)
    assert either_bank.refund("ref_1", "refund_1", 100) == either_bank.refund("ref_1", "refund_1", 100)
    either_bank.authorize("ref_2", capture=False)
    assert either_bank.void("ref_2", "void_1") == either_bank.void("ref_2", "void_1")
    assert either_bank.account() == (FULL_BALANCE - 800, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"amount_minor": 2001},
        {"currency": "eur"},
        {"capture": False},
        {"number": "5555555555554444"},
        {"exp_year": 2035},
        {"cvc": None},
        {"holder_name": "Someone Else"},
        {"billing_address": None},
        {"merchant_id": "acct_2"},
        {"initiator": "merchant"},
    ],
)
def test_another_authorisation_under_the_same_reference_is_refused(
    bank: Caller, other: dict[str, Any]
) -> None:
    bank.authorize("ref_1")
    response = bank.post("/v1/authorizations", order("ref_1", **other))
    assert (response.status_code, response.get_json()["error"]["code"]) == (409, "reference_reused")


def test_a_currency_in_capitals_is_the_same_currency(bank: Caller) -> None:
    assert bank.authorize("ref_1", currency="USD") == bank.authorize("ref_1", currency="usd")


def test_another_cvc_under_the_same_reference_cannot_be_told_apart_for_none_is_kept(bank: Caller) -> None:
    assert bank.authorize("ref_1", cvc="123") == bank.authorize("ref_1", cvc="321")


def test_a_reference_serves_one_kind_of_operation_and_one_authorisation(bank: Caller) -> None:
    for reference in ("ref_1", "ref_2"):
        bank.authorize(reference)
    bank.refund("ref_1", "op_1", 100)
    for path, body in (
        ("/v1/authorizations/ref_1/refunds", {"reference": "op_1", "amount_minor": 101}),
        ("/v1/authorizations/ref_2/refunds", {"reference": "op_1", "amount_minor": 100}),
        ("/v1/authorizations/ref_1/captures", {"reference": "op_1", "amount_minor": 100}),
        ("/v1/authorizations/ref_1/void", {"reference": "op_1"}),
        ("/v1/authorizations/ref_1/refunds", {"reference": "ref_2", "amount_minor": 100}),
        ("/v1/authorizations", order("op_1")),
    ):
        assert bank.post(path, body).status_code == 409


def test_any_operation_can_be_looked_up_with_the_answer_it_got(bank: Caller) -> None:
    authorized = bank.authorize("ref_1")
    refunded = bank.refund("ref_1", "refund_1", 100)
    assert bank.get("/v1/operations/ref_1").get_json() == authorized
    assert bank.get("/v1/operations/refund_1").get_json() == refunded
    assert bank.show("ref_1") == authorized | {"refunded_minor": 100}


@pytest.mark.parametrize("path", ["/v1/operations/nobody", "/v1/authorizations/nobody"])
def test_what_never_came_is_not_found(bank: Caller, path: str) -> None:
    response = bank.get(path)
    assert (response.status_code, response.get_json()["error"]["code"]) == (404, "not_found")


def test_a_void_that_comes_first_leaves_a_tombstone(either_bank: Caller) -> None:
    answer = either_bank.void("ref_1", "void_1")
    assert (answer["outcome"], answer["tombstone"], answer["authorization"]) == ("voided", True, "ref_1")
    shown = either_bank.show("ref_1")
    assert (shown["outcome"], shown["voided"], shown["tombstone"]) == ("voided", True, True)


def test_an_authorisation_that_comes_after_its_void_is_declined(either_bank: Caller) -> None:
    either_bank.void("ref_1", "void_1")
    late = either_bank.authorize("ref_1")
    assert (late["outcome"], late["captured_minor"], late["voided"]) == ("declined", 0, True)
    assert late["decline"]["code"] == late["decline"]["decline_code"] == "processing_error"
    assert either_bank.authorize("ref_1") == late
    assert either_bank.show("ref_1") == late
    assert either_bank.capture("ref_1", "cap_1", 1)["outcome"] == "declined"


def test_a_tombstone_can_be_voided_again(bank: Caller) -> None:
    first = bank.void("ref_1", "void_1")
    assert bank.void("ref_1", "void_1") == first
    second = bank.void("ref_1", "void_2")
    assert (second["outcome"], second["reason"], second["tombstone"]) == ("voided", "already_voided", True)


def test_a_void_needs_a_reference_of_its_own(bank: Caller) -> None:
    response = bank.post("/v1/authorizations/ref_1/void", {"reference": "ref_1"})
    assert (response.status_code, response.get_json()["error"]["field"]) == (400, "reference")


def test_a_request_that_was_refused_leaves_its_reference_free(bank: Caller) -> None:
    assert bank.post("/v1/authorizations", order("ref_1", amount_minor=-1)).status_code == 400
    assert bank.authorize("ref_1")["outcome"] == "approved"
