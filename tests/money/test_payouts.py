"""Payouts: taken off the balance once, sent once, followed to their end, and given back where they fail."""

from typing import Any

import pytest
import stripe
import time_machine

import paying
from kit import database
from payments.balance import pay_out
from tests.money.conftest import MINUTE_SECONDS, Faulty, Shop

pytestmark = pytest.mark.slow

NO_ACCOUNT, COMES_BACK = "000111111116", "000555555551"


def fund(shop: Shop, amount: int = 10_000, currency: str = "usd") -> int:
    """Put money on the balance that is available at once; return what is there."""
    shop.pay(amount, currency, payment_method="pm_card_bypassPending")
    return shop.available(currency)


def payout_of(shop: Shop, payout_id: str) -> stripe.Payout:
    return shop.sdk.v1.payouts.retrieve(payout_id)


def arrive(shop: Shop, later: time_machine.Traveller) -> None:
    """Let a day pass at the banks, and the house look."""
    shop.banks.end_the_day()
    later.shift(pay_out.LOOK_SECONDS + 1)
    shop.send_payouts()


def test_a_payout_is_pending_then_in_transit_then_paid(shop: Shop, later: time_machine.Traveller) -> None:
    account_id = shop.add_bank_account()
    there = fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 5000, "currency": "usd", "metadata": {"week": "47"}})
    assert (payout.status, payout.amount, payout.destination) == ("pending", 5000, account_id)
    assert (payout.automatic, payout.method) == (False, "standard")
    assert payout.to_dict()["metadata"] == {"week": "47"}
    assert shop.available() == there - 5000
    assert shop.book("payouts_in_transit") == -5000
    shop.send_payouts()
    assert payout_of(shop, payout.id).status == "in_transit"
    arrive(shop, later)
    paid = payout_of(shop, payout.id)
    assert (paid.status, paid.failure_code) == ("paid", None)
    assert paid.trace_id
    assert paid.trace_id.status == "supported"
    assert (shop.book("payouts_in_transit"), shop.book("bank_cash")) == (0, -5000)
    assert shop.available() == there - 5000
    told = [name for name in shop.event_types() if name.startswith("payout.")]
    assert told == ["payout.created", "payout.updated", "payout.paid"]


def test_a_payout_that_fails_returns_its_funds(shop: Shop, later: time_machine.Traveller) -> None:
    account_id = shop.add_bank_account(NO_ACCOUNT)
    there = fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 5000, "currency": "usd"})
    shop.send_payouts()
    arrive(shop, later)
    failed = payout_of(shop, payout.id)
    assert (failed.status, failed.failure_code) == ("failed", "no_account")
    assert failed.failure_message
    assert shop.available() == there
    assert (shop.book("payouts_in_transit"), shop.book("bank_cash")) == (0, 0)
    back = shop.sdk.v1.balance_transactions.retrieve(str(failed.failure_balance_transaction))
    assert (back.type, back.amount, back.source) == ("payout_failure", 5000, payout.id)
    assert shop.event_types().count("payout.failed") == 1
    accounts = shop.sdk.v1.accounts.external_accounts
    account: Any = accounts.retrieve(shop.account_id, account_id)
    assert account.status == "errored"


def test_a_payout_may_fail_after_it_was_paid(shop: Shop, later: time_machine.Traveller) -> None:
    shop.add_bank_account(COMES_BACK)
    there = fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 5000, "currency": "usd"})
    shop.send_payouts()
    arrive(shop, later)
    assert payout_of(shop, payout.id).status == "paid"
    assert shop.book("bank_cash") == -5000
    arrive(shop, later)
    assert payout_of(shop, payout.id).status == "failed"
    assert shop.available() == there
    assert (shop.book("payouts_in_transit"), shop.book("bank_cash")) == (0, 0)
    told = [name for name in shop.event_types() if name in ("payout.paid", "payout.failed")]
    assert told == ["payout.paid", "payout.failed"]


@pytest.mark.parametrize("loss", ["lost_orders", "lost_questions"])
def test_an_order_whose_answer_is_lost_is_sent_again_and_paid_once(
    shop: Shop, line: Faulty, later: time_machine.Traveller, loss: str
) -> None:
    shop.add_bank_account()
    there = fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 5000, "currency": "usd"})
    setattr(line, loss, 2)
    shop.send_payouts()
    assert payout_of(shop, payout.id).status == "pending"
    assert shop.available() == there - 5000
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.payouts.cancel(payout.id)  # the bank may have it: nobody guesses
    for _ in range(2):
        later.shift(pay_out.AGAIN_SECONDS + 1)
        shop.send_payouts()
    assert payout_of(shop, payout.id).status == "in_transit"
    first, *others = [order for order in line.orders if order.reference == payout.id]
    assert others == [first, first]
    arrive(shop, later)
    assert payout_of(shop, payout.id).status == "paid"
    assert shop.book("bank_cash") == -5000


def test_a_payout_that_was_paid_while_nobody_looked_is_paid(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.add_bank_account()
    fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 5000, "currency": "usd"})
    line.lost_orders = 1
    shop.send_payouts()
    shop.banks.end_the_day()
    later.shift(pay_out.AGAIN_SECONDS + 1)
    shop.send_payouts()  # the first answer, which is how it stood then
    later.shift(pay_out.LOOK_SECONDS + 1)
    shop.send_payouts()
    assert payout_of(shop, payout.id).status == "paid"


def test_a_pending_payout_can_be_canceled(shop: Shop, line: Faulty) -> None:
    shop.add_bank_account()
    there = fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 5000, "currency": "usd"})
    canceled = shop.sdk.v1.payouts.cancel(payout.id)
    assert canceled.status == "canceled"
    assert shop.available() == there
    assert shop.book("payouts_in_transit") == 0
    shop.send_payouts()
    assert not [order for order in line.orders if order.reference == payout.id]
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.payouts.cancel(payout.id)
    with pytest.raises(stripe.InvalidRequestError):
        shop.sdk.v1.payouts.reverse(payout.id)


REFUSED: list[tuple[dict[str, Any], str | None, str]] = [
    ({"amount": 99_999_999}, "balance_insufficient", "amount"),
    ({"amount": 0}, "parameter_invalid_integer", "amount"),
    ({"amount": 100, "currency": "eur"}, None, "currency"),
    ({"amount": 100, "currency": "xxx"}, None, "currency"),
    ({"amount": 150, "currency": "huf"}, "invalid_charge_amount", "amount"),
    ({"amount": 150, "currency": "twd"}, "invalid_charge_amount", "amount"),
    ({"amount": 1005, "currency": "kwd"}, "invalid_charge_amount", "amount"),
    ({"amount": 100, "method": "instant"}, "instant_payouts_unsupported", "method"),
    ({"amount": 100, "destination": "ba_none"}, "resource_missing", "destination"),
    ({"amount": 100, "statement_descriptor": "x" * 23}, None, "statement_descriptor"),
]


def test_what_can_not_be_paid_out_is_refused(shop: Shop) -> None:
    shop.add_bank_account()
    there = fund(shop)
    for given, code, param in REFUSED:
        params: Any = {"currency": "usd", **given}
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.sdk.v1.payouts.create(params)
        assert (refused.value.code, refused.value.param) == (code, param), given
    assert shop.available() == there


def test_settled_money_is_paid_out_by_itself(shop: Shop, later: time_machine.Traveller) -> None:
    shop.add_bank_account()
    paid = shop.pay(2000)
    shop.pay(3000)
    shop.sdk.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
    shop.settle()
    (payout,) = shop.sdk.v1.payouts.list().data
    assert (payout.automatic, payout.status) == (True, "pending")
    assert payout.amount == 2000 - 88 + 3000 - 117 - 500
    assert shop.available() == 0
    rows = shop.sdk.v1.balance_transactions.list({"payout": payout.id}).data
    assert sorted(row.type for row in rows) == ["charge", "charge", "payout", "refund"]
    assert sum(row.net for row in rows) == 0
    shop.send_payouts()
    arrive(shop, later)
    assert payout_of(shop, payout.id).status == "paid"
    cash = shop.book("bank_cash")
    assert cash == shop.book("acquirer_cost") * -1 + 88 + 117, "our fees less what the acquirer kept"


def test_each_payout_holds_what_came_since_the_last_one(shop: Shop) -> None:
    shop.add_bank_account()
    shop.pay(2000)
    shop.settle()
    shop.pay(3000)
    shop.settle()
    second, first = shop.sdk.v1.payouts.list().data
    for payout, amount in ((first, 2000), (second, 3000)):
        rows = shop.sdk.v1.balance_transactions.list({"payout": payout.id, "type": "charge"}).data
        assert [row.amount for row in rows] == [amount]


def test_what_is_not_whole_enough_to_be_paid_out_stays_for_the_next_time(shop: Shop) -> None:
    shop.add_bank_account(currency="huf")
    shop.pay(250_050, "huf")
    shop.settle()
    (payout,) = shop.sdk.v1.payouts.list().data
    net = 250_050 - (250_050 * 290 + 5000) // 10_000
    assert (payout.amount, payout.currency) == (net - net % 100, "huf")
    assert shop.available("huf") == net % 100


def test_nothing_is_paid_out_by_itself_where_that_is_not_agreed(shop: Shop) -> None:
    shop.add_bank_account()
    shop.change_merchant(payout_interval="manual")
    shop.pay(2000)
    shop.settle()
    assert shop.sdk.v1.payouts.list().data == []
    assert shop.available() == 1912


def test_payouts_are_listed_and_updated_as_on_stripe(shop: Shop) -> None:
    account_id = shop.add_bank_account()
    fund(shop)
    payouts = shop.sdk.v1.payouts
    first = payouts.create({"amount": 100, "currency": "usd"})
    second = payouts.create({"amount": 200, "currency": "usd", "description": "weekly"})
    payouts.cancel(first.id)
    assert [payout.id for payout in payouts.list().data] == [second.id, first.id]
    assert [payout.id for payout in payouts.list({"status": "canceled"}).data] == [first.id]
    assert [payout.id for payout in payouts.list({"destination": account_id, "limit": 1}).data] == [second.id]
    assert len(payouts.list({"arrival_date": {"gte": second.arrival_date}}).data) >= 1
    assert payouts.list({"arrival_date": {"lt": 1}}).data == []
    assert payouts.update(second.id, {"metadata": {"a": "b"}}).to_dict()["metadata"] == {"a": "b"}
    expanded = payouts.retrieve(second.id, {"expand": ["destination", "balance_transaction"]})
    assert isinstance(expanded.balance_transaction, stripe.BalanceTransaction)
    assert expanded.balance_transaction.net == -200


def test_a_notice_has_a_payout_looked_up_at_once(shop: Shop, later: time_machine.Traveller) -> None:
    shop.add_bank_account()
    fund(shop)
    payout = shop.sdk.v1.payouts.create({"amount": 100, "currency": "usd"})
    shop.send_payouts()
    later.shift(MINUTE_SECONDS)
    shop.send_payouts()
    shop.banks.end_the_day()
    shop.send_payouts()
    assert payout_of(shop, payout.id).status == "in_transit", "it is not due yet"
    with shop.house.app_context():
        paying.on_updated("piggy_bank", payout.id)
        database.commit()
    shop.send_payouts()
    assert payout_of(shop, payout.id).status == "paid"
