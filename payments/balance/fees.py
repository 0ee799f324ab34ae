"""What a payment costs the merchant: a rate by card and region and a fixed part by currency, as data."""

from payments.balance.exchange import NoRate, convert
from payments.balance.regions import Region

# Basis points by a card's funding and region; what is not listed, or not known, costs the standard rate.
STANDARD_BASIS_POINTS = 290
RATES_BASIS_POINTS: dict[tuple[str, Region], int] = {
    ("credit", "international"): 440,
    ("debit", "international"): 440,
    ("prepaid", "international"): 440,
}
CONVERSION_BASIS_POINTS = 100  # on top, where the merchant is settled in another currency
FIXED_MINOR = {"usd": 30, "eur": 25, "gbp": 20, "aud": 30, "cad": 30, "chf": 30, "sgd": 50, "nzd": 30}


# What a dispute costs the merchant, who gets it back when the dispute is won.
DISPUTE_FEES_MINOR = {
    "usd": 1500,
    "eur": 2000,
    "gbp": 2000,
    "aud": 2500,
    "cad": 1500,
    "chf": 2000,
    "jpy": 1500,
}


def dispute_fee_minor(currency: str) -> int:
    """Return the fee of a dispute in minor units; converted where there is no amount of its own."""
    known = DISPUTE_FEES_MINOR.get(currency)
    if known is not None:
        return known
    try:
        return convert(DISPUTE_FEES_MINOR["usd"], "usd", currency)
    except NoRate:
        return 0


def fee_minor(
    amount_minor: int,
    currency: str,
    *,
    funding: str | None = None,
    region: Region = "unknown",
    converted: bool = False,
) -> int:
    """Return the fee in minor units, the rate rounded half up, never more than the amount."""
    basis_points = RATES_BASIS_POINTS.get((funding or "", region), STANDARD_BASIS_POINTS)
    basis_points += CONVERSION_BASIS_POINTS if converted else 0
    variable = (amount_minor * basis_points + 5_000) // 10_000
    return min(amount_minor, variable + FIXED_MINOR.get(currency, 0))
