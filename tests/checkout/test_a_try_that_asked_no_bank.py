"""A try counts when a bank may have been asked: lost races and faults before that use nothing up.

Each test lets one try in, so that a second one shows whether the first has been counted.
"""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from checkout import order_form
from kit import clock, database
from kit.database import db
from kit.limits import Limit, LimitCounter
from payments import bank
from payments.charging import confirm, tries
from payments.charging.tries import LIVE
from tests.support.buyer import Buyer, Till, look
from tests.support.hosted_page import GOOD_CARD
from tests.support.publishable import Pay, by_api, publishable_key

DECLINED = "4000000000000002"


@pytest.fixture(autouse=True)
def _one_try(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"session": Limit(1, 600), "codes": Limit(1, 600)}
    monkeypatch.setattr(tries, "_in_force", ["live"])
    monkeypatch.setattr(tries, "LIVE", replace(LIVE, **one))
    with app.app_context():
        db.session.execute(delete(LimitCounter))
        db.session.remove()


@pytest.fixture(params=["page", "api"])
def pay(till: Till, request: pytest.FixtureRequest) -> Pay:
    """A customer at one session's page, or with one intent in their browser."""
    return on_the_page(till) if request.param == "page" else by_api(till)


def on_the_page(till: Till) -> Pay:
    buyer = Buyer(till.app, till.open_session())
    buyer.open()
    return lambda number: buyer.submit(cardNumber=number).status


def counted(app: Flask) -> bool:
    """Whether the session's, or the intent's, one try is used up at this moment."""
    with app.app_context():
        rows = db.select(LimitCounter.id).where(
            LimitCounter.id.contains(":session:"), LimitCounter.regained_ms > clock.now() * 1000
        )
        with db.engine.connect() as connection:
            return bool(connection.execute(rows).all())


def before_the_bank(monkeypatch: pytest.MonkeyPatch, problem: Exception, times: int) -> None:
    """Have the next `times` claims end in a problem, as when another window has just written the row."""
    claim, left = confirm.claim, [problem] * times

    def broken(*arguments: Any) -> Any:
        if left:
            raise left.pop()
        return claim(*arguments)

    monkeypatch.setattr(confirm, "claim", broken)


def test_declines_count(pay: Pay) -> None:
    assert [pay(DECLINED), pay(GOOD_CARD)] == [402, 429]


def test_a_race_that_was_lost_before_the_bank_was_asked_uses_nothing_up(
    pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_bank(monkeypatch, database.StaleWrite(), 3)
    assert pay(GOOD_CARD) == 200


def test_races_lost_to_the_last_use_nothing_up(pay: Pay, monkeypatch: pytest.MonkeyPatch) -> None:
    before_the_bank(monkeypatch, database.StaleWrite(), 4)
    assert [pay(GOOD_CARD) in (409, 429), pay(GOOD_CARD)] == [True, 200]


def test_a_fault_before_the_bank_was_asked_uses_nothing_up(pay: Pay, monkeypatch: pytest.MonkeyPatch) -> None:
    before_the_bank(monkeypatch, OSError("the disk is full"), 1)
    assert [pay(GOOD_CARD), pay(GOOD_CARD)] == [500, 200]


def test_a_bank_that_was_not_reached_uses_nothing_up(pay: Pay, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_of = bank._answer_of
    monkeypatch.setattr(bank, "_answer_of", lambda *_: bank.Unavailable("no line"))
    assert pay(GOOD_CARD) == 402
    monkeypatch.setattr(bank, "_answer_of", answer_of)
    assert pay(GOOD_CARD) == 200


def test_a_decline_counts_though_its_record_breaks(
    app: Flask, pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(confirm, "settle_authorization", broken)
    assert (pay(DECLINED), counted(app)) == (500, True)


def test_a_question_without_an_answer_counts(app: Flask, pay: Pay, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a crash: nobody knows what the bank has said, and whoever asked may have read it elsewhere."""

    def broken(*_: object) -> bank.Answer:
        raise OSError("the process is ending")

    monkeypatch.setattr(bank, "_answer_of", broken)
    assert (pay(DECLINED), counted(app)) == (500, True)


def test_a_try_is_counted_before_the_bank_is_asked_and_given_back_for_a_good_card(
    app: Flask, pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the process meanwhile leaves it counted."""
    seen: list[bool] = []
    answer_of = bank._answer_of

    def looked(acquirer: bank.Acquirer, question: bank.Question) -> bank.Answer:
        seen.append(counted(app))
        return answer_of(acquirer, question)

    monkeypatch.setattr(bank, "_answer_of", looked)
    assert pay(GOOD_CARD) == 200
    assert [*seen, counted(app)] == [True, False]


def test_the_card_behind_a_confirmation_token_is_counted(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "LIVE", replace(LIVE, card=Limit(1, 3600)))
    publishable = publishable_key(till)
    card = {"payment_method": "pm_card_visa_chargeDeclined"}

    def confirmed() -> int:
        given = {"amount": 2000, "currency": "usd", "allowed_payment_method_types": ["card"]}
        intent = till.post("/v1/payment_intents", given)
        token = till.post("/v1/test_helpers/confirmation_tokens", card)
        wanted = {"client_secret": intent["client_secret"], "confirmation_token": token["id"]}
        headers = {"Authorization": f"Bearer {publishable}"}
        path = f"/v1/payment_intents/{intent['id']}/confirm"
        return till.client.post(path, data=wanted, headers=headers).status_code

    assert [confirmed(), confirmed()] == [402, 429]


def test_mistyped_cards_by_api_count_for_nothing(till: Till) -> None:
    confirmed = by_api(till)
    assert [confirmed("4242424242424241") for _ in range(3)] == [402] * 3
    assert confirmed(GOOD_CARD) == 200


@pytest.mark.parametrize("problem", [database.StaleWrite(), OSError("the disk is full")])
def test_a_code_that_could_not_be_looked_at_uses_nothing_up(
    till: Till, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    buyer = Buyer(till.app, till.open_session(allow_promotion_codes=True))
    buyer.open()

    def enter() -> int:
        typed = {"csrf_token": buyer.token, "promotionCode": "NOSUCH"}
        return look(buyer.client.post(f"{buyer.path}/order", data=typed, headers=buyer.headers)).status

    def broken(*_: object) -> None:
        raise problem

    with monkeypatch.context() as broken_for_now:
        broken_for_now.setattr(order_form, "enter_code", broken)
        assert enter() in (422, 500)
    assert [enter(), enter()] == [422, 429]
