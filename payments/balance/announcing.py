"""announcing: tell a merchant that a settlement has brought money, and pay it out where that is agreed."""

from sqlalchemy import select

from kit import clock
from kit.database import db
from payments import audit
from payments.balance import pay_out
from payments.balance.balance import announce_available
from payments.balance.settlements import SettledAccount
from payments.merchants import present_merchant


def due(limit: int) -> list[str]:
    """Return the ids of settled accounts that nobody has announced yet."""
    query = select(SettledAccount.id).where(SettledAccount.announced_at.is_(None))
    return list(db.session.scalars(query.order_by(SettledAccount.id).limit(limit)))


def announce(settled: SettledAccount) -> None:
    """Collect the event and the automatic payouts; the caller is the merchant, and its balance is folded."""
    settled.announced_at = clock.now()
    audit.record("settlement.posted", settled.settlement_id)
    announce_available()
    if present_merchant().payout_interval == "daily":
        pay_out.pay_all_out()
