"""A key that asks too often is told so, and only that key."""

import time

import pytest

from merchant_api.rate_limit import BURST_SECONDS, RateLimiter
from payments.errors import RateLimited


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return moment


def taken(limiter: RateLimiter, key: str) -> int:
    """How many requests pass before the first refusal."""
    for count in range(1000):
        try:
            limiter.take(key)
        except RateLimited:
            return count
    return 1000


def test_the_refusal_is_stripes() -> None:
    limiter = RateLimiter(1)
    taken(limiter, "key_1")
    with pytest.raises(RateLimited) as refused:
        limiter.take("key_1")
    assert (refused.value.status, refused.value.code, refused.value.should_retry) == (429, "rate_limit", True)


@pytest.mark.usefixtures("frozen")
def test_a_burst_passes_and_what_exceeds_it_is_refused() -> None:
    assert taken(RateLimiter(25), "key_1") == 25 * BURST_SECONDS


def test_time_gives_the_tokens_back(frozen: list[float]) -> None:
    limiter = RateLimiter(25)
    taken(limiter, "key_1")
    frozen[0] += 1.0
    assert taken(limiter, "key_1") == 25


@pytest.mark.usefixtures("frozen")
def test_one_key_does_not_spend_another_ones_tokens() -> None:
    limiter = RateLimiter(25)
    taken(limiter, "key_1")
    assert taken(limiter, "key_2") == 25 * BURST_SECONDS


def test_a_rate_of_zero_limits_nothing() -> None:
    assert taken(RateLimiter(0), "key_1") == 1000
