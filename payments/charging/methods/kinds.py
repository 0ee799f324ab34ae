"""What a payment method other than a card is to Florin: a row of facts, and its words on the wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payments.errors import InvalidRequest

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MethodDetails:
    """What a bank is told of a method, in this request's memory alone: an account number never shows."""

    type: str
    details: dict[str, str] = field(repr=False)

    @property
    def brand(self) -> None:
        """Return the card's scheme, which there is none of."""
        return


def blank(_: Data) -> Data:
    """Return an empty hash: the wire has nothing to say of such a method."""
    return {}


def nothing(_: Data, __: Data) -> tuple[Data, dict[str, str]]:
    """Read a method that takes no words of its own."""
    return {}, {}


@dataclass(frozen=True)
class MethodKind:
    """One type. Amounts are in minor units, bounds beside those of the currency itself.

    `read` takes the parameters under the type's name and the billing details; it returns what is kept and
    shown, and what the bank is told. `shown` and `charged` write the hashes of payment methods and charges.
    """

    type: str
    label: str
    note: str  # what the customer has to expect, on the page
    currencies: frozenset[str]
    redirects: bool = True  # to a page of the bank's
    holds: bool = False  # an amount may be authorised now and captured later
    mandate: bool = False  # its holder has to allow the debit, each time
    keeps: bool = False  # it may be kept for later payments, once one was made with it
    least_minor: Mapping[str, int] = field(default_factory=dict)
    most_minor: Mapping[str, int] = field(default_factory=dict)
    billing: tuple[str, ...] = ()  # required of the billing details
    read: Callable[[Data, Data], tuple[Data, dict[str, str]]] = nothing
    shown: Callable[[Data], Data] = blank
    charged: Callable[[Data], Data] = blank

    def unfit(self, amount_minor: int, currency: str, *, manual: bool = False) -> str | None:
        """Return why this method can't pay such an amount, None where it can."""
        if currency not in self.currencies:
            taken = ", ".join(sorted(self.currencies))
            return f"{self.label} payments are made in {taken}, not in {currency}."
        if amount_minor < self.least_minor.get(currency, 0):
            return f"{self.label} takes no amount below {self.least_minor[currency]} in {currency}."
        if amount_minor > self.most_minor.get(currency, amount_minor):
            return f"{self.label} takes no amount above {self.most_minor[currency]} in {currency}."
        if manual and not self.holds:
            return f"{self.label} payments can't be captured later."
        return None


def currencies(codes: str) -> frozenset[str]:
    """Return the codes of a row: `currencies("eur usd")`."""
    return frozenset(codes.split())


def required(value: str | None, param: str) -> str:
    """Return a word that a method can't do without."""
    if not value:
        raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return value
