"""While a bank is away it is asked less and less; soon after it is back, everything has its end."""

import pytest
import time_machine

from payments import breakers
from payments.bank import Authorize, Authorized, CardFacts, Unknown
from payments.charging.attempts import LOOKS_SECONDS
from tests.payments.conftest import Shop, sweep
from tests.support.unreliable import Unreliable, lost_answer, says

pytestmark = pytest.mark.slow

OPEN_PAYMENTS = 12
AWAY_SECONDS = 300
SWEEP_SECONDS = 2
MOST_SECONDS = 60  # from the bank's recovery to the last payment's end


def test_every_payment_ends_within_a_minute_of_the_recovery(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    for _ in range(OPEN_PAYMENTS):
        line.expect(lost_answer)
        shop.pay()
    asked_before = len(line.asked)
    dead = [says(Unknown("timeout: nobody answers"))] * 10_000
    line.expect(*dead)
    for _ in range(AWAY_SECONDS // SWEEP_SECONDS):
        later.shift(SWEEP_SECONDS)
        sweep(shop.house)
    # Without a breaker it would have been some 12 x 300 / 20; without a back-off 12 x 300 / 2.
    assert len(line.asked) - asked_before < 40
    line.plan.clear()
    ended, seconds = 0, 0
    while ended < OPEN_PAYMENTS:
        assert seconds < MOST_SECONDS
        later.shift(SWEEP_SECONDS)
        seconds += SWEEP_SECONDS
        ended += sweep(shop.house)
    assert {intent.status for intent in shop.sdk.v1.payment_intents.list({"limit": 100}).data} == {
        "succeeded"
    }
    assert sum(isinstance(question, Authorize) for question in line.asked) == OPEN_PAYMENTS
    shop.check_books()


def test_an_open_breaker_lets_one_question_through_at_a_time() -> None:
    breakers.reset()
    with time_machine.travel(1_795_300_000, tick=False) as clock:
        for _ in range(breakers.FAILURES_TO_OPEN):
            assert breakers.admits("a_bank")
            breakers.note("a_bank", answered=False)
        assert breakers.is_open("a_bank")
        assert not breakers.admits("a_bank")
        for pause in (*breakers.PAUSES_SECONDS, breakers.PAUSES_SECONDS[-1]):
            clock.shift(pause - 1)
            assert not breakers.admits("a_bank")
            clock.shift(1)
            assert breakers.admits("a_bank")
            assert not breakers.admits("a_bank")
            breakers.note("a_bank", answered=False)
        clock.shift(breakers.PAUSES_SECONDS[-1])
        assert breakers.admits("a_bank")
        breakers.note("a_bank", answered=True)
        assert breakers.admits("a_bank")
        assert breakers.admits("a_bank")
    breakers.reset()


def test_the_schedule_and_the_breaker_leave_room_within_a_minute() -> None:
    look_seconds, jitter = 5, 1.25
    assert (
        LOOKS_SECONDS[-1] * jitter + breakers.PAUSES_SECONDS[-1] + look_seconds + SWEEP_SECONDS < MOST_SECONDS
    )


def test_an_approval_that_never_tallies_is_an_alarm(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Authorized(1999, "usd", 1999, "A1B2C3", "123456789012345", CardFacts())
    line.expect(says(wrong), says(wrong))
    intent = shop.pay()
    later.shift(SWEEP_SECONDS + 1)
    sweep(shop.house)
    alarms = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(alarms) == 2
    (attempt,) = shop.attempts()
    assert all(attempt.id in record.getMessage() for record in alarms)
    assert shop.intent(intent.id).status == "processing"
