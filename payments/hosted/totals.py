"""What an order comes to: discounts spread over its lines, then taxes, each sum exact to the smallest coin.

The rules, each of which docs/catalog.md explains with an example:
- A discount is rounded once, for the whole order, and spread over the lines that it is for in proportion to
  their amounts. What is left over by rounding down goes to the lines with the largest remainders.
- Taxes are worked out of what a line costs after the discount. Inclusive rates share what is in the price;
  exclusive ones come on top of the price without its inclusive taxes.
- A tax is rounded for each line and rate, halves up (https://support.stripe.com/questions/rounding-rules).
- All of it is rounded to the currency's own steps, as 10 fils or 100 aurar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kit.money import Currency


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate, in per cent."""

    id: str
    percentage: Decimal
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One line of an order, before anything is taken off or put on."""

    amount_minor: int
    product: str
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """What one rate comes to on one line, and of which amount."""

    rate: str
    amount_minor: int
    taxable_minor: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What one line comes to."""

    discount_minor: int
    taxes: tuple[Tax, ...]
    total_minor: int

    @property
    def tax_minor(self) -> int:
        """Return all taxes of the line, those in its price included."""
        return sum(tax.amount_minor for tax in self.taxes)


def worked_out(parts: Sequence[Part], terms: dict[str, Any] | None, currency: Currency) -> list[Sum]:
    """Return what each line comes to under the terms of a coupon (`Coupon.terms`), None for none."""
    discounts = spread(parts, terms, currency) if terms else [0] * len(parts)
    return [_with_taxes(part, discount, currency) for part, discount in zip(parts, discounts, strict=True)]


def spread(parts: Sequence[Part], terms: dict[str, Any], currency: Currency) -> list[int]:
    """Return what a coupon takes off each line; never more than the line, and nothing off other products."""
    weights = [part.amount_minor if is_for(terms, part.product) else 0 for part in parts]
    whole = sum(weights)
    if terms["amount_off"] is not None:
        off = min(terms["amount_off"].get(currency.code, 0), whole)
    else:
        off = rounded(Fraction(terms["percent_off"]) * whole / 100, currency)
    return allocated(off, weights, currency)


def is_for(terms: dict[str, Any], product: str) -> bool:
    """Tell whether a coupon takes something off a product."""
    return terms["products"] is None or product in terms["products"]


def allocated(amount_minor: int, weights: Sequence[int], currency: Currency) -> list[int]:
    """Return an amount divided in proportion to weights that sum to no less; the parts sum to it exactly."""
    step, whole = currency.step_minor, sum(weights)
    if not amount_minor:
        return [0] * len(weights)
    exact = [Fraction(amount_minor * weight, whole * step) for weight in weights]
    shares = [int(share) for share in exact]
    left = amount_minor // step - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:left]:
        shares[place] += 1
    return [share * step for share in shares]


def rounded(amount: Fraction, currency: Currency) -> int:
    """Return an amount in the currency's steps, halves up."""
    step = currency.step_minor
    return int(amount / step + Fraction(1, 2)) * step


def _with_taxes(part: Part, discount_minor: int, currency: Currency) -> Sum:
    net = part.amount_minor - discount_minor
    inclusive = [rate for rate in part.rates if rate.inclusive]
    exclusive = [rate for rate in part.rates if not rate.inclusive]
    base = 100 + sum(Fraction(rate.percentage) for rate in inclusive)
    within = [rounded(net * Fraction(rate.percentage) / base, currency) for rate in inclusive]
    taxable = net - sum(within)
    on_top = [rounded(taxable * Fraction(rate.percentage) / 100, currency) for rate in exclusive]
    amounts = zip([*inclusive, *exclusive], [*within, *on_top], strict=True)
    taxes = {rate.id: Tax(rate.id, amount, taxable) for rate, amount in amounts}
    return Sum(discount_minor, tuple(taxes[rate.id] for rate in part.rates), net + sum(on_top))
