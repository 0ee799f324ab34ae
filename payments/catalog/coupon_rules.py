"""What the parameters of a coupon have to be; each function raises InvalidRequest naming the parameter."""

from typing import Any

from kit import clock
from payments.catalog.percentages import checked_percentage
from payments.catalog.products import Product
from payments.charging.amounts import check_bounds, known_currency
from payments.errors import InvalidRequest

LONGEST_NAME = 40
LONGEST_REDEEM_BY_SECONDS = 5 * 366 * 24 * 3600
MOST_MONTHS = 1200


def check_limit(given: int | None) -> int | None:
    """Return how often something may be used; raises InvalidRequest for less than once."""
    if given is not None and given < 1:
        raise InvalidRequest(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="max_redemptions",
        )
    return given


def checked_name(given: str | None) -> str | None:
    """Return the name; raises InvalidRequest for a long one."""
    if given and len(given) > LONGEST_NAME:
        raise InvalidRequest(f"Invalid name: must have at most {LONGEST_NAME} characters.", param="name")
    return given or None


def checked_percent_off(params: dict[str, Any]) -> str | None:
    """Return the percentage as it is kept; None for a coupon of an amount."""
    if "percent_off" not in params:
        return None
    return checked_percentage(params["percent_off"], "percent_off", above_nothing=True)


def checked_amount_off(params: dict[str, Any]) -> tuple[int | None, str | None]:
    """Return amount and currency, or None and None for a coupon of so many per cent."""
    if ("percent_off" in params) == ("amount_off" in params):
        raise InvalidRequest(
            "You must pass either `percent_off` or `amount_off`, and not both.",
            code=None if "percent_off" in params else "parameter_missing",
            param="percent_off",
        )
    if "percent_off" in params:
        return None, None
    if "currency" not in params:
        message = "Missing required param: currency."
        raise InvalidRequest(message, code="parameter_missing", param="currency")
    currency = known_currency(params["currency"])
    check_bounds(params["amount_off"], currency, least_minor=1, param="amount_off")
    return params["amount_off"], currency.code


def checked_options(params: dict[str, Any], own: str | None) -> dict[str, Any] | None:
    """Return the amounts in currencies other than its own."""
    given = params.get("currency_options")
    if not given:
        return None
    if own is None:
        raise InvalidRequest(
            "`currency_options` is only for coupons with `amount_off`.", param="currency_options"
        )
    options = {}
    for name, option in given.items():
        param = f"currency_options[{name}]"
        currency = known_currency(name, param=param)
        if currency.code == own:
            raise InvalidRequest(f"The amount in {own} is `amount_off` itself.", param=param)
        check_bounds(option["amount_off"], currency, least_minor=1, param=f"{param}[amount_off]")
        options[currency.code] = {"amount_off": option["amount_off"]}
    return options


def checked_months(params: dict[str, Any]) -> int | None:
    """Return for how many months a repeating coupon lasts."""
    months: int | None = params.get("duration_in_months")
    if (params.get("duration") == "repeating") != (months is not None):
        message = "`duration_in_months` is required where, and only where, `duration` is `repeating`."
        raise InvalidRequest(
            message, code="parameter_missing" if months is None else None, param="duration_in_months"
        )
    if months is not None and not 1 <= months <= MOST_MONTHS:
        message = f"This value must be from 1 to {MOST_MONTHS}."
        raise InvalidRequest(message, code="parameter_invalid_integer", param="duration_in_months")
    return months


def checked_redeem_by(given: int | None) -> int | None:
    """Return the last second at which it may be used."""
    if given is not None and not clock.now() < given <= clock.now() + LONGEST_REDEEM_BY_SECONDS:
        raise InvalidRequest(
            "`redeem_by` must be in the future, and at most five years away.", param="redeem_by"
        )
    return given


def checked_products(applies_to: dict[str, Any] | None) -> list[str] | None:
    """Return the products that it is limited to, as merchants know them."""
    given = (applies_to or {}).get("products")
    if not given:
        return None
    return [
        Product.find(product_id, param=f"applies_to[products][{number}]").wire_id
        for number, product_id in enumerate(given)
    ]
