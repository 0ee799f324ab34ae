"""Exchange rates of the bank as data, and its one rule of rounding: half away from zero, in minor units."""

from fractions import Fraction

# How much of a currency one US dollar buys.
PER_DOLLAR: dict[str, str] = {
    "usd": "1", "eur": "0.92", "gbp": "0.79", "chf": "0.88", "sek": "10.45", "nok": "10.7", "dkk": "6.86",
    "pln": "3.95", "czk": "23.1", "huf": "362", "ron": "4.58", "jpy": "151.3", "krw": "1345", "twd": "31.9",
    "inr": "83.4", "cny": "7.23", "hkd": "7.82", "sgd": "1.35", "aud": "1.53", "nzd": "1.66", "cad": "1.36",
    "mxn": "16.9", "brl": "5.02", "clp": "968", "zar": "18.6", "try": "32.1", "aed": "3.6725", "sar": "3.75",
    "ils": "3.71", "thb": "36.1", "myr": "4.72", "isk": "138", "ugx": "3820", "vnd": "24700",
    "bhd": "0.376", "jod": "0.709", "kwd": "0.307", "omr": "0.3845", "tnd": "3.12",
}  # fmt: skip

# As callers send amounts, which is Stripe's way; all others have two decimals.
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())


def decimals(currency: str) -> int:
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def can_convert(of: str, to: str) -> bool:
    return of == to or (of in PER_DOLLAR and to in PER_DOLLAR)


def rate(of: str, to: str) -> Fraction:
    """Major units of `to` for one major unit of `of`, exactly."""
    return Fraction(1) if of == to else Fraction(PER_DOLLAR[to]) / Fraction(PER_DOLLAR[of])


def convert(amount_minor: int, of: str, to: str) -> int:
    return rounded(amount_minor * rate(of, to) * Fraction(10) ** (decimals(to) - decimals(of)))


def rounded(value: Fraction) -> int:
    doubled = abs(value) * 2 + 1
    whole = doubled.numerator // (2 * doubled.denominator)
    return whole if value >= 0 else -whole


def as_text(ratio: Fraction) -> str:
    return f"{float(ratio):.10f}".rstrip("0").rstrip(".")
