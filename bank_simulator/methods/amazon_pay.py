"""Amazon Pay: a wallet. The customer is logged in already and picks one of the cards in it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bank_simulator.languages import N_, Words
from bank_simulator.methods.kinds import (
    CUSTOMER_REFUSED,
    PROVIDER_REFUSED,
    Approve,
    Ask,
    Facts,
    Method,
    Move,
    Payment,
    Refuse,
    Wait,
    currencies,
    knowing,
)

REVIEW_SECONDS = 24 * 3600


@dataclass(frozen=True)
class WalletCard:
    """A card in the wallet, by its last four digits, and how a payment with it ends."""

    last4: str
    brand: str
    name: str
    note: Words
    move: Move


CARDS = (
    WalletCard("4242", "Visa", "Visa •••• 4242", N_("approved"), Approve()),
    WalletCard("0002", "Visa", "Visa •••• 0002", N_("refused by its bank"), Refuse(PROVIDER_REFUSED)),
    WalletCard(
        "4444", "MasterCard", "Mastercard •••• 4444", N_("reviewed by Amazon Pay for a day"),
        Wait("waiting", REVIEW_SECONDS, Approve()),
    ),
)  # fmt: skip


def _begin(_details: Facts, _now: int) -> Move:
    return Ask("wallet")


def _act(_payment: Payment, sent: Mapping[str, str]) -> Move:
    if sent.get("do") == "cancel":
        return Refuse(CUSTOMER_REFUSED)
    card = next((card for card in CARDS if card.last4 == sent.get("card")), None)
    if card is None:
        return Ask("wallet", problem=N_("Choose the card to pay with."))
    funding = {
        "brand": card.brand, "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit",
        "last4": card.last4,
    }  # fmt: skip
    number = f"P01-{secrets.randbelow(10**14):014d}"
    return knowing(card.move, {"transaction_id": number, "funding_card": funding})


def _view(_payment: Payment) -> dict[str, Any]:
    return {"cards": CARDS}


AMAZON_PAY = Method(
    type="amazon_pay",
    name="Amazon Pay",
    currencies=currencies("aud chf dkk eur gbp hkd jpy nok nzd sek usd zar"),
    open_seconds=60 * 60,
    details=frozenset(),
    told=("transaction_id", "funding_card"),
    begin=_begin,
    act=_act,
    view=_view,
)
