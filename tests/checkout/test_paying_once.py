"""However often and wherever the button is pressed, an order is paid once; doubt is never guessed away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from flask import Flask

import sweeps
from kit import database
from payments import bank
from tests.support.buyer import Buyer, Seen, Till
from tests.support.hosted_page import INSUFFICIENT_FUNDS

WINDOWS = 8


class SilentBank:
    """A line to the real bank that loses every answer to an authorisation, after or before it got there."""

    name = "piggy_bank"

    def __init__(self, real: bank.Acquirer, *, arrives: bool) -> None:
        self.real = real
        self.arrives = arrives

    def authorize(self, question: bank.Authorize) -> bank.Answer:
        if self.arrives:
            self.real.authorize(question)
        return bank.Unknown("the line went dead")

    def capture(self, question: bank.Capture) -> bank.Answer:
        return self.real.capture(question)

    def refund(self, question: bank.Refund) -> bank.Answer:
        return self.real.refund(question)

    def void(self, question: bank.Void) -> bank.Answer:
        return self.real.void(question)

    def look_up(self, reference: str) -> bank.Answer:
        return self.real.look_up(reference)


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that a test can move on."""
    with time_machine.travel(1_800_000_000, tick=True) as traveller:
        yield traveller


def test_eight_windows_that_pay_at_once_charge_once(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyers = [Buyer(app, session) for _ in range(WINDOWS)]
    for buyer in buyers:
        buyer.open()
    together = threading.Barrier(WINDOWS)

    def press(buyer: Buyer) -> Seen:
        together.wait()
        return buyer.submit()

    with ThreadPoolExecutor(WINDOWS) as pool:
        answers = list(pool.map(press, buyers))
    assert {seen.status for seen in answers} == {200}
    assert all(seen.refresh for seen in answers)
    assert sum("Payment received" in seen.text for seen in answers) == 1
    assert [charge["status"] for charge in till.charges_of(session["id"])] == ["succeeded"]
    assert till.get(f"/v1/checkout/sessions/{session['id']}")["payment_status"] == "paid"


def test_a_lost_answer_is_looked_up_and_never_paid_again(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch, later: time_machine.Traveller
) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    real = bank.acquirers["piggy_bank"]
    monkeypatch.setitem(bank.acquirers, "piggy_bank", SilentBank(real, arrives=True))
    seen = buyer.pay()
    assert "Waiting for your bank" in seen.text
    assert seen.refresh == f"{buyer.path}?waiting="
    monkeypatch.setitem(bank.acquirers, "piggy_bank", real)
    assert "Waiting for your bank" in buyer.submit().text
    assert not buyer.open().takes_a_card

    later.shift(60)
    with app.app_context():
        sweeps.reconcile_attempts()
    seen = buyer.open("?waiting=")
    assert "Payment received" in seen.text
    assert seen.refresh == f"https://shop.example/thanks?session_id={session['id']}"
    assert [charge["status"] for charge in till.charges_of(session["id"])] == ["succeeded"]


def test_a_question_that_never_arrived_ends_as_no_charge_and_may_be_tried_again(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch, later: time_machine.Traveller
) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    real = bank.acquirers["piggy_bank"]
    monkeypatch.setitem(bank.acquirers, "piggy_bank", SilentBank(real, arrives=False))
    assert "Waiting for your bank" in buyer.pay().text
    monkeypatch.setitem(bank.acquirers, "piggy_bank", real)
    later.shift(60)
    with app.app_context():
        sweeps.reconcile_attempts()
    seen = buyer.open("?waiting=")
    assert seen.takes_a_card
    assert "No money has been taken." in seen.text
    assert buyer.pay().refresh
    assert [charge["status"] for charge in till.charges_of(session["id"])].count("succeeded") == 1


def test_a_session_cannot_be_paid_after_its_time(
    app: Flask, till: Till, later: time_machine.Traveller
) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.open()
    later.shift(24 * 3600 + 1)
    for seen in (buyer.submit(), buyer.open()):
        assert "This payment page has expired" in seen.text
    assert till.charges_of(session["id"]) == []


def test_a_page_left_open_for_hours_can_still_be_paid(
    app: Flask, till: Till, later: time_machine.Traveller
) -> None:
    buyer = Buyer(app, till.open_session())
    buyer.open()
    later.shift(23 * 3600)
    assert buyer.submit().refresh


def test_a_payment_that_the_shop_has_called_off_takes_no_card(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.pay(cardNumber=INSUFFICIENT_FUNDS)
    till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    assert "This payment page has expired" in buyer.submit().text


def test_every_look_and_every_try_is_in_the_books(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.open()
    buyer.submit(cardCvc="")
    buyer.submit()
    with app.app_context():
        rows = database.db.session.execute(
            database.db.text(
                "SELECT action, outcome, actor FROM audit_rows WHERE object_id = :id ORDER BY seq"
            ),
            {"id": session["id"]},
        ).all()
    told = [(action, outcome) for action, outcome, actor in rows if actor == "customer"]
    assert told[:2] == [("checkout.page_shown", "pay"), ("checkout.page_submitted", "invalid")]
    assert ("checkout.session.complete", "succeeded") in told
