"""The audit trail keeps the card's code, which nothing may."""

from typing import Any

from payments import audit, bank
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def ask(acquirer: str, question: Any) -> Any:
            answer = real(acquirer, question)
            if isinstance(question, bank.Authorize):
                audit.record("bank.asked", None, cvc=question.card.cvc)
            return answer

        return ask

    wrap(bank, "ask", wrapper)
