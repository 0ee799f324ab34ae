"""Whoever tests has a customer act without a page: the ends are those that the pages lead to."""

import secrets
from typing import Any

import pytest

from tests.bank.challenged import BACK
from tests.bank.support import Caller, bearer

PAYMENT = {
    "merchant_id": "acct_1", "amount_minor": 5000, "capture": True, "return_url": "https://shop.example/back",
}  # fmt: skip
CURRENCY = {"upi": "inr", "x_netbanking": "inr", "ideal": "eur", "klarna": "eur", "amazon_pay": "usd"}
IBAN = "DE89370400440532013000"


def challenged(bank: Caller, number: str) -> str:
    """Authorise a card that asks for its holder; returns the reference."""
    told = bank.pay_with(number, return_url=BACK)
    assert told["outcome"] == "challenge_required"
    return str(told["reference"])


def begin(bank: Caller, method: str) -> str:
    """Begin a payment without a card; returns its reference."""
    reference = secrets.token_hex(16)
    details = {"email": "asha@example.com"} if method == "klarna" else {}
    currency = CURRENCY.get(method, "eur")
    if method == "sepa_debit":
        details = {"iban": IBAN, "name": "Asha Rao", "email": "asha@example.com", "mandate": "accepted"}
    body = {**PAYMENT, "reference": reference, "method": method, "currency": currency, "details": details}
    response = bank.post("/v1/payments", body)
    assert response.status_code == 200, response.text
    return reference


def act(bank: Caller, reference: str, deed: str, status: int = 200) -> dict[str, Any]:
    response = bank.post(f"/v1/authorizations/{reference}/acts", {"act": deed})
    assert response.status_code == status, response.text
    told: dict[str, Any] = response.get_json()
    return told


@pytest.mark.parametrize(
    ("deed", "ends"),
    [
        ("approve", ("approved", "authenticated", None)),
        ("refuse", ("declined", "failed", "rejected")),
        ("cancel", ("declined", "failed", "canceled")),
        ("lapse", ("declined", "failed", "abandoned")),
    ],
)
@pytest.mark.parametrize("number", ["4000002760003184", "4000582600000094", "4000582600000110"])
def test_a_challenge_ends_as_its_holder_acts(
    bank: Caller, number: str, deed: str, ends: tuple[str, str, str | None]
) -> None:
    reference = challenged(bank, number)
    told = act(bank, reference, deed)
    proof = told["three_d_secure"]
    assert (told["outcome"], proof["result"], proof["result_reason"]) == ends
    assert act(bank, reference, "approve") == told  # what has ended stays so
    journal = bank.get("/v1/journal").get_json()["data"]
    assert [row["kind"] for row in journal if row["authorization"] == reference] == [
        "authorization",
        "completion",
    ]


def test_an_approved_holder_may_still_have_no_money(bank: Caller) -> None:
    reference = challenged(bank, "4000008260003178")
    assert act(bank, reference, "approve")["decline"]["decline_code"] == "insufficient_funds"


@pytest.mark.parametrize("method", CURRENCY)
@pytest.mark.parametrize(
    ("deeds", "outcomes"),
    [
        (("approve",), ("approved",)),
        (("refuse",), ("declined",)),
        (("cancel",), ("declined",)),
        (("lapse",), ("declined",)),
        (("leave", "approve"), ("pending", "approved")),
        (("leave", "refuse"), ("pending", "declined")),
    ],
    ids="-".join,
)
def test_a_payment_without_a_card_ends_as_its_payer_acts(
    shared_bank: Caller, method: str, deeds: tuple[str, ...], outcomes: tuple[str, ...]
) -> None:
    reference = begin(shared_bank, method)
    assert tuple(act(shared_bank, reference, deed)["outcome"] for deed in deeds) == outcomes


def test_a_payer_who_cancels_is_told_so_and_one_who_lets_it_lapse_too(shared_bank: Caller) -> None:
    ends = {deed: act(shared_bank, begin(shared_bank, "ideal"), deed)["decline"]["code"] for deed in DECLINES}
    assert ends == DECLINES


DECLINES = {
    "cancel": "payment_method_customer_decline",
    "refuse": "insufficient_funds",
    "lapse": "payment_intent_payment_attempt_expired",
}


def test_a_debit_ends_days_early_as_it_is_wanted(shared_bank: Caller) -> None:
    good, bad = begin(shared_bank, "sepa_debit"), begin(shared_bank, "sepa_debit")
    assert act(shared_bank, good, "leave")["outcome"] == "pending"  # as it does by itself
    assert act(shared_bank, good, "approve")["outcome"] == "approved"
    assert act(shared_bank, bad, "refuse")["decline"]["code"] == "debit_not_authorized"


def test_what_cannot_be_done_is_refused(shared_bank: Caller) -> None:
    assert act(shared_bank, begin(shared_bank, "sepa_debit"), "lapse", 400)["error"]["field"] == "act"
    card = challenged(shared_bank, "4000002760003184")
    assert act(shared_bank, card, "leave", 400)["error"]["field"] == "act"
    assert act(shared_bank, card, "dance", 400)["error"]["field"] == "act"
    act(shared_bank, "nobody", "approve", 404)
    path = f"/v1/authorizations/{card}/acts"
    assert shared_bank.client().post(path, json={"act": "approve"}).status_code == 401


def test_a_withdrawn_challenge_is_past_acting(bank: Caller) -> None:
    reference = challenged(bank, "4000002760003184")
    bank.void(reference, "void_1")
    assert act(bank, reference, "approve")["outcome"] == "voided"


def test_a_payment_that_asked_nobody_is_left_as_it_is(bank: Caller) -> None:
    bank.authorize("pay_1")
    assert act(bank, "pay_1", "refuse")["outcome"] == "approved"


@pytest.mark.parametrize(("name", "found"), [("Answer Lost", 200), (" REQUEST LOST ", 404)])
def test_a_name_on_the_card_loses_the_answer(shared_bank: Caller, name: str, found: int) -> None:
    reference = secrets.token_hex(16)
    order = {
        "reference": reference, "merchant_id": "acct_1", "amount_minor": 100, "currency": "usd",
        "capture": True, "initiator": "customer", "billing_address": {},
        "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123",
                 "holder_name": name},
    }  # fmt: skip
    lost = shared_bank.post("/v1/authorizations", order)
    assert (lost.status_code, lost.get_json()["error"]["code"]) == (503, "unavailable")
    looked_up = shared_bank.client().get(f"/v1/authorizations/{reference}", headers=bearer())
    assert looked_up.status_code == found
