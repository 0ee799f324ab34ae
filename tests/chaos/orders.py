"""One order of a merchant's, with its own dice, and what every scenario needs of it."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.leaks import code_of
from tests.chaos.till import Reply, Till

INTENTS, REFUNDS = "/v1/payment_intents", "/v1/refunds"


@dataclass
class Order:
    """One order with its own dice; `key` names each of its calls."""

    number: int
    dice: random.Random
    till: Till
    spare: Till
    amount: int
    currency: str
    days_pass: bool = True  # at the banks, so that what takes days has an end in this campaign

    def key(self, what: str) -> str:
        return f"order-{self.number}-{what}"

    def post(self, verb: str, path: str, what: str, **form: Any) -> Reply:
        return self.till.post(self.number, verb, path, form, key=self.key(what))

    def create(self, **form: Any) -> Reply:
        facts = {"amount": self.amount, "currency": self.currency, "metadata[order]": self.number}
        return self.post("create", INTENTS, "create", **facts, **form)

    def together(self, first: Callable[[Till], Any], second: Callable[[Till], Any]) -> None:
        """Two hands at the same moment, each with a line of its own."""
        other = threading.Thread(target=second, args=(self.spare,))
        other.start()
        first(self.till)
        other.join()


def card(number: str) -> dict[str, str]:
    return {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "2034",
        "payment_method_data[card][cvc]": code_of(number),
    }


def part_of(order: Order) -> int:
    """Less than the whole, in steps that every currency can have."""
    return max(10, order.dice.randrange(1, order.amount // 10) * 10)
