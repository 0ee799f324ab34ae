"""The folded balance: one sum for each currency, into which transactions are taken behind the hot path.

A capture or refund only inserts its own row, so that no two of them ever meet. Now and then what has become
available is folded: marked with a number and added to the sum, in one transaction. The balance is the folded
sum and what waits beside it. Payouts change the sum's row, guarded by its version, so that two of them can't
spend the same money.
"""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from kit import bulk, clock
from kit.bulk import Step
from kit.database import Base, Id, db
from payments.balance.balance_transactions import BalanceTransaction
from payments.scope import caller

BATCH = 500


class FoldedBalance(Base):
    """What is available in a currency as of the last fold; `paid_fold` is the last fold that was paid out."""

    __tablename__ = "folded_balances"

    account_id: Mapped[Id] = mapped_column(primary_key=True)
    livemode: Mapped[bool] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    fold: Mapped[int]
    paid_fold: Mapped[int]
    version: Mapped[int]

    @classmethod
    def of(cls, currency: str) -> "FoldedBalance":
        """Return the caller's row of a currency, as the database has it; a new one where there is none."""
        who = caller()
        key = (who.account_id, who.livemode, currency)
        collected = (row for row in db.session.new if isinstance(row, cls) and row.currency == currency)
        found = next(collected, None) or db.session.get(cls, key, populate_existing=True)
        if found is None:
            found = cls(
                account_id=who.account_id, livemode=who.livemode, currency=currency, amount_minor=0, fold=0,
                paid_fold=0, version=1,
            )  # fmt: skip
            db.session.add(found)
        return found

    def take(self, amount_minor: int) -> int:
        """Take an amount off the sum under a fold number of its own; return that number."""
        self.amount_minor -= amount_minor
        self.fold += 1
        return self.fold


Key = tuple[str, bool, str]  # account, mode, currency


def due(account_id: str | None = None) -> list[Key]:
    """Return whose transactions have become available and are not folded yet, of one account or of all."""
    row = BalanceTransaction
    query = select(row.account_id, row.livemode, row.currency).where(
        row.fold.is_(None), row.available_on <= clock.now()
    )
    if account_id is not None:
        query = query.where(row.account_id == account_id)
    rows = db.session.execute(query.distinct().limit(BATCH))
    return [(account_id, livemode, currency) for account_id, livemode, currency in rows]


OPEN = """
    INSERT INTO folded_balances (account_id, livemode, currency, amount_minor, fold, paid_fold, version)
    VALUES (?, ?, ?, 0, 0, 0, 1)
"""
CLAIM = """
    UPDATE folded_balances SET fold = ?, version = version + 1
    WHERE account_id = ? AND livemode = ? AND currency = ? AND version = ?
"""
MARK = """
    UPDATE balance_transactions SET fold = ?
    WHERE account_id = ? AND livemode = ? AND currency = ? AND fold IS NULL AND available_on <= ?
"""
ADD = """
    UPDATE folded_balances SET amount_minor = amount_minor + (
        SELECT COALESCE(SUM(amount - fee), 0) FROM balance_transactions
        WHERE account_id = ? AND livemode = ? AND currency = ? AND fold = ?
    ) WHERE account_id = ? AND livemode = ? AND currency = ?
"""


def fold(key: Key) -> None:
    """Fold what is available of one merchant and currency; raises StaleWrite where a payout was faster."""
    found = db.session.get(FoldedBalance, key, populate_existing=True)
    number, version = (found.fold + 1, found.version) if found else (1, 1)
    steps = [] if found else [Step(OPEN, key, 1)]
    steps += [
        Step(
            CLAIM, (number, *key, version), 1
        ),  # first, since it locks out any payout until the sum is right
        Step(MARK, (number, *key, clock.now())),
        Step(ADD, (*key, number, *key), 1),
    ]
    bulk.run(steps)
