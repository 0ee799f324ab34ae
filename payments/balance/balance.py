"""The balance of a merchant: what is payable now and what is on its way, by currency."""

from dataclasses import dataclass
from typing import Any, cast

import stripe
from sqlalchemy import text

from kit import clock
from kit.database import db
from payments import events
from payments.balance.balance_transactions import BalanceTransaction
from payments.merchants import present_merchant
from payments.resource import Resource
from payments.scope import caller
from payments.shapes import shaped

# One statement, so that a fold between two reads can't count a transaction twice or not at all. What waits is
# summed before it is joined: that is five times as fast as summing both together.
SUMS = text(
    """
    SELECT currency, SUM(available), SUM(pending) FROM (
        SELECT currency, amount_minor AS available, 0 AS pending FROM folded_balances
        WHERE account_id = :account AND livemode = :livemode
        UNION ALL
        SELECT currency, SUM(CASE WHEN available_on <= :now THEN amount - fee ELSE 0 END),
            SUM(CASE WHEN available_on > :now THEN amount - fee ELSE 0 END)
        FROM balance_transactions
        WHERE account_id = :account AND livemode = :livemode AND fold IS NULL
        GROUP BY currency
    ) AS parts GROUP BY currency ORDER BY currency
    """
)
Sums = dict[str, tuple[int, int]]


def sums() -> Sums:
    """Return what the caller has available and pending, in minor units, by currency."""
    who = caller()
    values = {"account": who.account_id, "livemode": who.livemode, "now": clock.now()}
    rows = db.session.execute(SUMS, values)
    return {currency: (int(available), int(pending)) for currency, available, pending in rows}


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance as an event shows it; it has no id of its own, so its merchant's stands for it.

    `coming` is a movement that is payable at once and will be committed together with the event.
    """

    id: str
    coming: BalanceTransaction | None = None

    def as_stripe(self) -> dict[str, Any]:
        """Return the balance as it will stand."""
        return retrieve(self.coming)


def announce_available(coming: BalanceTransaction | None = None) -> None:
    """Collect the event that money has become payable."""
    events.record("balance.available", cast("Resource", Balance(caller().account_id, coming)))


def retrieve(coming: BalanceTransaction | None = None) -> dict[str, Any]:
    """Return the balance object; every currency stands in each of its lists."""
    known = sums()
    if coming is not None:
        available_minor, pending_minor = known.get(coming.currency, (0, 0))
        known[coming.currency] = (available_minor + coming.net, pending_minor)
    known = known or {present_merchant().default_currency: (0, 0)}

    def amounts(of: dict[str, int]) -> list[dict[str, Any]]:
        return [
            {"amount": amount, "currency": code, "source_types": {"card": amount}}
            for code, amount in of.items()
        ]

    available = {code: available for code, (available, _) in known.items()}
    return shaped(
        stripe.Balance,
        object="balance",
        available=amounts(available),
        instant_available=amounts({code: max(0, amount) for code, amount in available.items()}),
        pending=amounts({code: pending for code, (_, pending) in known.items()}),
        livemode=caller().livemode,
    )
