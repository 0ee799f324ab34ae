"""What the parameters of a price have to be; each function raises InvalidRequest naming the parameter."""

from decimal import Decimal
from typing import Any

from kit.money import Currency
from payments.catalog.amounts import as_decimal_text, check_exact_amount, check_unit_amount
from payments.catalog.custom_amounts import checked_custom
from payments.catalog.tiers import checked_tiers, checked_transform
from payments.charging.amounts import known_currency
from payments.errors import InvalidRequest

AMOUNTS = ("unit_amount", "unit_amount_decimal", "custom_unit_amount", "tiers")  # of which a price has one
LONGEST_INTERVALS = {"day": 1095, "week": 156, "month": 36, "year": 3}  # three years
RECURRING_DEFAULTS = {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"}


def one_of(one: str, other: str, *, given: bool) -> InvalidRequest:
    """Return the refusal of two parameters of which both, or none, were given."""
    if given:
        return InvalidRequest(f"You may only specify one of these parameters: {one}, {other}.", param=other)
    return InvalidRequest(
        f"You must specify either `{one}` or `{other}`.", code="parameter_missing", param=one
    )


def checked_cost(params: dict[str, Any], within: str) -> dict[str, Any]:
    """Return the currency, what one unit costs in it as `checked_amount` does, and how units are counted."""
    currency = known_currency(params["currency"], param=named("currency", within))
    for name in ("tiers", "custom_unit_amount"):
        if params.get(name) and params.get("transform_quantity"):
            message = f"You may only specify one of these parameters: {name}, transform_quantity."
            raise InvalidRequest(message, param=named(name, within))
    tiered = params.get("billing_scheme") == "tiered"
    if tiered and not params.get("tiers"):
        raise _missing(named("tiers", within))
    amount = checked_amount(params, currency, within)
    if amount["tiers"] is not None and not tiered:
        message = "`tiers` requires `billing_scheme` to be `tiered`."
        raise InvalidRequest(message, param=named("tiers", within))
    if tiered and not params.get("recurring"):
        message = "`billing_scheme=tiered` is only for recurring prices."
        raise InvalidRequest(message, code="parameter_missing", param=named("recurring", within))
    if amount["custom_unit_amount"] is not None and params.get("recurring"):
        raise InvalidRequest(
            "`custom_unit_amount` is only for prices that are paid once.", param=named("recurring", within)
        )
    transform = checked_transform(params.get("transform_quantity"), named("transform_quantity", within))
    mode = _tiers_mode(params.get("tiers_mode"), named("tiers_mode", within), tiered=tiered)
    return {"currency": currency.code, **amount, "tiers_mode": mode, "transform_quantity": transform}


def _tiers_mode(given: str | None, param: str, *, tiered: bool) -> str | None:
    if tiered and given is None:
        raise _missing(param)
    if given is not None and not tiered:
        raise InvalidRequest("`tiers_mode` requires `billing_scheme` to be `tiered`.", param=param)
    return given


def _missing(param: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)


def checked_amount(params: dict[str, Any], currency: Currency, within: str) -> dict[str, Any]:
    """Return the AMOUNTS of a price, of which one has to be given; raises InvalidRequest.

    `unit_amount` is None where it has decimals; `unit_amount_decimal` is text, None where the customer
    chooses or tiers say it.
    """
    given = [name for name in AMOUNTS if params.get(name) is not None]
    if len(given) != 1:
        one, other = given[:2] if given else AMOUNTS[:2]
        raise one_of(named(one, within), named(other, within), given=bool(given))
    amount: dict[str, Any] = dict.fromkeys(AMOUNTS)
    (name,), param = given, named(given[0], within)
    if name == "custom_unit_amount":
        return amount | {name: checked_custom(params[name], currency, param)}
    if name == "tiers":
        return amount | {name: checked_tiers(params[name], currency, param)}
    if name == "unit_amount":
        check_unit_amount(params[name], currency, param=param)
        return amount | {name: params[name], "unit_amount_decimal": as_decimal_text(params[name])}
    exact: Decimal = params[name]
    check_exact_amount(exact, currency, param=param)
    return amount | {
        "unit_amount": int(exact) if exact == int(exact) else None,
        name: as_decimal_text(exact),
    }


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
