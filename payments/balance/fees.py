"""What a payment costs the merchant: a rate and a fixed part by currency, as data."""

RATE_BASIS_POINTS = 290
FIXED_MINOR = {"usd": 30, "eur": 25, "gbp": 20, "aud": 30, "cad": 30, "chf": 30, "sgd": 50, "nzd": 30}


def fee_minor(amount_minor: int, currency: str) -> int:
    """Return the fee in minor units, the rate rounded half up, never more than the amount."""
    variable = (amount_minor * RATE_BASIS_POINTS + 5_000) // 10_000
    return min(amount_minor, variable + FIXED_MINOR.get(currency, 0))
