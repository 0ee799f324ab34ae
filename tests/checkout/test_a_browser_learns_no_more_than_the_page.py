"""A browser that confirms with a publishable key is told reasons of declines as often as the page tells them.

After that every decline reads alike, in the error, in the intent that it holds and in the intent that is read
later; the merchant itself, with its secret key, always sees the truth.
"""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from kit import clock, database, limits
from kit.database import db
from kit.limits import Limit, LimitCounter
from payments.charging import tries
from payments.charging.tries import LIVE
from payments.merchants import ApiKey, KeyKind
from tests.support.buyer import Buyer, Till, flat
from tests.support.hosted_page import INSUFFICIENT_FUNDS

BAD = {
    "4000000000000002": "generic_decline",
    INSUFFICIENT_FUNDS: "insufficient_funds",
    "4000000000000127": "incorrect_cvc",
    "4000000000000069": "expired_card",
    "4000000000000119": "processing_error",
}
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
ALIKE = ("card_declined", "generic_decline", "Your card was declined.")
OF_ONE_TRY = re.compile(r'"(?:id|charge|created|last4|fingerprint|request_log_url)": ?"?[^",}]*"?')


class Shop:
    """A merchant whose customers confirm in their browsers; each kind of intent in the same way."""

    def __init__(self, till: Till, noun: str) -> None:
        self.till = till
        self.path = f"/v1/{noun}s"
        account = till.get("/v1/account")["id"]
        with till.app.app_context():
            _, publishable = ApiKey.issue(account, KeyKind.PUBLISHABLE, livemode=False)
            database.commit()
        self.browser = {"Authorization": f"Bearer {publishable}"}
        self.reason = "last_payment_error" if noun == "payment_intent" else "last_setup_error"
        self.noun = noun
        self.address = "127.0.0.1"  # behind which may be everybody

    def intent(self) -> dict[str, Any]:
        given: dict[str, Any] = {"allowed_payment_method_types": ["card"]}
        if self.noun == "payment_intent":
            given |= {"amount": 2000, "currency": "usd"}
        return self.till.post(self.path, given)

    def confirm(self, intent: dict[str, Any], number: str | None) -> dict[str, Any]:
        card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
        given = {"client_secret": intent["client_secret"]}
        typed = {"payment_method_data": {"type": "card", "card": card}} if number else {}
        answer = self.till.client.post(
            f"{self.path}/{intent['id']}/confirm",
            data=dict(flat(given | typed)),
            headers=self.browser,
            environ_overrides={"REMOTE_ADDR": self.address},
        )
        told: dict[str, Any] = answer.get_json()
        assert (answer.status_code, "error" in told) in ((402, True), (200, False), (400, True)), told
        return told

    def decline_by_server(self, intent: dict[str, Any]) -> None:
        """The merchant's own server confirms, and is told the reason."""
        given = {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}
        path = f"{self.path}/{intent['id']}/confirm"
        answer = self.till.client.post(path, data=given, headers=self.till.headers)
        assert answer.get_json()["error"]["decline_code"] == "insufficient_funds"

    def read(self, intent: dict[str, Any]) -> dict[str, Any]:
        answer = self.till.client.get(
            f"{self.path}/{intent['id']}?client_secret={intent['client_secret']}",
            headers=self.browser,
            environ_overrides={"REMOTE_ADDR": self.address},
        )
        told: dict[str, Any] = answer.get_json()
        return told


@pytest.fixture(params=["payment_intent", "setup_intent"])
def shop(till: Till, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Shop:
    monkeypatch.setattr(tries, "_in_force", ["live"])
    monkeypatch.setattr(tries, "LIVE", replace(LIVE, reasons=Limit(1, 600)))
    with till.app.app_context():
        db.session.execute(delete(LimitCounter))
        db.session.remove()
    return Shop(till, request.param)


def reason(error: dict[str, Any]) -> tuple[str, str, str]:
    return error["code"], error["decline_code"], error["message"]


def test_the_first_reason_is_told_in_full(shop: Shop) -> None:
    intent = shop.intent()
    error = shop.confirm(intent, INSUFFICIENT_FUNDS)["error"]
    assert error["decline_code"] == "insufficient_funds"
    assert error[shop.noun][shop.reason]["decline_code"] == "insufficient_funds"


def test_after_the_reasons_are_used_up_every_decline_reads_alike_to_the_letter(shop: Shop) -> None:
    shop.confirm(first := shop.intent(), INSUFFICIENT_FUNDS)
    answers = [shop.confirm(first, number) for number in BAD]
    assert {reason(answer["error"]) for answer in answers} == {ALIKE}
    assert {reason(answer["error"][shop.noun][shop.reason]) for answer in answers} == {ALIKE}
    assert len({OF_ONE_TRY.sub("", json.dumps(answer)) for answer in answers}) == 1
    assert "param" not in answers[2]["error"]


@pytest.mark.parametrize("number", list(BAD)[1:4])
def test_what_was_withheld_is_not_read_afterwards_and_the_merchant_reads_the_truth(
    shop: Shop, number: str
) -> None:
    shop.confirm(intent := shop.intent(), INSUFFICIENT_FUNDS)
    shop.confirm(intent, number)
    assert reason(shop.read(intent)[shop.reason]) == ALIKE
    known = shop.till.get(f"{shop.path}/{intent['id']}")[shop.reason]
    assert BAD[number] in (known["code"], known["decline_code"])


@pytest.mark.parametrize("way", ["later", "elsewhere"])
def test_what_was_withheld_is_not_told_when_there_is_room_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """After the wait, or from an address that has learnt nothing yet."""
    shop.confirm(told := shop.intent(), INSUFFICIENT_FUNDS)
    shop.confirm(told, "4000000000000069")
    alone = shop.intent()
    for address in (HOME, ELSEWHERE):
        shop.address = address
        shop.confirm(alone, INSUFFICIENT_FUNDS)
    if way == "later":
        then = clock.now() + 86_400
        monkeypatch.setattr(clock, "now", lambda: then)
    else:
        shop.address = "192.0.2.77"
    assert reason(shop.read(told)[shop.reason]) == ALIKE
    assert reason(shop.read(alone)[shop.reason]) == ALIKE


def test_the_page_tells_no_more_when_there_is_room_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = Buyer(shop.till.app, shop.till.open_session())
    buyer.pay(cardNumber=INSUFFICIENT_FUNDS)
    assert "security code is incorrect" not in buyer.submit(cardNumber="4000000000000127").text
    then = clock.now() + 900
    monkeypatch.setattr(clock, "now", lambda: then)
    assert "Your card was declined." in buyer.open("?waiting=").text


def test_what_was_told_is_told_again_and_counts_once(shop: Shop) -> None:
    shop.confirm(intent := shop.intent(), INSUFFICIENT_FUNDS)
    for _ in range(3):
        assert shop.read(intent)[shop.reason]["decline_code"] == "insufficient_funds"


def test_reasons_that_are_read_first_count_as_those_that_are_answered(shop: Shop) -> None:
    """Declines that came without the browser's asking: its address learns one of them, and no more."""
    shop.address = HOME
    declined = [shop.intent() for _ in range(3)]
    for intent in declined:
        shop.decline_by_server(intent)
    told = [reason(shop.read(intent)[shop.reason])[1] for intent in (*declined, *declined)]
    assert told == ["insufficient_funds", "generic_decline", "generic_decline"] * 2


def test_what_a_decline_left_does_not_show_in_a_refusal_either(shop: Shop) -> None:
    shop.confirm(intent := shop.intent(), INSUFFICIENT_FUNDS)
    shop.confirm(intent, INSUFFICIENT_FUNDS)
    nothing = shop.confirm(intent, None)
    assert nothing["error"]["code"] == f"{shop.noun}_unexpected_state"
    assert reason(nothing["error"][shop.noun][shop.reason]) == ALIKE


def test_a_mistyped_card_is_said_to_be_so_since_no_bank_was_asked(shop: Shop) -> None:
    shop.confirm(intent := shop.intent(), INSUFFICIENT_FUNDS)
    assert shop.confirm(intent, "4242424242424241")["error"]["code"] == "incorrect_number"


def test_reasons_that_cannot_be_counted_are_not_told_and_the_decline_is_recorded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = limits.take

    def broken(wanted: dict[str, Limit]) -> bool:
        if any(":reasons:" in name for name in wanted):
            raise OSError("the database has gone away")
        return take(wanted)

    monkeypatch.setattr(limits, "take", broken)
    intent = shop.intent()
    assert reason(shop.confirm(intent, INSUFFICIENT_FUNDS)["error"]) == ALIKE
    known = shop.till.get(f"{shop.path}/{intent['id']}")[shop.reason]
    assert known["decline_code"] == "insufficient_funds"


def test_the_merchants_own_server_is_told_every_reason(app: Flask, shop: Shop) -> None:
    shop.confirm(intent := shop.intent(), INSUFFICIENT_FUNDS)
    token = "pm_card_visa_chargeDeclinedInsufficientFunds"
    for _ in range(3):
        answer = app.test_client().post(
            f"{shop.path}/{intent['id']}/confirm", data={"payment_method": token}, headers=shop.till.headers
        )
        assert answer.get_json()["error"]["decline_code"] == "insufficient_funds"
