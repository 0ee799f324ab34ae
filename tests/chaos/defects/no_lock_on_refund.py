"""A charge is written over whatever version it has by now, so that two refunds do not see each other."""

import time
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from kit import database
from payments.charging import refund
from tests.chaos.defects.planting import wrap

WINDOW_SECONDS = 1.0  # between the look at what is left and the reservation; wide, so that two meet in it


def plant() -> None:
    wrap(database, "update", _over_any_version)
    wrap(refund, "_amount_of", _slowly)


def _over_any_version(real: Any) -> Any:
    def update(state: Any) -> Any:
        change = real(state)
        if change is None or change.shape.table.name != "charges":
            return change
        with database.db.engine.connect() as connection:
            statement = text("SELECT version FROM charges WHERE id = :id")
            version = connection.execute(statement, {"id": change.key[0]}).scalar_one()
        return replace(change, key=(change.key[0], version))

    return update


def _slowly(real: Any) -> Any:
    def amount_of(*arguments: Any) -> Any:
        amount = real(*arguments)
        time.sleep(WINDOW_SECONDS)
        return amount

    return amount_of
