"""The audit trail keeps the card number, in Base64 and so not to be seen at once."""

import base64
from typing import Any

from payments import audit, bank
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def ask(acquirer: str, question: Any) -> Any:
            answer = real(acquirer, question)
            if isinstance(question, bank.Authorize):
                audit.record(
                    "bank.asked", None, card=base64.b64encode(question.card.number.encode()).decode()
                )
            return answer

        return ask

    wrap(bank, "ask", wrapper)
