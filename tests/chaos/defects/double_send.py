"""A refund is sent twice, each time under a reference of its own."""

from dataclasses import replace
from typing import Any

from payments.acquirers.simulator import SimulatorAcquirer
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def refund(self: SimulatorAcquirer, question: Any) -> Any:
            real(self, replace(question, reference=f"{question.reference}_2"))
            return real(self, question)

        return refund

    wrap(SimulatorAcquirer, "refund", wrapper)
