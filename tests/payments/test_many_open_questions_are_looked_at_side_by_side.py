"""A bank that was away leaves many open questions behind: their looks don't queue up one after the other."""

import threading
import time

import pytest
import time_machine

import sweeps
from payments import breakers
from payments.bank import Answer
from tests.payments.conftest import UNKNOWN_SECONDS, Shop, sweep
from tests.support.unreliable import Unreliable, lost_answer


class Counted:
    """How many looks were under way at the same time, at the most."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._guard = threading.Lock()

    def enter(self) -> None:
        with self._guard:
            self._now += 1
            self.most = max(self.most, self._now)

    def leave(self) -> None:
        with self._guard:
            self._now -= 1


@pytest.mark.slow
def test_each_comes_to_its_end_and_none_waits_for_all_others(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = sweeps.MANY + 4
    line.expect(*[lost_answer] * many)
    intents = [shop.pay() for _ in range(many)]
    assert {intent.status for intent in intents} == {"processing"}
    breakers.reset()  # the bank is back
    counted, look_up = Counted(), line.look_up

    def slow_look(reference: str) -> Answer:
        counted.enter()
        try:
            time.sleep(0.05)  # a bank's answer takes its time
            return look_up(reference)
        finally:
            counted.leave()

    monkeypatch.setattr(line, "look_up", slow_look)
    later.shift(UNKNOWN_SECONDS)
    assert sweep(shop.house) >= many
    assert 1 < counted.most <= sweeps.LOOKS_AT_ONCE
    assert {shop.intent(intent.id).status for intent in intents} == {"succeeded"}
    shop.check_books()
