"""A payment that was on its way and has failed in the end is taken for paid."""

from typing import Any

from payments import bank
from payments.charging import reconcile
from payments.charging.attempts import State
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def look_up(attempt: Any) -> Any:
            answer = real(attempt)
            if attempt.status != State.PENDING or not isinstance(answer, bank.Declined):
                return answer
            amount = attempt.amount_minor
            return bank.Authorized(amount, attempt.currency, amount, None, None, answer.facts)

        return look_up

    wrap(reconcile, "_look_up", wrapper)
