"""What the bank has not seen yet counts as never approved, without the void that would make sure of it."""

from typing import Any

from payments import bank
from payments.charging import reconcile
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(_: Any) -> Any:
        def look_up(attempt: Any) -> Any:
            answer = bank.look_up(attempt.acquirer, attempt.authorization)
            return reconcile.NEVER_APPROVED if isinstance(answer, bank.NotFound) else answer

        return look_up

    wrap(reconcile, "_look_up", wrapper)
