"""The ways to pay that a page offers, and what whoever tests may type for each."""

from collections.abc import Iterable, Sequence
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


# Wallets come first everywhere: there is nothing to type.
WALLETS = ("amazon_pay",)
# What most people pay with comes next, ahead of the card: by the customer's country, else by the currency.
FAVOURITES_BY_COUNTRY = {
    "AT": ("klarna", "sepa_debit"),
    "BE": ("sepa_debit",),
    "DE": ("klarna", "sepa_debit"),
    "DK": ("klarna",),
    "FI": ("klarna",),
    "IN": ("upi", "x_netbanking"),
    "NL": ("ideal",),
    "NO": ("klarna",),
    "SE": ("klarna",),
}
FAVOURITES_BY_CURRENCY = {"inr": ("upi", "x_netbanking"), "nok": ("klarna",), "sek": ("klarna",)}
# Behind the card, in this order.
REST = ("upi", "x_netbanking", "ideal", "klarna", "sepa_debit")
MOST_OFFERED = 2  # other ways beside the reason why one was declined


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to pay, as the page names it."""

    type: str
    label: Words
    note: Words | None = None
    hint: Words | None = None
    after_or: bool = False  # the first one behind those that come ahead of the card


def choices(types: Iterable[str], country: str | None = None, currency: str = "") -> list[Choice]:
    """Return what the page shows: wallets, the country's favourites, "or", the card, the rest."""
    given = list(types)
    ahead = [name for name in _ahead(country, currency) if name in given]
    behind = [name for name in (CARD, *REST, *given) if name in given and name not in ahead]
    order = dict.fromkeys((*ahead, *behind))
    divided = behind[0] if ahead and behind else None
    return [_choice(name, after_or=name == divided) for name in order]


def others(methods: Sequence[Choice], failed: str) -> list[Choice]:
    """Return the ways to offer to a customer whose payment by one was declined."""
    return [choice for choice in methods if choice.type != failed][:MOST_OFFERED]


def _ahead(country: str | None, currency: str) -> tuple[str, ...]:
    favourites = FAVOURITES_BY_COUNTRY.get(country or "") or FAVOURITES_BY_CURRENCY.get(currency, ())
    return (*WALLETS, *favourites)


def _choice(name: str, *, after_or: bool) -> Choice:
    if name == CARD:
        return Choice(CARD, CARD_LABEL, after_or=after_or)
    kind = METHODS[name]
    return Choice(name, Words(kind.label), Words(kind.note), TRY.get(name), after_or)
