"""One order in many tabs, while the shop closes it: paid once or not at all, and always known."""

from typing import Any

import pytest
import requests
import stripe

from tests.races.conftest import CALLERS, Shop, at_once
from tests.support.hosted_page import session_params
from tests.support.tab import Tab


@pytest.fixture
def session(shop: Shop) -> stripe.checkout.Session:
    given: Any = session_params("https://shop.example")
    return shop.sdk.v1.checkout.sessions.create(given)


@pytest.fixture
def tabs(session: stripe.checkout.Session) -> Any:
    opened = [Tab(str(session.url)) for _ in range(CALLERS)]
    yield opened
    for tab in opened:
        tab.close()


def test_many_tabs_pay_once(shop: Shop, session: stripe.checkout.Session, tabs: list[Tab]) -> None:
    answers = at_once(lambda number: tabs[number].pay()).won
    assert len(answers) == CALLERS
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum("Payment received" in answer.text for answer in answers) >= 1
    paid = shop.sdk.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    (charge,) = shop.charges(str(paid.payment_intent))
    assert charge.amount_captured == paid.amount_total
    assert len(shop.sdk.v1.payment_intents.list().data) == 1
    shop.check_books()


def test_an_order_is_paid_or_expired_and_never_both(
    shop: Shop, session: stripe.checkout.Session, tabs: list[Tab]
) -> None:
    sessions = shop.sdk.v1.checkout.sessions

    def act(number: int) -> requests.Response | stripe.checkout.Session:
        return tabs[number].pay() if number % 2 else sessions.expire(session.id)

    outcomes = at_once(act)
    ended = sessions.retrieve(session.id)
    expiries = [won for won in outcomes.won if isinstance(won, stripe.checkout.Session)]
    intents = shop.sdk.v1.payment_intents.list().data
    if ended.status == "complete":
        assert expiries == []
        assert [intent.status for intent in intents] == ["succeeded"]
        assert len(shop.charges(intents[0].id)) == 1
    else:
        assert ended.status == "expired"
        assert len(expiries) == 1
        assert all(shop.charges(intent.id) == [] for intent in intents)
        assert all(intent.status == "canceled" for intent in intents)
    shop.check_books()


def test_a_session_of_changing_metadata_is_still_paid_at_once(
    shop: Shop, session: stripe.checkout.Session, tabs: list[Tab]
) -> None:
    def act(number: int) -> Any:
        if number == 0:
            return tabs[0].pay()
        return shop.sdk.v1.checkout.sessions.update(session.id, {"metadata": {"seat": str(number)}})

    outcomes = at_once(act)
    (answer,) = [won for won in outcomes.won if isinstance(won, requests.Response)]
    paid = shop.sdk.v1.checkout.sessions.retrieve(session.id)
    if "Payment received" in answer.text:
        assert paid.payment_status == "paid"
        assert len(shop.charges(str(paid.payment_intent))) == 1
    else:  # the claim lost its race every time: nothing was taken, and the page says so
        assert answer.status_code == 409
        assert paid.payment_status == "unpaid"
    shop.check_books()
