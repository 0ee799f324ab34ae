"""One entry of a movement gets lost behind the check that they balance."""

from typing import Any

from kit.database import db
from payments import ledger
from payments.ledger import LedgerEntry
from tests.chaos.defects.planting import Wrapper, each, wrap


def plant() -> None:
    wrap(ledger, "post", _losing())


def _losing() -> Wrapper:
    hit = each(4)

    def wrapper(real: Any) -> Any:
        def post(*arguments: Any, **more: Any) -> None:
            real(*arguments, **more)
            collected: list[Any] = getattr(db.session(), "collected")  # noqa: B009 - the session's own list
            if hit() and collected and isinstance(collected[-1], LedgerEntry):
                collected.pop()

        return post

    return wrapper
