"""Choosing: by contract, currency, brand, method, priority and weight, the same way every time."""

from collections import Counter
from collections.abc import Callable

import pytest
import stripe
from flask import Flask

from kit import database
from payments import breakers, routing
from payments.contracts import Contract, Terms
from payments.errors import InvalidRequest
from payments.merchants import Merchant
from payments.routing import Payment, Route
from tests.routing.conftest import Lines, Shop

pytestmark = pytest.mark.slow

PIGGY, CUCKOO = "piggy_bank", "cuckoo_bank"
EUR, VISA = frozenset(("eur",)), frozenset(("visa",))

Choose = Callable[..., Route]


@pytest.fixture
def choose(house: Flask, lines: Lines) -> Choose:  # noqa: ARG001 - both banks are connected
    """Routes a payment of a merchant with contracts of the test's own."""

    def chosen(*terms: Terms, intent_id: str = "pi_1", currency: str = "eur", brand: str = "visa") -> Route:
        with house.app_context():
            merchant = Merchant.open("Rosie's Roses")
            for agreed in terms:
                Contract.sign(merchant.id, agreed)
            database.commit()
            return routing.first(Payment(merchant.id, intent_id, currency, brand))

    return chosen


@pytest.mark.parametrize(
    ("first", "acquirer"),
    [
        (Terms(PIGGY, priority=1), PIGGY),
        (Terms(PIGGY, priority=3), CUCKOO),
        (Terms(PIGGY, priority=1, currencies=frozenset(("usd",))), CUCKOO),
        (Terms(PIGGY, priority=1, currencies=EUR, brands=VISA), PIGGY),
        (Terms(PIGGY, priority=1, brands=frozenset(("amex", "mastercard"))), CUCKOO),
        (Terms(PIGGY, priority=1, methods=frozenset(("upi",))), CUCKOO),
        (Terms("a_bank_that_is_not_connected", priority=1), CUCKOO),
    ],
)
def test_the_lowest_priority_that_fits_is_chosen(choose: Choose, first: Terms, acquirer: str) -> None:
    assert choose(first, Terms(CUCKOO, priority=2)).acquirer == acquirer


def test_the_merchants_id_at_the_acquirer_goes_with_the_payment(shop: Shop, lines: Lines) -> None:
    with shop.house.app_context():
        for contract in Contract.of(shop.account_id):
            contract.merchant_id = "mid_4711"
        database.commit()
    shop.pay()
    (question,) = lines.piggy.asked
    assert question.merchant_id == "mid_4711"  # type: ignore[union-attr]


def test_among_equals_the_weights_decide_and_the_same_payment_goes_the_same_way(
    house: Flask,
    lines: Lines,  # noqa: ARG001 - both banks are connected
) -> None:
    with house.app_context():
        merchant = Merchant.open("Rosie's Roses")
        Contract.sign(merchant.id, Terms(PIGGY, weight=75))
        Contract.sign(merchant.id, Terms(CUCKOO, weight=25))
        database.commit()
        payments = [Payment(merchant.id, f"pi_{number}", "eur", "visa") for number in range(4_000)]
        chosen = [routing.first(payment).acquirer for payment in payments]
        assert chosen == [routing.first(payment).acquirer for payment in payments]
        assert 2_880 < Counter(chosen)[PIGGY] < 3_120  # 3,000 and four standard deviations
        assert routing.first(payments[0]).why.endswith("drawn by the intent's id")


def test_an_acquirer_that_has_stopped_answering_comes_last(choose: Choose) -> None:
    for _ in range(breakers.FAILURES_TO_OPEN):
        breakers.note(PIGGY, answered=False)
    route = choose(Terms(PIGGY, priority=1), Terms(CUCKOO, priority=2))
    assert route.acquirer == CUCKOO
    assert route.why == "2 fit eur/visa/card; priority 2; not answering: piggy_bank"
    assert choose(Terms(PIGGY)).acquirer == PIGGY  # where there is no other, the payment is its probe


def test_without_any_contract_the_error_says_so(choose: Choose) -> None:
    with pytest.raises(InvalidRequest, match="no contract with an acquirer") as refused:
        choose()
    assert refused.value.code == "account_invalid"


def test_where_no_contract_fits_the_error_says_which_refuses_what(choose: Choose) -> None:
    with pytest.raises(InvalidRequest) as refused:
        choose(Terms(PIGGY, currencies=EUR), Terms(CUCKOO, brands=VISA), currency="usd", brand="amex")
    assert refused.value.code == "payment_method_not_available"
    assert "amex card payments in usd (piggy_bank: no usd, cuckoo_bank: no amex)" in refused.value.message


def test_a_suspended_contract_takes_no_new_payment(shop: Shop, lines: Lines) -> None:
    with shop.house.app_context():
        contracts = Contract.of(shop.account_id)
        assert [contract.acquirer for contract in contracts] == [PIGGY, CUCKOO]
        contracts[0].active = False
        database.commit()
    shop.pay()
    assert lines.piggy.asked == []


def test_a_merchant_without_a_contract_is_told_before_anything_is_claimed(shop: Shop, lines: Lines) -> None:
    with shop.house.app_context():
        for contract in Contract.of(shop.account_id):
            contract.active = False
        database.commit()
    intent = shop.sdk.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="no contract with an acquirer"):
        shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert shop.only_intent().status == "requires_payment_method"
    assert lines.piggy.asked == lines.cuckoo.asked == []
