"""announcing: tell a merchant that a settlement has brought money, and pay it out where that is agreed."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import select

from kit import clock
from kit.database import db
from payments import audit, events
from payments.balance import balance, pay_out
from payments.balance.settlements import SettledAccount
from payments.merchants import present_merchant
from payments.resource import Resource
from payments.scope import caller


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance as an event shows it; it has no id of its own, so its merchant's stands for it."""

    id: str

    def as_stripe(self) -> dict[str, Any]:
        """Return the balance as it stands."""
        return balance.retrieve()


def due(limit: int) -> list[str]:
    """Return the ids of settled accounts that nobody has announced yet."""
    query = select(SettledAccount.id).where(SettledAccount.announced_at.is_(None))
    return list(db.session.scalars(query.order_by(SettledAccount.id).limit(limit)))


def announce(settled: SettledAccount) -> None:
    """Collect the event and the automatic payouts; the caller is the merchant, and its balance is folded."""
    settled.announced_at = clock.now()
    audit.record("settlement.posted", settled.settlement_id)
    events.record("balance.available", cast("Resource", Balance(caller().account_id)))
    if present_merchant().payout_interval == "daily":
        pay_out.pay_all_out()
