"""What the parameters of a price have to be; each function raises InvalidRequest naming the parameter."""

from decimal import Decimal
from typing import Any

from kit.money import Currency
from payments.catalog.amounts import as_decimal_text, check_exact_amount, check_unit_amount
from payments.charging.amounts import known_currency
from payments.errors import InvalidRequest

LONGEST_INTERVALS = {"day": 1095, "week": 156, "month": 36, "year": 3}  # three years
RECURRING_DEFAULTS = {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"}


def one_of(one: str, other: str, *, given: bool) -> InvalidRequest:
    """Return the refusal of two parameters of which both, or none, were given."""
    if given:
        return InvalidRequest(f"You may only specify one of these parameters: {one}, {other}.", param=other)
    return InvalidRequest(
        f"You must specify either `{one}` or `{other}`.", code="parameter_missing", param=one
    )


def checked_cost(params: dict[str, Any], within: str) -> tuple[str, int | None, str]:
    """Return the currency, `unit_amount` (None where it has decimals) and `unit_amount_decimal` as text."""
    currency = known_currency(params["currency"], param=named("currency", within))
    return currency.code, *checked_amount(params, currency, within)


def checked_amount(params: dict[str, Any], currency: Currency, within: str) -> tuple[int | None, str]:
    """Return `unit_amount` and `unit_amount_decimal` as above, of which one has to be given."""
    whole_name, exact_name = (named(name, within) for name in ("unit_amount", "unit_amount_decimal"))
    exact: Decimal | None = params.get("unit_amount_decimal")
    if (exact is None) == ("unit_amount" not in params):
        raise one_of(whole_name, exact_name, given=exact is not None)
    if exact is None:
        whole: int = params["unit_amount"]
        check_unit_amount(whole, currency, param=whole_name)
        return whole, as_decimal_text(whole)
    check_exact_amount(exact, currency, param=exact_name)
    return int(exact) if exact == int(exact) else None, as_decimal_text(exact)


def named(name: str, within: str) -> str:
    """Return a parameter's name as the caller wrote it, as `product_data[name]`."""
    first, bracket, rest = name.partition("[")
    return f"{within}[{first}]{bracket}{rest}" if within else name


def check_behavior(present: str, wanted: str, param: str) -> None:
    """Refuse to change how a price is taxed once that is said."""
    if present not in ("unspecified", wanted):
        raise InvalidRequest(
            "The `tax_behavior` can't be changed once it is `inclusive` or `exclusive`.", param=param
        )


def checked_recurring(given: dict[str, Any] | None, within: str) -> dict[str, Any] | None:
    """Return how often a price recurs, with what a merchant left out filled in."""
    if not given:
        return None
    recurring = RECURRING_DEFAULTS | given
    longest = LONGEST_INTERVALS[recurring["interval"]]
    if not 1 <= recurring["interval_count"] <= longest:
        raise InvalidRequest(
            f"The interval count of a {recurring['interval']} must be from 1 to {longest}.",
            param=f"{named('recurring', within)}[interval_count]",
        )
    return recurring
