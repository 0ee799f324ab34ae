"""Money in integer minor units; the wire's own exponents, which differ from ISO 4217's.

Source: Stripe's currencies page (zero-decimal, three-decimal and special cases, minimum charge amounts).
"""

from dataclasses import dataclass
from decimal import Decimal

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
WHOLE_UNITS_ONLY = frozenset(("isk", "ugx"))  # two-decimal on the wire, yet always a multiple of 100
TWO_DECIMAL = frozenset(
    """usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf
    chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl hrk htg huf idr
    ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn
    nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std
    szl thb tjs top try ttd twd tzs uah ugx uyu uzs wst xcd yer zar zmw""".split()
)
MAXIMUM_AMOUNT = 99_999_999

# Stripe's published minimum charge amounts; any other currency needs one minor unit of substance.
MINIMUM_AMOUNTS = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency of the wire: lower-case code, decimals, smallest charge and the step amounts come in."""

    code: str
    decimals: int
    minimum_minor: int
    step_minor: int


def _currency(code: str) -> Currency:
    decimals = 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2
    step = 100 if code in WHOLE_UNITS_ONLY else 10 if code in THREE_DECIMAL else 1
    return Currency(code, decimals, max(MINIMUM_AMOUNTS.get(code, 1), step), step)


CURRENCIES = {code: _currency(code) for code in sorted(ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL)}


def to_decimal(amount_minor: int, currency: str) -> Decimal:
    """Return minor units as the exact amount in major units: `to_decimal(499, "usd") == Decimal("4.99")`."""
    return Decimal(amount_minor).scaleb(-CURRENCIES[currency].decimals)
