"""Somebody has logged the question to the bank."""

import logging
from typing import Any

from payments.acquirers.simulator import SimulatorAcquirer
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def authorize(self: SimulatorAcquirer, question: Any) -> Any:
            logging.getLogger("florin.bank").warning("asking about %s", question.card.number)
            return real(self, question)

        return authorize

    wrap(SimulatorAcquirer, "authorize", wrapper)
