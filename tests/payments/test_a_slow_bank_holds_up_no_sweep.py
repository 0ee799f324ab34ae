"""The sweeps take turns in one thread: whatever waits for a bank is a worker's job."""

import pytest
import time_machine

import sweeps
from kit import jobs
from tests.payments.conftest import UNKNOWN_SECONDS, Shop
from tests.support.unreliable import Unreliable, lost_answer


def test_open_questions_are_given_to_a_worker(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    kicked: list[str] = []
    monkeypatch.setattr(jobs, "kick", lambda path, *, queue: kicked.append(f"{path} in {queue}"))
    line.expect(lost_answer)
    intent = shop.pay()
    later.shift(UNKNOWN_SECONDS)
    asked = len(line.asked)
    with shop.house.app_context():
        sweeps.kick_if_open()
        assert len(line.asked) == asked
        assert kicked == [f"{sweeps.RECONCILE} in questions"]  # where no notice of a bank waits behind them
        jobs.call(sweeps.RECONCILE)
        assert shop.intent(intent.id).status == "succeeded"
        sweeps.kick_if_open()
    assert len(kicked) == 1
    shop.check_books()


def test_no_sweep_asks_a_bank_itself() -> None:
    assert sweeps.RECONCILE not in {path for _, path in sweeps.SWEEPS}
