"""An order on the page whose payment hangs at the bank: neither clock nor shop can close it meanwhile."""

from typing import Any

import pytest
import stripe
import time_machine
from sqlalchemy.exc import OperationalError

import sweeps
from kit import database
from payments.bank import Authorize
from tests.payments.conftest import CRASH_SECONDS, DAY_SECONDS, UNKNOWN_SECONDS, Shop, sweep
from tests.support.buyer import Buyer, Seen, Till
from tests.support.unreliable import PowerCut, Unreliable, dies_before_the_record, lost_answer, lost_question


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    """A buyer at the page of an order."""
    return Buyer(shop.house, Till(shop.house, shop.secret_key).open_session())


def expire_sessions(shop: Shop) -> int:
    with shop.house.app_context():
        return sweeps.expire_sessions()


def session_of(shop: Shop, buyer: Buyer) -> stripe.checkout.Session:
    return shop.sdk.v1.checkout.sessions.retrieve(buyer.session["id"])


def pay_into_silence(buyer: Buyer, line: Unreliable, step: Any) -> Seen:
    line.expect(step)
    seen = buyer.pay()
    assert seen.status == 200
    assert not seen.takes_a_card
    return seen


def test_its_page_waits_and_then_tells_the_truth(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, buyer: Buyer
) -> None:
    pay_into_silence(buyer, line, lost_answer)
    assert not buyer.open().takes_a_card
    buyer.submit()
    assert sum(isinstance(question, Authorize) for question in line.asked) == 1
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    assert (session_of(shop, buyer).status, session_of(shop, buyer).payment_status) == ("complete", "paid")
    shop.check_books()


def test_neither_its_time_nor_its_merchant_ends_it(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, buyer: Buyer
) -> None:
    pay_into_silence(buyer, line, lost_answer)
    with pytest.raises(stripe.RateLimitError):
        shop.sdk.v1.checkout.sessions.expire(buyer.session["id"])
    later.shift(2 * DAY_SECONDS)
    expire_sessions(shop)
    assert session_of(shop, buyer).status == "open"
    sweep(shop.house)
    assert session_of(shop, buyer).payment_status == "paid"
    expire_sessions(shop)
    assert session_of(shop, buyer).status == "complete"
    shop.check_books()


def test_once_the_payment_has_failed_its_time_is_over(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, buyer: Buyer
) -> None:
    pay_into_silence(buyer, line, lost_question)
    later.shift(2 * DAY_SECONDS)
    expire_sessions(shop)
    sweep(shop.house)
    assert session_of(shop, buyer).status == "open"
    expire_sessions(shop)
    assert session_of(shop, buyer).status == "expired"
    assert shop.only_intent().status == "canceled"
    shop.check_books()


def test_a_crash_behind_the_page_ends_in_the_payment_that_was_made(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, buyer: Buyer
) -> None:
    line.expect(dies_before_the_record)
    buyer.open()
    with pytest.raises(PowerCut):
        buyer.submit()
    assert not buyer.open().takes_a_card
    later.shift(CRASH_SECONDS)
    sweep(shop.house)
    assert session_of(shop, buyer).payment_status == "paid"
    shop.check_books()


def test_the_shop_may_write_on_the_order_while_the_bank_is_asked(
    shop: Shop, line: Unreliable, buyer: Buyer
) -> None:
    def meanwhile(ask: Any) -> Any:
        shop.sdk.v1.checkout.sessions.update(buyer.session["id"], {"metadata": {"seat": "17"}})
        return ask()

    line.expect(meanwhile)
    assert "Payment received" in buyer.pay().text
    session = session_of(shop, buyer)
    assert session.metadata is not None
    assert (session.payment_status, session.metadata.to_dict()) == ("paid", {"seat": "17"})
    shop.check_books()


def test_a_database_that_fails_at_the_record_loses_no_payment(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = database.commit, [OperationalError("COMMIT", {}, Exception("disk full"))]

    def commit_or_fail(*given: Any, **more: Any) -> None:
        asked = any(isinstance(question, Authorize) for question in line.asked)
        if asked and failures:
            raise failures.pop()
        real(*given, **more)

    monkeypatch.setattr(database, "commit", commit_or_fail)
    key: Any = {"idempotency_key": "order-6735"}
    given: Any = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    for _ in range(2):
        with pytest.raises(stripe.APIError) as told:
            shop.sdk.v1.payment_intents.create(given, key)
        assert told.value.http_status == 500
    assert failures == []
    assert shop.only_intent().status == "processing"
    later.shift(CRASH_SECONDS)
    sweep(shop.house)
    assert shop.only_intent().status == "succeeded"
    assert sum(isinstance(question, Authorize) for question in line.asked) == 1
    shop.check_books()
