"""What the parameters of a promotion code have to be; each function raises InvalidRequest naming one."""

import re
from typing import Any

from kit import clock
from payments.charging.amounts import check_bounds, known_currency
from payments.errors import InvalidRequest

CODE = re.compile(r"[A-Za-z0-9-]{1,500}")
# What goes over the wire where a merchant said nothing.
USUAL = {
    "first_time_transaction": False,
    "minimum_amount": None,
    "minimum_amount_currency": None,
}


def checked_code(given: str | None) -> str | None:
    """Return the code that a merchant wants, in the case that it was written in."""
    if given is not None and not CODE.fullmatch(given):
        raise InvalidRequest(
            "Invalid code: use up to 500 letters (a-z, A-Z), digits and dashes.", param="code"
        )
    return given


def checked_expiry(given: int | None, coupon_until: int | None) -> int | None:
    """Return the last second of a code; it does not outlive its coupon."""
    if given is None:
        return None
    if given <= clock.now():
        raise InvalidRequest("`expires_at` must be in the future.", param="expires_at")
    if coupon_until is not None and given > coupon_until:
        raise InvalidRequest("`expires_at` can't be after the coupon's `redeem_by`.", param="expires_at")
    return given


def checked_limit(given: int | None, of_coupon: int | None) -> int | None:
    """Return how often a code may be used, which is no oftener than its coupon."""
    if given is not None and of_coupon is not None and given > of_coupon:
        raise InvalidRequest(
            "`max_redemptions` can't be greater than the coupon's `max_redemptions`.", param="max_redemptions"
        )
    return given


def checked_restrictions(given: dict[str, Any]) -> dict[str, Any]:
    """Return the restrictions as they are kept, only those that were given."""
    kept: dict[str, Any] = {}
    if "first_time_transaction" in given:
        kept["first_time_transaction"] = given["first_time_transaction"]
    if ("minimum_amount" in given) != ("minimum_amount_currency" in given):
        missing = "minimum_amount_currency" if "minimum_amount" in given else "minimum_amount"
        raise InvalidRequest(
            f"Missing required param: restrictions[{missing}].",
            code="parameter_missing",
            param=f"restrictions[{missing}]",
        )
    if "minimum_amount" in given:
        currency = known_currency(
            given["minimum_amount_currency"], param="restrictions[minimum_amount_currency]"
        )
        check_bounds(given["minimum_amount"], currency, least_minor=1, param="restrictions[minimum_amount]")
        kept["minimum_amount"] = given["minimum_amount"]
        kept["minimum_amount_currency"] = currency.code
    if given.get("currency_options"):
        kept["currency_options"] = checked_minimums(
            given["currency_options"], kept.get("minimum_amount_currency")
        )
    return kept


def checked_minimums(given: dict[str, Any], own: str | None) -> dict[str, Any]:
    """Return the least orders in currencies other than that of `minimum_amount`."""
    kept = {}
    for name, option in given.items():
        param = f"restrictions[currency_options][{name}]"
        currency = known_currency(name, param=param)
        if own is None or currency.code == own:
            raise InvalidRequest(
                "`currency_options` is for currencies other than `minimum_amount_currency`, which it needs.",
                param=param,
            )
        if "minimum_amount" in option:
            check_bounds(option["minimum_amount"], currency, least_minor=1, param=f"{param}[minimum_amount]")
            kept[currency.code] = {"minimum_amount": option["minimum_amount"]}
    return kept
