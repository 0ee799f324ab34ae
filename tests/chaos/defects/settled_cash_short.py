"""What a settlement brought is booked a little short; the rest goes into suspense, so it balances."""

from typing import Any

from payments.balance import posting
from payments.ledger import Account, Entry
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def entries(settlement: Any, outcome: Any) -> Any:
            made = real(settlement, outcome)
            for of_owner in made.values():
                of_owner += [
                    Entry(Account.BANK_CASH, settlement.currency, -10),
                    Entry(Account.SUSPENSE, settlement.currency, 10),
                ]
            return made

        return entries

    wrap(posting, "_entries", wrapper)
