"""Whatever is paid and refunded in a day: the totals of the files are what the ledger says afterwards."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.ledger import Account
from tests.money.conftest import CUCKOO, PIGGY, Shop

pytestmark = pytest.mark.slow

CARDS = ("pm_card_visa", "pm_card_visa_debit", "pm_card_mastercard_prepaid", "pm_card_amex", "pm_card_fr")
# Smallest step of an amount and a sensible range, in each kind of currency.
CURRENCIES = {"usd": (1, 50), "eur": (1, 50), "jpy": (1, 50), "kwd": (10, 1000), "huf": (1, 17_500)}


@st.composite
def payments(draw: st.DrawFn, currencies: tuple[str, ...]) -> tuple[int, str, str, int]:
    """Amount, currency, card, and how much of it is refunded."""
    currency = draw(st.sampled_from(currencies))
    step, least = CURRENCIES[currency]
    amount = draw(st.integers(least // step, 99_999 // step)) * step
    refunded = draw(st.one_of(st.just(0), st.integers(1, amount // step))) * step
    return amount, currency, draw(st.sampled_from(CARDS)), refunded


def days(bank: str) -> Any:
    taken = ("usd", "eur", "jpy") if bank == CUCKOO else tuple(CURRENCIES)
    return st.lists(payments(taken), min_size=1, max_size=6)


def books(shop: Shop) -> Counter[tuple[str, str]]:
    return Counter({(name, code): shop.book(name, code) for name in Account for code in CURRENCIES})


@pytest.mark.parametrize("bank", [PIGGY, CUCKOO])
@given(data=st.data())
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_totals_of_the_files_are_what_the_ledger_says(shop: Shop, bank: str, data: st.DataObject) -> None:
    shop.use_bank(bank)
    known, before = {one.id for one in shop.settlements()}, books(shop)
    for amount, currency, card, refunded in data.draw(days(bank)):
        paid = shop.pay(amount, currency, payment_method=card)
        if refunded:
            shop.sdk.v1.refunds.create({"payment_intent": paid.id, "amount": refunded})
    shop.settle()
    change = books(shop)
    change.subtract(before)
    told: Counter[tuple[str, str]] = Counter()
    for settlement in shop.settlements():
        if settlement.id not in known:
            told["bank_cash", settlement.currency] += settlement.net_minor
            told["acquirer_cost", settlement.currency] += settlement.costs_minor
    for code in CURRENCIES:
        assert change["bank_cash", code] == told["bank_cash", code]
        assert change["acquirer_cost", code] == told["acquirer_cost", code]
        assert shop.book("acquirer_receivable", code) == 0
        assert sum(change[name, code] for name, other in change if other == code) == 0
    assert shop.differences() == []
    shop.check_ledger()
