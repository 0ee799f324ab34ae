"""Each published test card, typed into the hosted page."""

import pytest
from flask import Flask

from checkout.declines import problem_of
from tests.cards.conftest import Shop
from tests.cards.published import CHALLENGED, MISTYPED, PAYING, REFUSED, Row, name
from tests.support.buyer import Buyer

pytestmark = pytest.mark.slow  # the same table goes through the API in the quick part


@pytest.mark.parametrize("row", PAYING, ids=name)
def test_a_good_card_pays_the_order(app: Flask, shop: Shop, row: Row) -> None:
    session = shop.till.open_session()
    seen = Buyer(app, session).pay(cardNumber=row.number, cardCvc=row.cvc)
    assert seen.status == 200
    assert "Payment received" in seen.text
    paid = shop.sdk.v1.checkout.sessions.retrieve(session["id"])
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    shop.check_that_it_was_paid(row)


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_a_refused_card_says_why_takes_nothing_and_may_be_followed_by_a_better_one(
    app: Flask, shop: Shop, row: Row
) -> None:
    session = shop.till.open_session()
    buyer = Buyer(app, session)
    seen = buyer.pay(cardNumber=row.number, cardCvc=row.cvc)
    assert seen.status == 402
    problem = problem_of(row.code, row.decline_code)
    assert str(problem.title) in seen.text
    assert "No money has been taken" in seen.text
    assert seen.takes_a_card
    assert seen.values["cardCvc"] == ""
    assert seen.values["email"] == "asha@example.com"
    shop.check_that_nothing_was_taken(row)
    open_still = shop.sdk.v1.checkout.sessions.retrieve(session["id"])
    assert (open_still.status, open_still.payment_status) == ("open", "unpaid")
    assert "Payment received" in buyer.submit().text
    assert [charge.status for charge in shop.sdk.v1.charges.list().data] == ["succeeded", "failed"]


@pytest.mark.parametrize("row", CHALLENGED, ids=name)
def test_a_card_that_has_to_be_confirmed_leads_to_its_issuer(app: Flask, shop: Shop, row: Row) -> None:
    session = shop.till.open_session()
    buyer = Buyer(app, session)
    seen = buyer.pay(cardNumber=row.number, cardCvc=row.cvc)
    assert seen.status == 200
    shop.confirm_with_the_issuer(seen.links["challenge"])
    text = buyer.open("?waiting=").text
    if row.pays:
        assert "Payment received" in text
        shop.check_that_it_was_paid(row)
    else:
        assert str(problem_of(row.code, row.decline_code).title) in text
        shop.check_that_nothing_was_taken(row)


@pytest.mark.parametrize("row", MISTYPED, ids=name)
def test_a_mistyped_number_is_told_before_any_bank_is_asked(app: Flask, shop: Shop, row: Row) -> None:
    seen = Buyer(app, shop.till.open_session()).pay(cardNumber=row.number, cardCvc=row.cvc)
    assert seen.status == 422
    assert "Your card number is invalid." in seen.text
    assert shop.sdk.v1.payment_intents.list().data == []
