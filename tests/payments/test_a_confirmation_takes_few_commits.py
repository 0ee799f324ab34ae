"""A confirmed payment is written in at most three commits: every one of them waits for a disk."""

from typing import Any

import pytest

from kit import database
from tests.payments.conftest import Shop

MOST_COMMITS = 3


def test_create_and_confirm_is_written_in_at_most_three_commits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    for name in ("write_postgresql", "write_sqlite"):
        write = getattr(database, name)

        def counted(*arguments: Any, write: Any = write, name: str = name) -> None:
            written.append(name)
            write(*arguments)

        monkeypatch.setattr(database, name, counted)
    assert shop.pay(payment_method="pm_card_visa").status == "succeeded"
    assert 1 <= len(written) <= MOST_COMMITS
