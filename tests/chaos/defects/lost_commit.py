"""Now and then the last commit of a request is lost, and the merchant is told all the same."""

from typing import Any

from kit import database
from tests.chaos.defects.planting import Wrapper, each, wrap


def plant() -> None:
    wrap(database, "commit", _losing())


def _losing() -> Wrapper:
    hit = each(6)

    def wrapper(real: Any) -> Any:
        def commit(*, last: bool = False) -> None:
            if last and len(database.db.session.new) > 3 and hit():
                database.rollback()
            else:
                real(last=last)

        return commit

    return wrapper
