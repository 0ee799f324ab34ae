"""A payment is posted as if it cost nothing: the entries balance, and the fee is missing."""

from typing import Any

from payments import ledger
from payments.ledger import Account
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def post(transaction_id: str, entries: Any, **more: Any) -> None:
            fees = sum(entry.amount_minor for entry in entries if entry.book == Account.FEE_INCOME)
            kept = [entry for entry in entries if entry.book != Account.FEE_INCOME]
            other = ledger.Entry(Account.MERCHANT_PAYABLE, kept[0].currency, fees)
            real(transaction_id, [*kept, other] if fees else kept, **more)

        return post

    wrap(ledger, "post", wrapper)
