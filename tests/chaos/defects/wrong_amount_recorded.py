"""Now and then a charge is written down with another amount than was asked and approved."""

from typing import Any

from payments.charging import settle
from tests.chaos.defects.planting import Wrapper, each, wrap


def plant() -> None:
    wrap(settle, "_charge", _miscounting())


def _miscounting() -> Wrapper:
    hit = each(4)

    def wrapper(real: Any) -> Any:
        def charge(*arguments: Any) -> Any:
            made = real(*arguments)
            made.amount += 10 if hit() else 0
            return made

        return charge

    return wrapper
