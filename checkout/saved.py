"""A customer's saved cards as the page shows them: brand, last four digits and expiry, and never more."""

from dataclasses import dataclass

from payments.charging.card_brands import LABELS
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.saved_cards import may_remove, saved_cards


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card to choose."""

    id: str
    brand: str
    last4: str
    expiry: str
    removable: bool


def shown_cards(session: CheckoutSession) -> list[ShownCard]:
    """Return the cards that may be chosen, the newest first."""
    removable = may_remove(session)
    return [
        ShownCard(
            id=method.id,
            brand=LABELS.get(method.card["brand"], method.card["brand"]),
            last4=method.card["last4"],
            expiry=f"{method.card['exp_month']:02} / {method.card['exp_year']}",
            removable=removable,
        )
        for method in saved_cards(session)
    ]
