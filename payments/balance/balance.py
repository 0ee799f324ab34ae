"""The balance of a merchant: what is payable now and what is on its way, by currency."""

from typing import Any

import stripe
from sqlalchemy import func, select

from kit import clock
from kit.database import db
from payments.balance.balance_transactions import BalanceTransaction
from payments.merchants import present_merchant
from payments.scope import caller
from payments.shapes import shaped


def _sums(*, available: bool) -> dict[str, int]:
    who, now = caller(), clock.now()
    row = BalanceTransaction
    query = (
        select(row.currency, func.sum(row.amount - row.fee))
        .where(row.account_id == who.account_id, row.livemode == who.livemode)
        .where(row.available_on <= now if available else row.available_on > now)
        .group_by(row.currency)
    )
    return {currency: int(net) for currency, net in db.session.execute(query)}


def retrieve() -> dict[str, Any]:
    """Return the balance object; every currency stands in both lists."""
    available, pending = _sums(available=True), _sums(available=False)
    currencies = sorted(available.keys() | pending.keys()) or [present_merchant().default_currency]

    def amounts(of: dict[str, int]) -> list[dict[str, Any]]:
        return [
            {"amount": of.get(code, 0), "currency": code, "source_types": {"card": of.get(code, 0)}}
            for code in currencies
        ]

    return shaped(
        stripe.Balance,
        object="balance",
        available=amounts(available),
        pending=amounts(pending),
        livemode=caller().livemode,
    )
