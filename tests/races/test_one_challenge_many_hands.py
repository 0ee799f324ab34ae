"""One challenge: passed in many windows, come back from, canceled, expired, noticed, swept: all at once."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe
from flask import Flask

import sweeps
from bank_simulator.challenge_pages import PASSCODE
from kit import database
from kit.database import db
from payments import notices
from payments.charging.attempts import Attempt
from tests.races.conftest import CALLERS, Shop, at_once
from tests.support.cardholder import Cardholder
from tests.support.hosted_page import session_params
from tests.support.tab import Tab

pytestmark = pytest.mark.slow

MUST_CONFIRM = "4000002760003184"
CHALLENGED = "pm_card_authenticationRequired"
BACK = "https://shop.example/done"


def challenged(shop: Shop) -> tuple[str, Cardholder]:
    intent = shop.pay(payment_method=CHALLENGED, return_url=BACK)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    holder = Cardholder(str(intent.next_action.redirect_to_url.url))
    holder.open()
    return intent.id, holder


def same_browser(holder: Cardholder) -> Cardholder:
    """Another window of the same browser."""
    return Cardholder(holder.url, holder.browser, holder.page)


def come_back(shop: Shop, address: str) -> int:
    """Follow the way back at the real server."""
    answer = requests.get(shop.base_url + address, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.text
    return answer.status_code


def attempt_of(app: Flask, intent_id: str) -> Attempt:
    with app.app_context():
        query = db.select(Attempt).where(Attempt.intent_id == intent_id).order_by(Attempt.id)
        attempt: Attempt | None = db.session.scalars(query).first()
        assert attempt is not None
        database.rollback()
        return attempt


def notice(app: Flask, attempt: Attempt) -> str:
    """What the job does that handles a bank's notice."""
    with app.app_context():
        try:
            notices.HANDLERS["authorization.updated"](attempt.acquirer, attempt.id)
            database.commit()
        except (database.StaleWrite, database.DuplicateRow):
            return "somebody was faster"
        finally:
            database.rollback()
        return "done"


def sweep(app: Flask, attempt: Attempt) -> str:
    """What the sweep does once a look is due."""
    with app.app_context():
        sweeps.reconciled(attempt.id, patiently=False)
        return "done"


def event_types(shop: Shop, intent_id: str) -> list[str]:
    events = shop.sdk.v1.events.list({"limit": 100}).data
    return [event.type for event in events if event.data.object["id"] == intent_id]


def paid_once(shop: Shop, intent_id: str) -> None:
    intent = shop.sdk.v1.payment_intents.retrieve(intent_id)
    assert (intent.status, intent.amount_received, intent.next_action) == ("succeeded", intent.amount, None)
    (charge,) = shop.charges(intent_id)
    assert charge.amount_captured == intent.amount
    assert event_types(shop, intent_id).count("payment_intent.succeeded") == 1
    shop.check_books()


def test_two_tabs_pass_a_challenge_and_come_back(shop: Shop) -> None:
    intent_id, holder = challenged(shop)
    tabs = [same_browser(holder) for _ in range(CALLERS)]

    def act(number: int) -> int:
        tabs[number].send(code=PASSCODE)
        return come_back(shop, tabs[number].back)

    assert len(at_once(act).won) == CALLERS
    paid_once(shop, intent_id)


def test_the_return_the_notice_and_the_sweep_settle_it_once(app: Flask, shop: Shop) -> None:
    for _ in range(4):
        intent_id, holder = challenged(shop)
        address = holder.enters_the_code()
        attempt = attempt_of(app, intent_id)

        def act(number: int, address: str = address, attempt: Attempt = attempt) -> Any:
            match number % 3:
                case 0:
                    return come_back(shop, address)
                case 1:
                    return notice(app, attempt)
                case _:
                    return sweep(app, attempt)

        assert len(at_once(act, callers=9).won) == 9
        paid_once(shop, intent_id)


def test_a_cancellation_and_a_pass_leave_one_truth(shop: Shop) -> None:
    ends = set()
    for _ in range(6):
        intent_id, holder = challenged(shop)
        window = same_browser(holder)

        def act(number: int, intent_id: str = intent_id, window: Cardholder = window) -> Any:
            if number == 0:
                window.send(code=PASSCODE)
                return come_back(shop, window.back)
            return shop.sdk.v1.payment_intents.cancel(intent_id)

        at_once(act, callers=3)
        ended = shop.sdk.v1.payment_intents.retrieve(intent_id)
        ends.add(ended.status)
        if ended.status == "succeeded":
            paid_once(shop, intent_id)
        else:
            # The void came first. Whoever looked before the cancellation was written told it as unpaid.
            assert ended.status in ("canceled", "requires_payment_method")
            assert shop.charges(intent_id) == []
        shop.check_books()
    assert ends <= {"succeeded", "canceled", "requires_payment_method"}


@pytest.fixture
def session(shop: Shop) -> stripe.checkout.Session:
    given: Any = session_params("https://shop.example")
    return shop.sdk.v1.checkout.sessions.create(given)


@pytest.fixture
def tab(session: stripe.checkout.Session) -> Iterator[Tab]:
    opened = Tab(str(session.url))
    yield opened
    opened.close()


def sent_to_the_bank(tab: Tab) -> Cardholder:
    answer = tab.pay(cardNumber=MUST_CONFIRM)
    assert answer.status_code == 200
    url = answer.text.partition('id="challenge" href="')[2].partition('"')[0]
    holder = Cardholder(url)
    holder.open()
    return holder


def one_truth(shop: Shop, session_id: str) -> str:
    ended = shop.sdk.v1.checkout.sessions.retrieve(session_id)
    charges = shop.charges(str(ended.payment_intent))
    assert len(charges) == (1 if ended.status == "complete" else 0)
    assert ended.payment_status == ("paid" if ended.status == "complete" else "unpaid")
    shop.check_books()
    return str(ended.status)


def test_a_session_is_expired_or_paid_while_its_challenge_is_passed(
    shop: Shop, session: stripe.checkout.Session, tab: Tab
) -> None:
    holder = sent_to_the_bank(tab)

    def act(number: int) -> Any:
        if number % 2:
            return shop.sdk.v1.checkout.sessions.expire(session.id)
        window = same_browser(holder)
        window.send(code=PASSCODE)
        return come_back(shop, window.back)

    at_once(act, callers=6)
    assert one_truth(shop, session.id) in ("complete", "expired", "open")


def test_another_card_and_a_pass_pay_an_order_once(
    shop: Shop, session: stripe.checkout.Session, tab: Tab
) -> None:
    holder = sent_to_the_bank(tab)
    tab.open()

    def act(number: int) -> Any:
        if number == 0:
            return tab.pay().status_code
        window = same_browser(holder)
        window.send(code=PASSCODE)
        return come_back(shop, window.back)

    at_once(act, callers=4)
    if one_truth(shop, session.id) == "open":  # the void came first, and the new card's claim lost its race
        tab.open()
        assert "Payment received" in tab.pay().text
    assert one_truth(shop, session.id) == "complete"
    intents = shop.sdk.v1.payment_intents.list().data
    assert len(intents) == 1
