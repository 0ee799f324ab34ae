"""The ways to pay that a page offers, and what whoever tests may type for each."""

from collections.abc import Iterable
from dataclasses import dataclass

from payments.charging.methods import CARD, METHODS

# Type -> what to try, in test mode; the bank's own pages say the rest.
TRY = {
    "upi": "On the next page: success@upi pays, failure@upi refuses, pending@upi waits for the phone.",
    "x_netbanking": "On the next page: any customer number; each account there ends in another way.",
    "ideal": "On the next page: any customer number; each account there ends in another way.",
    "amazon_pay": "On the next page: each card there ends in another way.",
    "klarna": "Your email address with +denied before the @ is refused, with +pending it takes a day.",
    "sepa_debit": "DE89370400440532013000 pays after five days, DE62370400440532013001 is refused then.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to pay, as the page names it."""

    type: str
    label: str
    note: str
    hint: str


def choices(types: Iterable[str]) -> list[Choice]:
    """Return what the page shows of each type, in the session's order."""
    return [
        Choice(CARD, "Card", "", "")
        if name == CARD
        else Choice(name, METHODS[name].label, METHODS[name].note, TRY.get(name, ""))
        for name in types
    ]
