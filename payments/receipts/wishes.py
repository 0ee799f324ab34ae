"""Whether a merchant wants its customers to have receipts by mail: Stripe's settings of customer emails."""

import time
from dataclasses import dataclass

from payments import audit
from payments.merchants import present_merchant
from payments.scope import caller

CACHE_SECONDS = 60.0  # in which other processes may not have heard of a change
MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is mailed to customers without being asked for by a payment's own `receipt_email`."""

    payments: bool
    refunds: bool


_known: dict[str, tuple[float, Wishes]] = {}


def present_wishes() -> Wishes:
    """Return the wishes of the caller's merchant, as they were at most a minute ago."""
    account_id = caller().account_id
    known = _known.get(account_id)
    if known is None or known[0] <= time.monotonic():
        if len(_known) >= MOST_KEPT:
            _known.clear()
        merchant = present_merchant()
        wishes = Wishes(merchant.receipts_of_payments, merchant.receipts_of_refunds)
        known = _known[account_id] = (time.monotonic() + CACHE_SECONDS, wishes)
    return known[1]


def change_wishes(wishes: Wishes) -> None:
    """Set the wishes of the caller's merchant."""
    merchant = present_merchant()
    merchant.receipts_of_payments, merchant.receipts_of_refunds = wishes.payments, wishes.refunds
    _known.pop(merchant.id, None)
    audit.record("account.receipts_changed", merchant.id, payments=wishes.payments, refunds=wishes.refunds)
