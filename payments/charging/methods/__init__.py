"""Payment methods other than cards: one small file for each, and this table of them.

A further method is a file with a `MethodKind` in it and a row here (docs/payment_methods.md).
"""

from collections.abc import Iterable

from payments.charging.methods.amazon_pay import AMAZON_PAY
from payments.charging.methods.ideal import IDEAL
from payments.charging.methods.kinds import MethodDetails, MethodKind
from payments.charging.methods.klarna import KLARNA
from payments.charging.methods.netbanking import NETBANKING
from payments.charging.methods.sepa_debit import SEPA_DEBIT
from payments.charging.methods.upi import UPI

__all__ = ["CARD", "METHODS", "MethodDetails", "MethodKind", "fitting", "known_types"]

CARD = "card"
METHODS: dict[str, MethodKind] = {
    kind.type: kind for kind in (UPI, NETBANKING, AMAZON_PAY, KLARNA, IDEAL, SEPA_DEBIT)
}
# Stripe's SDK knows this word in the lists of a payment intent only, and no such payment method.
SPELLINGS = {"netbanking": NETBANKING.type}


def known_types(given: Iterable[str]) -> list[str]:
    """Return types as Florin spells them, each once."""
    return list(dict.fromkeys(SPELLINGS.get(name, name) for name in given))


def fitting(
    types: Iterable[str], amount_minor: int, currency: str, *, manual: bool = False, redirects: bool = True
) -> list[str]:
    """Return those of the types that can pay such an amount; a card always can."""
    return [
        name
        for name in types
        if name == CARD
        or (
            METHODS[name].unfit(amount_minor, currency, manual=manual) is None
            and (redirects or not METHODS[name].redirects)
        )
    ]
