"""What an acquirer may keep of a capture, as agreed: our copy of the price list, to check lines against."""

from dataclasses import dataclass
from fractions import Fraction

from kit.money import CURRENCIES
from payments.balance.exchange import rounded
from payments.balance.regions import Region, region_of


@dataclass(frozen=True, slots=True)
class Price:
    """Basis points of an amount, and hundredths of a major unit on top."""

    basis_points: int
    fixed_hundredths: int = 0

    def of(self, amount_minor: int, currency: str) -> int:
        """Return the fee in minor units, rounded half up once."""
        fixed = Fraction(self.fixed_hundredths * 10 ** CURRENCIES[currency].decimals, 100)
        return rounded(Fraction(amount_minor * self.basis_points, 10_000) + fixed)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Where an acquirer clears from, and its own margin."""

    country: str
    margin: Price


AGREEMENTS = {
    "piggy_bank": Agreement("US", Price(25, 5)),
    "cuckoo_bank": Agreement("DE", Price(40, 5)),
}
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
NOTHING = Price(0)
SCHEME: dict[tuple[str, bool], Price] = {  # by brand, and whether the card crosses a border
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

Costs = tuple[int, int, int]  # interchange, scheme, margin


def expected(
    acquirer: str,
    gross_minor: int,
    currency: str,
    *,
    brand: str | None,
    funding: str | None,
    country: str | None,
) -> Costs | None:
    """Return what was agreed for a capture of `gross_minor`; None where we know no agreement."""
    agreement = AGREEMENTS.get(acquirer)
    if agreement is None:
        return None
    region = region_of(country or agreement.country, agreement.country)
    interchange = INTERCHANGE.get((funding or "", region), NOTHING)
    scheme = SCHEME.get((brand or "", region == "international"), SCHEME_ELSE)
    return (
        interchange.of(gross_minor, currency),
        scheme.of(gross_minor, currency),
        agreement.margin.of(gross_minor, currency),
    )
