"""What a bank settles is posted once, whole, and taken off what it owes us; the rest of the world is told."""

import pytest
import stripe
import time_machine

from payments.balance.costs import expected
from payments.balance.settlements import State
from tests.money.conftest import CUCKOO, MINUTE_SECONDS, PIGGY, Shop

pytestmark = pytest.mark.slow


def costs_of(amount: int, currency: str = "usd", acquirer: str = PIGGY) -> int:
    agreed = expected(acquirer, amount, currency, brand="visa", funding="credit", country="US")
    assert agreed is not None
    return sum(agreed)


def test_a_settled_payment_is_no_longer_owed_by_the_acquirer(shop: Shop) -> None:
    shop.pay(2000)
    assert (shop.book("acquirer_receivable"), shop.book("bank_cash")) == (2000, 0)
    shop.settle()
    (settlement,) = shop.settlements()
    assert (settlement.status, settlement.matched_count, settlement.difference_count) == (State.POSTED, 1, 0)
    cost = costs_of(2000)
    assert shop.book("acquirer_receivable") == 0
    assert shop.book("bank_cash") == 2000 - cost
    assert shop.book("acquirer_cost") == cost
    assert shop.book("merchant_payable") == -(2000 - 88)
    assert shop.differences() == []


def test_captures_and_refunds_are_settled_together(shop: Shop) -> None:
    held = shop.pay(5000, capture_method="manual")
    shop.sdk.v1.payment_intents.capture(held.id, {"amount_to_capture": 3000})
    paid = shop.pay(2000)
    shop.sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
    shop.pay(700, capture_method="manual")  # only held: nothing to clear
    shop.settle()
    (settlement,) = shop.settlements()
    assert (settlement.line_count, settlement.matched_count) == (3, 3)
    assert shop.book("acquirer_receivable") == 0
    assert shop.book("bank_cash") == 4500 - costs_of(3000) - costs_of(2000)


def test_settling_again_changes_nothing(shop: Shop) -> None:
    shop.pay(2000)
    shop.settle()
    cash = shop.book("bank_cash")
    assert shop.work() == 0
    shop.settle()
    assert shop.book("bank_cash") == cash
    assert len(shop.settlements()) == 1


@pytest.mark.parametrize(
    ("currency", "amount"), [("jpy", 2000), ("kwd", 12_340), ("huf", 250_000), ("isk", 50_000)]
)
def test_every_kind_of_currency_is_settled_to_the_last_minor_unit(
    shop: Shop, currency: str, amount: int
) -> None:
    shop.pay(amount, currency)
    shop.settle()
    cost = costs_of(amount, currency)
    assert shop.book("acquirer_receivable", currency) == 0
    assert shop.book("bank_cash", currency) == amount - cost
    assert shop.differences() == []


def test_a_bank_may_settle_dollars_in_euro(shop: Shop) -> None:
    shop.use_bank(CUCKOO)
    shop.pay(2000, "usd")
    shop.pay(2000, "jpy")
    shop.settle()
    (settlement,) = shop.settlements()
    assert settlement.currency == "eur"
    dollars, yen = 1840, 1216  # at 0.92, and 2000 / 151.3 * 0.92 = 12.16
    cost = costs_of(dollars, "eur", CUCKOO) + costs_of(yen, "eur", CUCKOO)
    assert (shop.book("acquirer_receivable", "usd"), shop.book("acquirer_receivable", "jpy")) == (0, 0)
    assert (shop.book("exchange", "usd"), shop.book("exchange", "jpy")) == (2000, 2000)
    assert shop.book("exchange", "eur") == -(dollars + yen)
    assert shop.book("bank_cash", "eur") == dollars + yen - cost
    assert shop.differences() == []


def test_a_merchant_may_be_settled_in_one_currency_for_payments_in_another(shop: Shop) -> None:
    shop.change_merchant(settlement_currency="eur")
    intent = shop.pay(2000, "usd", expand=["latest_charge.balance_transaction"])
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    transaction = charge.balance_transaction
    assert isinstance(transaction, stripe.BalanceTransaction)
    assert (transaction.amount, transaction.currency, transaction.exchange_rate) == (1840, "eur", 0.92)
    assert transaction.fee == 72 + 25  # 2.9 % and 1 % of 18.40, and 25 cents
    assert (shop.pending("eur"), shop.pending("usd")) == (1840 - 97, 0)
    shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 333})
    shop.settle()
    assert shop.book("acquirer_receivable", "usd") == 0
    assert shop.book("exchange", "usd") == -(2000 - 333)
    assert shop.book("exchange", "eur") == 1840 - 306  # 3.0636, each movement rounded by itself
    assert shop.available("eur") == 1840 - 97 - 306
    assert shop.differences() == []


def test_settled_money_is_available_at_once_and_the_merchant_is_told(shop: Shop) -> None:
    shop.pay(2000)
    assert (shop.pending(), shop.available()) == (1912, 0)
    shop.settle()
    assert (shop.pending(), shop.available()) == (0, 1912)
    assert shop.event_types().count("balance.available") == 1
    (event,) = shop.sdk.v1.events.list({"type": "balance.available"}).data
    (available,) = event.data.object["available"]
    assert (available["amount"], available["currency"]) == (1912, "usd")


def test_a_refund_after_the_payout_leaves_a_negative_balance(shop: Shop) -> None:
    shop.add_bank_account()
    paid = shop.pay(2000)
    shop.settle()
    assert shop.available() == 0
    shop.sdk.v1.refunds.create({"payment_intent": paid.id})
    assert shop.available() == -2000
    shop.settle()
    assert shop.book("acquirer_receivable") == 0
    assert len(shop.sdk.v1.payouts.list().data) == 1, "nothing is paid out of a negative balance"


@pytest.mark.parametrize(
    ("card", "refunded", "outcome"),
    [("pm_card_createDispute", 0, (2, -88 - 1500)), ("pm_card_refundFail", 2000, (3, 1912))],
)
def test_what_the_bank_does_by_itself_is_settled_too(
    shop: Shop, later: time_machine.Traveller, card: str, refunded: int, outcome: tuple[int, int]
) -> None:
    """Without any notice: the file itself has the dispute, or the refund that came back, looked up."""
    paid = shop.pay(2000, payment_method=card)
    if refunded:
        shop.sdk.v1.refunds.create({"payment_intent": paid.id, "amount": refunded})
    shop.settle()
    assert (shop.settlements()[0].status, shop.differences()) == (State.STAGED, [])
    later.shift(MINUTE_SECONDS)
    assert shop.work() == 1
    (settlement,) = shop.settlements()
    assert settlement.matched_count == settlement.line_count
    assert shop.book("acquirer_receivable") == 0
    assert (settlement.line_count, shop.available()) == outcome
    assert shop.differences() == []


def test_a_settlement_of_a_merchant_that_we_have_no_contract_for_is_left_alone(shop: Shop) -> None:
    shop.pay(2000)
    shop.use_bank(CUCKOO)
    shop.settle()
    (settlement,) = shop.settlements()
    assert settlement.status == State.FOREIGN
    assert shop.book("bank_cash") == 0
