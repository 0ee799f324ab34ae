"""What a price costs in other currencies than its own, each amount with a tax behaviour of its own."""

from dataclasses import dataclass
from typing import Any

import stripe
from sqlalchemy.orm import Mapped

from kit.money import Currency
from payments.catalog import price_rules as rules
from payments.charging.amounts import known_currency
from payments.errors import InvalidRequest
from payments.shapes import shaped

AMOUNTS = frozenset(("unit_amount", "unit_amount_decimal"))
Option = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one unit costs in a currency; `unit_minor` is None where that has a fraction."""

    currency: str
    unit_minor: int | None


class WithCurrencyOptions:
    """The part of a price that its amounts in further currencies are."""

    currency: Mapped[str]
    unit_amount: Mapped[int | None]
    unit_amount_decimal: Mapped[str]
    tax_behavior: Mapped[str]
    currency_options: Mapped[dict[str, Any] | None]  # of the other currencies

    def cost_in(self, currency: str | None) -> Cost | None:
        """Return the cost in a currency, None for the price's own; None where it has none in it."""
        if currency in (None, self.currency):
            return Cost(self.currency, self.unit_amount)
        option = (self.currency_options or {}).get(currency)
        return Cost(str(currency), option["unit_amount"]) if option else None

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
            options[currency.code] = _option(options.get(currency.code), option, currency, param)
        self.currency_options = options

    def all_currencies(self) -> dict[str, Any]:
        """Return what it costs in each currency, its own included, for who asks for it."""
        own = {
            "tax_behavior": self.tax_behavior,
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount_decimal,
        }
        options = {self.currency: own} | dict(sorted((self.currency_options or {}).items()))
        return {code: shaped(stripe.Price.CurrencyOptions, **option) for code, option in options.items()}


def _option(present: Option | None, given: Option, currency: Currency, param: str) -> Option:
    option = dict(present or {"tax_behavior": "unspecified"})
    if present is None or AMOUNTS & given.keys():
        option["unit_amount"], option["unit_amount_decimal"] = rules.checked_amount(given, currency, param)
    if "tax_behavior" in given:
        rules.check_behavior(option["tax_behavior"], given["tax_behavior"], f"{param}[tax_behavior]")
        option["tax_behavior"] = given["tax_behavior"]
    return option
