"""An authorisation without an answer is sent again at once, under another reference."""

from dataclasses import replace
from typing import Any

from payments import bank
from payments.acquirers.simulator import SimulatorAcquirer
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def authorize(self: SimulatorAcquirer, question: Any) -> Any:
            answer = real(self, question)
            if isinstance(answer, bank.Unknown):
                return real(self, replace(question, reference=f"{question.reference}_2"))
            return answer

        return authorize

    wrap(SimulatorAcquirer, "authorize", wrapper)
