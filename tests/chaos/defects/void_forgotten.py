"""A cancellation is told as done, and the bank is never asked to release anything."""

from typing import Any

from kit import database
from payments import bank
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def ask(acquirer: str, question: Any) -> Any:
            if isinstance(question, bank.Void):
                database.commit()
                return bank.Done()
            return real(acquirer, question)

        return ask

    wrap(bank, "ask", wrapper)
