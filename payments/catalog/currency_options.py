"""What a price costs in other currencies than its own, each amount with a tax behaviour of its own."""

from dataclasses import dataclass
from typing import Any

import stripe
from sqlalchemy.orm import Mapped

from kit.money import Currency
from payments.catalog import price_rules as rules
from payments.catalog.custom_amounts import Custom, shown_custom
from payments.catalog.tiers import shown_tiers
from payments.charging.amounts import known_currency
from payments.errors import InvalidRequest
from payments.shapes import shaped

Option = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one unit costs in a currency; `unit_minor` is None where that has a fraction.

    Where the customer chooses, `custom` has the limits, and `unit_minor` is the amount to begin with.
    """

    currency: str
    unit_minor: int | None
    custom: Custom | None = None


class WithCurrencyOptions:
    """The part of a price that its amounts in further currencies are."""

    currency: Mapped[str]
    unit_amount: Mapped[int | None]
    unit_amount_decimal: Mapped[str]  # '' where the customer chooses, and where tiers say it
    custom_unit_amount: Mapped[dict[str, Any] | None]
    tiers: Mapped[list[Any] | None]
    tax_behavior: Mapped[str]
    currency_options: Mapped[dict[str, Any] | None]  # of the other currencies

    def cost_in(self, currency: str | None) -> Cost | None:
        """Return the cost in a currency, None for the price's own; None where it has none in it."""
        code = currency or self.currency
        if code == self.currency:
            return _cost(code, self.unit_amount, self.custom_unit_amount)
        option = (self.currency_options or {}).get(code)
        return _cost(code, option["unit_amount"], option.get("custom_unit_amount")) if option else None

    def offered_in(self, currency: str | None, *, param: str) -> Cost:
        """Return the cost as above; raises InvalidRequest for a currency that the price is not sold in."""
        cost = self.cost_in(currency)
        if cost is None:
            known = ", ".join(f"`{code}`" for code in (self.currency, *sorted(self.currency_options or {})))
            raise InvalidRequest(
                f"The price specified only supports {known}. This doesn't match the expected currency: "
                f"`{currency}`.",
                param=param,
            )
        return cost

    def set_options(self, given: dict[str, Option] | str | None, within: str = "") -> None:
        """Add or change amounts; an empty value takes all of them away. Raises InvalidRequest."""
        if not given or isinstance(given, str):
            self.currency_options = None
            return
        options = dict(self.currency_options or {})
        for name, option in given.items():
            param = rules.named(f"currency_options[{name}]", within)
            currency = known_currency(name, param=param)
            if currency.code == self.currency:
                raise InvalidRequest(
                    f"The amount in {currency.code} is the price's own; it can't be an option, too.",
                    param=param,
                )
            made = _option(options.get(currency.code), option, currency, param)
            for kind, own in (("custom_unit_amount", self.custom_unit_amount), ("tiers", self.tiers)):
                if (made.get(kind) is None) != (own is None):
                    message = f"`{kind}` has to be set in all currencies of a price, or in none."
                    raise InvalidRequest(message, param=param)
            options[currency.code] = made
        self.currency_options = options

    def all_currencies(self) -> dict[str, Any]:
        """Return what it costs in each currency, its own included, for who asks for it."""
        own = {
            "custom_unit_amount": self.custom_unit_amount,
            "tax_behavior": self.tax_behavior,
            "tiers": self.tiers,
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount_decimal or None,
        }
        options = {self.currency: own} | dict(sorted((self.currency_options or {}).items()))
        return {code: _shown(option) for code, option in options.items()}


def _cost(currency: str, unit_minor: int | None, custom: Option | None) -> Cost:
    if custom is None:
        return Cost(currency, unit_minor)
    limits = Custom.of(custom, currency)
    return Cost(currency, limits.first_minor, limits)


def _shown(option: Option) -> Option:
    custom, tiers = shown_custom(option.get("custom_unit_amount")), shown_tiers(option.get("tiers"))
    shown = option | {"custom_unit_amount": custom, "tiers": tiers}
    return shaped(stripe.Price.CurrencyOptions, **shown)


def _option(present: Option | None, given: Option, currency: Currency, param: str) -> Option:
    option = dict(present or {"tax_behavior": "unspecified"})
    if present is None or any(name in given for name in rules.AMOUNTS):
        option |= rules.checked_amount(given, currency, param)
    if "tax_behavior" in given:
        rules.check_behavior(option["tax_behavior"], given["tax_behavior"], f"{param}[tax_behavior]")
        option["tax_behavior"] = given["tax_behavior"]
    return option
