"""Conversion between currencies: a table of rates as data, and one rule of rounding, exact in minor units."""

from fractions import Fraction

from kit.money import CURRENCIES

# How much of a currency one US dollar buys, as published decimals. A table and not a feed: rates change with
# a release, and what was converted keeps the rate that stands in its balance transaction.
PER_DOLLAR = {
    "usd": "1", "eur": "0.92", "gbp": "0.79", "chf": "0.88", "sek": "10.45", "nok": "10.7", "dkk": "6.86",
    "pln": "3.95", "czk": "23.1", "huf": "362", "ron": "4.58", "jpy": "151.3", "krw": "1345", "twd": "31.9",
    "inr": "83.4", "cny": "7.23", "hkd": "7.82", "sgd": "1.35", "aud": "1.53", "nzd": "1.66", "cad": "1.36",
    "mxn": "16.9", "brl": "5.02", "clp": "968", "zar": "18.6", "try": "32.1", "aed": "3.6725", "sar": "3.75",
    "ils": "3.71", "thb": "36.1", "myr": "4.72", "isk": "138", "ugx": "3820", "vnd": "24700",
    "bhd": "0.376", "jod": "0.709", "kwd": "0.307", "omr": "0.3845", "tnd": "3.12",
}  # fmt: skip


class NoRate(Exception):
    """There is no rate between two currencies, so that nothing can be converted."""


def can_convert(of: str, to: str) -> bool:
    """Tell whether there is a rate between two currencies."""
    return of == to or (of in PER_DOLLAR and to in PER_DOLLAR)


def rate(of: str, to: str) -> Fraction:
    """Return how many major units of `to` one major unit of `of` buys, exactly; raises NoRate."""
    if of == to:
        return Fraction(1)
    if not can_convert(of, to):
        raise NoRate(f"no exchange rate from {of} to {to}")
    return Fraction(PER_DOLLAR[to]) / Fraction(PER_DOLLAR[of])


def convert(amount_minor: int, of: str, to: str) -> int:
    """Return an amount in the minor units of `to`, rounded half away from zero; raises NoRate.

    Symmetrical, so that giving back what was taken gives back exactly as much.
    """
    scale = Fraction(10) ** (CURRENCIES[to].decimals - CURRENCIES[of].decimals)
    return rounded(amount_minor * rate(of, to) * scale)


def rounded(value: Fraction) -> int:
    """Return the nearest integer, halves away from zero."""
    doubled = abs(value) * 2 + 1
    whole = doubled.numerator // (2 * doubled.denominator)
    return whole if value >= 0 else -whole


def as_text(ratio: Fraction) -> str:
    """Return a rate with ten decimals at most, as it is kept and shown."""
    return f"{float(ratio):.10f}".rstrip("0").rstrip(".")
