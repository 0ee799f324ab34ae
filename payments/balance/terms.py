"""What holds for a merchant's money: its country, and the currency that it is settled in.

Read by every capture, so it is kept in memory for some seconds, as API keys are.
"""

import threading
import time
from dataclasses import dataclass

from kit.database import db
from payments.balance import exchange
from payments.merchants import Merchant
from payments.scope import caller

KEPT_SECONDS = 5.0
MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """A merchant's country, and the one currency that all is converted to, where there is one."""

    country: str
    settlement_currency: str | None = None

    def settles_in(self, currency: str) -> str:
        """Return what a currency is converted to; one that has no rate keeps its own balance."""
        to = self.settlement_currency
        return to if to is not None and exchange.can_convert(currency, to) else currency


_kept: dict[str, tuple[float, Terms]] = {}
_guard = threading.Lock()


def present_terms() -> Terms:
    """Return the terms of the caller's merchant."""
    account_id = caller().account_id
    known = _kept.get(account_id)
    if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1]
    merchant = db.session.get(Merchant, account_id)
    terms = Terms(merchant.country, merchant.settlement_currency) if merchant else Terms("US")
    with _guard:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[account_id] = (time.monotonic(), terms)
    return terms


def forget(account_id: str) -> None:
    """Drop what this process remembers; others forget it within KEPT_SECONDS."""
    with _guard:
        _kept.pop(account_id, None)
