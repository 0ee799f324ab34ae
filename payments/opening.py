"""opening: a new merchant, with a contract for each acquirer of the installation."""

from collections.abc import Iterable

from payments.contracts import Contract, Terms
from payments.merchants import Merchant


def open_merchant(
    name: str, terms: Iterable[Terms], *, country: str = "US", default_currency: str = "usd"
) -> Merchant:
    """Collect a new merchant and its contracts, so that it can take payments at once."""
    merchant = Merchant.open(name, country=country, default_currency=default_currency)
    for agreed in terms:
        Contract.sign(merchant.id, agreed)
    return merchant
