"""What a bank has said is recorded, whoever was faster at a row of the same payment."""

import pytest
from flask import Flask

from kit import database
from merchant_api import crud
from payments.charging import reconcile


@pytest.mark.parametrize("race", [database.StaleWrite, database.DuplicateRow])
def test_a_record_that_meets_another_is_made_again_on_the_rows_as_they_are_now(
    app: Flask, monkeypatch: pytest.MonkeyPatch, race: type[Exception]
) -> None:
    """SQLite inserts before it updates: of two recorders, the second one's new row is there already."""
    tries: list[str] = []

    def record() -> None:
        tries.append("again")
        if len(tries) < 3:
            raise race("the other one was faster")

    monkeypatch.setattr(reconcile, "record_again", record)
    with app.app_context():
        crud._record_again()
    assert len(tries) == 3
