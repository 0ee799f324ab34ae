"""Retries follow the schedule, spread by jitter, and end."""

import itertools

from webhooks.schedule import LIVE_DELAYS_SECONDS, TEST_DELAYS_SECONDS, next_delay_seconds

THREE_DAYS_SECONDS = 3 * 24 * 3600


def whole_schedule(*, livemode: bool, dice: float) -> list[int]:
    delays: list[int] = []
    for failed in itertools.count(1):
        delay = next_delay_seconds(failed, livemode=livemode, dice=lambda: dice)
        if delay is None:
            return delays
        delays.append(delay)
    raise AssertionError


def test_live_retries_go_on_for_about_three_days_and_never_longer() -> None:
    assert sum(whole_schedule(livemode=True, dice=0.0)) <= THREE_DAYS_SECONDS
    assert sum(whole_schedule(livemode=True, dice=0.0)) > THREE_DAYS_SECONDS * 0.99
    assert sum(whole_schedule(livemode=True, dice=0.999)) > 2 * 24 * 3600


def test_test_mode_retries_begin_within_seconds_and_end_within_hours() -> None:
    delays = whole_schedule(livemode=False, dice=0.0)
    assert delays == list(TEST_DELAYS_SECONDS)
    assert delays[0] <= 5
    assert sum(delays) < 3 * 3600


def test_each_delay_is_longer_than_the_one_before() -> None:
    for delays in (LIVE_DELAYS_SECONDS, TEST_DELAYS_SECONDS):
        assert list(delays) == sorted(set(delays))


def test_jitter_shortens_a_delay_by_a_fifth_at_most_and_never_below_a_second() -> None:
    for failed in range(1, len(LIVE_DELAYS_SECONDS) + 1):
        most = next_delay_seconds(failed, livemode=True, dice=lambda: 0.0)
        least = next_delay_seconds(failed, livemode=True, dice=lambda: 1.0)
        assert most is not None
        assert least is not None
        assert 1 <= least <= most
        assert least >= most * 0.79
