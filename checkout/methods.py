"""The ways to pay that a page offers, and what whoever tests may type for each."""

from collections.abc import Iterable
from dataclasses import dataclass

from checkout.i18n import N_, Words
from payments.charging.methods import CARD, METHODS

CARD_LABEL = N_("Card")
# Type -> what to try, in test mode; the bank's own pages say the rest.
TRY = {
    "upi": N_("On the next page: success@upi pays, failure@upi refuses, pending@upi waits for the phone."),
    "x_netbanking": N_("On the next page: any customer number; each account there ends in another way."),
    "ideal": N_("On the next page: any customer number; each account there ends in another way."),
    "amazon_pay": N_("On the next page: each card there ends in another way."),
    "klarna": N_("Your email address with +denied before the @ is refused, with +pending it takes a day."),
    "sepa_debit": N_("DE89370400440532013000 pays after five days, DE62370400440532013001 is refused then."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to pay, as the page names it."""

    type: str
    label: Words
    note: Words | None
    hint: Words | None


def choices(types: Iterable[str]) -> list[Choice]:
    """Return what the page shows of each type, in the session's order."""
    return [
        Choice(CARD, CARD_LABEL, None, None)
        if name == CARD
        else Choice(name, Words(METHODS[name].label), Words(METHODS[name].note), TRY.get(name))
        for name in types
    ]
