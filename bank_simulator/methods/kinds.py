"""What a payment method is at the bank: a row of facts and two functions, and the moves they may make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bank_simulator.languages import Words

Facts = dict[str, Any]

CUSTOMER_REFUSED = "payment_method_customer_decline"
PROVIDER_REFUSED = "payment_method_provider_decline"
EXPIRED = "payment_intent_payment_attempt_expired"
NO_MONEY = "insufficient_funds"


@dataclass(frozen=True)
class Approve:
    """The customer's side pays."""

    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Refuse:
    """Nothing is paid, for a reason of the table in `reasons.py`."""

    code: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """Show the customer the page of `step`; `problem` says what was wrong with the last answer.

    Where there is a `then`, the payment ends so by itself after `seconds` of the bank's clock.
    """

    step: str
    facts: Facts = field(default_factory=dict)
    problem: Words | None = None
    seconds: int = 0
    then: Approve | Refuse | None = None


@dataclass(frozen=True)
class Wait:
    """Accepted, the customer may go: it ends after `seconds`, or where someone still acts (`then` None)."""

    step: str
    seconds: int = 0
    then: Approve | Refuse | None = None
    facts: Facts = field(default_factory=dict)


Move = Ask | Approve | Refuse | Wait


def knowing(move: Move, facts: Facts) -> Move:
    """The same move with more facts; `payer` tells the account that pays and is never kept in clear."""
    return replace(move, facts={**move.facts, **facts})


@dataclass(frozen=True)
class Payment:
    """One payment as its pages see it. `outcome` is that of its authorisation."""

    reference: str
    token: str
    method: str
    step: str
    outcome: str
    amount_minor: int
    currency: str
    merchant: str
    return_url: str | None
    facts: Facts
    created: int
    expires_at: int

    @property
    def open(self) -> bool:
        """Whether its end is still to come."""
        return self.outcome in OPEN


@dataclass(frozen=True)
class Method:
    """One way to pay. `details` are the names that a caller may send; `told` the facts that it gets back.

    `begin` looks at the details and makes the first move, `act` at what the customer sent from the page of a
    step. `view` gives a page what it shows beside the payment.
    """

    type: str
    name: str
    currencies: frozenset[str]
    open_seconds: int
    details: frozenset[str]
    told: tuple[str, ...]
    begin: Callable[[Facts, int], Move]
    act: Callable[[Payment, Mapping[str, str]], Move]
    view: Callable[[Payment], dict[str, Any]] = lambda _payment: {}


OPEN = ("challenge_required", "pending")
ANY_CURRENCY: frozenset[str] = frozenset()


def currencies(codes: str) -> frozenset[str]:
    """Reads a row's list: `currencies("eur usd")`."""
    return frozenset(codes.split())
