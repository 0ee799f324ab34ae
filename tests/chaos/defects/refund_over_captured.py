"""Nobody looks how much is left to refund, and the bank's no counts as a yes."""

from typing import Any

from payments import bank
from payments.charging import refund
from payments.charging.refunds import Refund
from tests.chaos.defects.planting import wrap


def plant() -> None:
    wrap(refund, "_paid", lambda _: lambda charge: charge)
    wrap(refund, "_amount_of", lambda _: _asked_for)
    wrap(refund, "settle_refund", _believing)
    wrap(Refund, "create", _reserving_what_is_left)


def _asked_for(charge: Any, params: dict[str, Any]) -> int:
    return int(params.get("amount") or charge.amount_captured)


def _believing(real: Any) -> Any:
    def settle(attempt: Any, row: Any, charge: Any, answer: Any) -> Any:
        return real(attempt, row, charge, bank.Done() if isinstance(answer, bank.Refused) else answer)

    return settle


def _reserving_what_is_left(real: Any) -> Any:
    def create(charge: Any, *arguments: Any) -> Any:
        made = real(charge, *arguments)
        charge.amount_refunded = min(charge.amount_refunded, charge.amount_captured)
        return made

    return create
