"""Conversion is exact in minor units, rounds half away from zero, and knows each currency's decimals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_simulator import rates
from kit.money import CURRENCIES
from payments.balance.exchange import PER_DOLLAR, NoRate, convert, rate, rounded
from payments.balance.fees import fee_minor
from payments.balance.regions import region_of

CODES = st.sampled_from(sorted(PER_DOLLAR))
AMOUNTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("amount", "of", "to", "converted"),
    [
        (2000, "usd", "eur", 1840),
        (333, "usd", "eur", 306),  # 306.36
        (1, "usd", "jpy", 2),  # 1.513
        (2000, "jpy", "eur", 1216),  # 1216.127
        (1000, "usd", "kwd", 3070),
        (10_000, "kwd", "usd", 3257),  # 3257.33
        (10_000, "kwd", "jpy", 4928),  # 4928.34
        (25, "usd", "eur", 23),
        (-25, "usd", "eur", -23),
        (50, "jpy", "usd", 33),  # 33.05
    ],
)
def test_an_amount_converts_by_the_table(amount: int, of: str, to: str, converted: int) -> None:
    assert convert(amount, of, to) == converted


@given(AMOUNTS, CODES, CODES)
def test_what_is_taken_and_given_back_comes_to_nothing(amount: int, of: str, to: str) -> None:
    assert convert(amount, of, to) + convert(-amount, of, to) == 0


@given(AMOUNTS, CODES, CODES)
def test_a_conversion_is_never_off_by_more_than_half_a_minor_unit(amount: int, of: str, to: str) -> None:
    scale = Fraction(10) ** (CURRENCIES[to].decimals - CURRENCIES[of].decimals)
    exact = amount * rate(of, to) * scale
    assert abs(convert(amount, of, to) - exact) <= Fraction(1, 2)


@given(AMOUNTS, CODES)
def test_a_currency_converts_to_itself_unchanged(amount: int, code: str) -> None:
    assert convert(amount, code, code) == amount


def test_a_half_is_rounded_away_from_zero() -> None:
    assert [rounded(Fraction(half, 2)) for half in (-3, -1, 1, 3, 5)] == [-2, -1, 1, 2, 3]


def test_what_has_no_rate_is_refused() -> None:
    with pytest.raises(NoRate):
        convert(100, "usd", "xaf")


def test_the_bank_and_florin_agree_on_rates_and_decimals() -> None:
    assert rates.PER_DOLLAR == PER_DOLLAR
    assert {code: rates.decimals(code) for code in CURRENCIES} == {
        code: currency.decimals for code, currency in CURRENCIES.items()
    }


def test_the_merchants_fee_is_two_point_nine_per_cent_and_thirty_cents() -> None:
    assert fee_minor(2000, "usd") == 88
    assert fee_minor(2000, "usd", funding="credit", region="domestic") == 88
    assert fee_minor(10, "usd") == 10, "never more than the amount"


def test_a_card_from_abroad_and_a_conversion_cost_more() -> None:
    assert fee_minor(2000, "usd", funding="credit", region=region_of("FR", "US")) == 118
    assert fee_minor(2000, "eur", funding="debit", region=region_of("FR", "DE")) == 83
    assert fee_minor(2000, "eur", converted=True) == 103
    assert region_of(None, "US") == "unknown"
