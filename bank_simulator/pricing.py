"""What clearing a capture costs, as data: interchange, the fee of the scheme, and the margin of the bank."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bank_simulator.rates import decimals, rounded

Region = Literal["domestic", "same_region", "international"]

EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
REGIONS = (EEA,)


@dataclass(frozen=True)
class Price:
    """Basis points of the amount, and hundredths of a currency's major unit on top."""

    basis_points: int
    fixed_hundredths: int = 0

    def of(self, amount_minor: int, currency: str) -> int:
        """In minor units, rounded half up once, when both parts are together."""
        variable = Fraction(amount_minor * self.basis_points, 10_000)
        fixed = Fraction(self.fixed_hundredths * 10 ** decimals(currency), 100)
        return rounded(variable + fixed)


# The issuer's part, by the card's funding and region.
INTERCHANGE: dict[tuple[str, Region], Price] = {
    ("credit", "domestic"): Price(165, 10),
    ("credit", "same_region"): Price(30),
    ("credit", "international"): Price(198, 10),
    ("debit", "domestic"): Price(5, 21),
    ("debit", "same_region"): Price(20),
    ("debit", "international"): Price(115, 15),
    ("prepaid", "domestic"): Price(115, 15),
    ("prepaid", "same_region"): Price(20),
    ("prepaid", "international"): Price(180, 20),
}
INTERCHANGE_ELSE = Price(0)  # methods that no issuer of cards stands behind

# The network's part, by brand and by whether the card crosses a border.
SCHEME: dict[tuple[str, bool], Price] = {
    ("visa", False): Price(14, 2),
    ("visa", True): Price(114, 2),
    ("mastercard", False): Price(13, 2),
    ("mastercard", True): Price(113, 2),
    ("amex", False): Price(16),
    ("amex", True): Price(56),
    ("discover", False): Price(13, 2),
    ("discover", True): Price(93, 2),
}
SCHEME_ELSE = Price(15, 2)

MARGIN_HUNDREDTHS = 5  # of this bank, beside its basis points (houses.py)


@dataclass(frozen=True)
class Fees:
    """The three parts, in minor units of the settlement currency."""

    interchange_minor: int = 0
    scheme_minor: int = 0
    margin_minor: int = 0


NO_FEES = Fees()


def region_of(card_country: str | None, country: str) -> Region:
    """Where a card comes from, seen from the bank's own country."""
    if card_country is None or card_country == country:
        return "domestic"
    if any(card_country in region and country in region for region in REGIONS):
        return "same_region"
    return "international"


def fees_of(
    amount_minor: int,
    currency: str,
    *,
    brand: str | None,
    funding: str | None,
    region: Region,
    margin_bps: int,
) -> Fees:
    """The fees of one captured amount in its settlement currency."""
    interchange = INTERCHANGE.get((funding or "", region), INTERCHANGE_ELSE)
    scheme = SCHEME.get((brand or "", region == "international"), SCHEME_ELSE)
    return Fees(
        interchange.of(amount_minor, currency),
        scheme.of(amount_minor, currency),
        Price(margin_bps, MARGIN_HUNDREDTHS).of(amount_minor, currency),
    )
