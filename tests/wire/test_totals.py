"""What an order comes to: every sum is exact, and no coin is made or lost between the lines."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import CURRENCIES, Currency
from payments.hosted.totals import Part, Rate, allocated, rounded, worked_out

EUR, KWD, JPY = CURRENCIES["eur"], CURRENCIES["kwd"], CURRENCIES["jpy"]
ALL: dict[str, Any] = {"products": None, "amount_off": None, "percent_off": None}
PERCENTAGES = st.integers(0, 1_000_000).map(lambda parts: Decimal(parts).scaleb(-4))


def percent(text: str, products: list[str] | None = None) -> dict[str, Any]:
    return ALL | {"percent_off": text, "products": products}


def amount(off: int, currency: Currency, products: list[str] | None = None) -> dict[str, Any]:
    return ALL | {"amount_off": {currency.code: off}, "products": products}


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[Part], dict[str, Any] | None, Currency]:
    """Lines with taxes, and a coupon or none, in a currency of any step."""
    currency = draw(st.sampled_from([EUR, KWD, JPY, CURRENCIES["isk"]]))
    rates = [
        Rate(f"txr_{number}", draw(PERCENTAGES), draw(st.booleans()))
        for number in range(draw(st.integers(0, 3)))
    ]
    parts = [
        Part(
            draw(st.integers(0, 1_000_000)) * currency.step_minor,
            draw(st.sampled_from(["rose", "tulip"])),
            tuple(rate for rate in rates if draw(st.booleans())),
        )
        for _ in range(draw(st.integers(1, 8)))
    ]
    products = draw(st.sampled_from([None, ["rose"]]))
    off = draw(st.integers(1, 10_000_000)) * currency.step_minor
    coupons = [None, percent(str(draw(PERCENTAGES)), products), amount(off, currency, products)]
    return parts, draw(st.sampled_from(coupons)), currency


@given(orders())
def test_the_lines_make_up_the_order(order: tuple[list[Part], dict[str, Any] | None, Currency]) -> None:
    parts, terms, currency = order
    for part, line in zip(parts, worked_out(parts, terms, currency), strict=True):
        assert 0 <= line.discount_minor <= part.amount_minor
        on_top = sum(
            tax.amount_minor for tax, rate in zip(line.taxes, part.rates, strict=True) if not rate.inclusive
        )
        assert line.total_minor == part.amount_minor - line.discount_minor + on_top
        assert all(tax.amount_minor >= 0 for tax in line.taxes)
        assert line.total_minor % currency.step_minor == line.discount_minor % currency.step_minor == 0
        assert all(tax.amount_minor % currency.step_minor == 0 for tax in line.taxes)


@given(orders())
def test_a_discount_is_what_was_promised_and_for_what(
    order: tuple[list[Part], dict[str, Any] | None, Currency],
) -> None:
    parts, terms, currency = order
    if terms is None:
        return
    off = [line.discount_minor for line in worked_out(parts, terms, currency)]
    eligible = sum(part.amount_minor for part in parts if terms["products"] is None or part.product == "rose")
    if terms["amount_off"]:
        assert sum(off) == min(terms["amount_off"][currency.code], eligible)
    else:
        assert sum(off) == rounded(Fraction(terms["percent_off"]) * eligible / 100, currency)
    if terms["products"]:
        assert all(not taken for taken, part in zip(off, parts, strict=True) if part.product != "rose")


@given(orders())
def test_inclusive_taxes_are_part_of_the_price(
    order: tuple[list[Part], dict[str, Any] | None, Currency],
) -> None:
    parts, terms, currency = order
    for part, line in zip(parts, worked_out(parts, terms, currency), strict=True):
        if part.rates and all(rate.inclusive for rate in part.rates):
            net = part.amount_minor - line.discount_minor
            assert line.total_minor == net
            assert all(tax.taxable_minor == net - line.tax_minor for tax in line.taxes)
            exact = Fraction(net) * sum(Fraction(rate.percentage) for rate in part.rates)
            exact /= 100 + sum(Fraction(rate.percentage) for rate in part.rates)
            assert abs(line.tax_minor - exact) <= Fraction(currency.step_minor * len(part.rates), 2)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.data())
def test_an_amount_is_divided_without_a_rest(weights: list[int], data: st.DataObject) -> None:
    whole = data.draw(st.integers(0, sum(weights)))
    shares = allocated(whole, weights, EUR)
    assert sum(shares) == whole
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share <= weight
        if whole:
            assert abs(share - Fraction(whole * weight, sum(weights))) < 1


@pytest.mark.parametrize(
    ("cents", "tax"),
    [(43, 6), (484, 73)],  # the table of Stripe's page on rounding, at 15 %
)
def test_taxes_are_rounded_for_each_line_as_stripe_does(cents: int, tax: int) -> None:
    (line,) = worked_out([Part(cents, "rose", (Rate("txr_1", Decimal(15), inclusive=False),))], None, EUR)
    assert (line.tax_minor, line.total_minor) == (tax, cents + tax)


def test_an_exclusive_tax_comes_on_top_of_the_price_without_the_inclusive_one() -> None:
    rates = (Rate("txr_in", Decimal(25), inclusive=True), Rate("txr_on", Decimal(10), inclusive=False))
    (line,) = worked_out([Part(12500, "rose", rates)], percent("20"), EUR)
    assert line.discount_minor == 2500
    assert [(tax.amount_minor, tax.taxable_minor) for tax in line.taxes] == [(2000, 8000), (800, 8000)]
    assert line.total_minor == 10800


def test_a_discount_of_a_third_leaves_no_cent_over() -> None:
    lines = worked_out([Part(100, "rose"), Part(100, "rose"), Part(100, "rose")], percent("33.3333"), EUR)
    assert [line.discount_minor for line in lines] == [34, 33, 33]


def test_a_discount_of_dinars_is_rounded_to_ten_fils() -> None:
    (line,) = worked_out([Part(1230, "rose")], percent("12.5"), KWD)
    assert line.discount_minor == 150
