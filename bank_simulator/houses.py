"""The banks that this simulator can be, by BANK_NAME, and the rules of each house beside the issuers' own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bank_simulator.network import BRAND_NOT_TAKEN, CURRENCY_NOT_TAKEN, TOO_MUCH


@dataclass(frozen=True)
class House:
    """What a bank takes from merchants; None and the empty set mean that it takes everything.

    `largest_minor` is the most that one payment may be, by currency; a velocity of None is the issuer's own.
    `country` is where it clears from, `margin_basis_points` what it keeps of each capture, and `settles_in`
    says which currencies it settles in another one (clearing.py).
    """

    currencies: frozenset[str] | None = None
    refused_brands: frozenset[str] = field(default_factory=frozenset)
    largest_minor: Mapping[str, int] = field(default_factory=dict)
    velocity_count: int | None = None
    country: str = "US"
    margin_basis_points: int = 25
    settles_in: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, currency: str, brand: str, amount_minor: int) -> str | None:
        """The response code of what the house does not take; no issuer is asked then."""
        if self.currencies is not None and currency not in self.currencies:
            return CURRENCY_NOT_TAKEN
        if brand in self.refused_brands:
            return BRAND_NOT_TAKEN
        if amount_minor > self.largest_minor.get(currency, amount_minor):
            return TOO_MUCH
        return None


OPEN_HOUSE = House()  # of a bank by any other name

HOUSES: dict[str, House] = {
    "piggy_bank": OPEN_HOUSE,
    # A small house: five currencies, no Diners Club, JCB or UnionPay, nothing above ten thousand, and a sharp
    # eye on cards that pay often.
    "cuckoo_bank": House(
        currencies=frozenset(("chf", "eur", "gbp", "jpy", "usd")),
        refused_brands=frozenset(("diners", "jcb", "unionpay")),
        largest_minor={
            "chf": 1_000_000,
            "eur": 1_000_000,
            "gbp": 1_000_000,
            "jpy": 1_000_000,
            "usd": 1_000_000,
        },
        velocity_count=10_000,
        country="DE",
        margin_basis_points=40,
        settles_in={"gbp": "eur", "jpy": "eur", "usd": "eur"},
    ),
}


def house_of(name: str) -> House:
    """The house of that name."""
    return HOUSES.get(name, OPEN_HOUSE)
