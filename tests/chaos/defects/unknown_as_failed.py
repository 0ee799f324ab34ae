"""No answer counts as a no: the payment fails, though the bank may have approved it."""

from typing import Any

from payments import bank
from payments.charging import confirm, reconcile
from tests.chaos.defects.planting import wrap

FAILED = bank.Declined("processing_error", "processing_error")


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def settle(attempt: Any, intent: Any, method: Any, answer: Any) -> Any:
            return real(attempt, intent, method, FAILED if isinstance(answer, bank.Unknown) else answer)

        return settle

    wrap(confirm, "settle_authorization", wrapper)
    wrap(reconcile, "settle_authorization", wrapper)
