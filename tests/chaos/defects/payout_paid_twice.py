"""A payout is ordered twice, each time under a reference of its own."""

from dataclasses import replace
from typing import Any

from payments.acquirers.simulator_treasury import SimulatorTreasury
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def pay_out(self: SimulatorTreasury, question: Any) -> Any:
            real(self, replace(question, reference=f"{question.reference}_2"))
            return real(self, question)

        return pay_out

    wrap(SimulatorTreasury, "pay_out", wrapper)
