"""Guessing passwords is slow: by e-mail, by address, side by side, and only for a while."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from dashboard.throttle import (
    MOST_KEYS,
    MOST_PER_ADDRESS,
    MOST_PER_EMAIL,
    WINDOW_SECONDS,
    FailedLogins,
)
from kit import clock
from tests.support.desk import Desk, Shop


def test_after_too_many_failures_even_the_right_password_waits(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_logins: FailedLogins = app.extensions["florin_failed_logins"]
    for number in range(MOST_PER_EMAIL):
        assert failed_logins.admit(f"192.0.2.{number}", shop.email)
    desk = Desk(app, shop.email)
    seen = desk.try_password(desk.password)
    assert seen.status == 429
    assert seen.response.headers["Retry-After"] == str(WINDOW_SECONDS)
    assert "Too many attempts" in seen.text
    later = clock.now() + WINDOW_SECONDS + 1
    monkeypatch.setattr(clock, "now", lambda: later)
    assert desk.sign_in().status == 200


def test_one_address_may_not_try_one_email_after_another() -> None:
    failed_logins = FailedLogins()
    admitted = [failed_logins.admit("192.0.2.1", f"{number}@example.com") for number in range(30)]
    assert admitted.count(True) == MOST_PER_ADDRESS
    assert failed_logins.admit("192.0.2.2", "0@example.com")


def test_a_household_of_ipv6_counts_as_one_address() -> None:
    failed_logins = FailedLogins()
    admitted = [failed_logins.admit(f"2001:db8::{number:x}", f"{number}@x.example") for number in range(30)]
    assert admitted.count(True) == MOST_PER_ADDRESS
    assert failed_logins.admit("2001:db8:0:1::1", "y@x.example")


def test_guesses_side_by_side_are_not_all_admitted() -> None:
    failed_logins = FailedLogins()
    with ThreadPoolExecutor(16) as pool:
        admitted = list(pool.map(lambda _: failed_logins.admit("192.0.2.1", "a@example.com"), range(64)))
    assert admitted.count(True) == MOST_PER_EMAIL


def test_the_right_password_is_no_failure() -> None:
    failed_logins = FailedLogins()
    for _ in range(5 * MOST_PER_ADDRESS):
        assert failed_logins.admit("192.0.2.1", "a@example.com")
        failed_logins.forgive("192.0.2.1", "a@example.com")


def test_memory_stays_bounded_whoever_comes() -> None:
    failed_logins = FailedLogins()
    for number in range(MOST_KEYS):
        failed_logins.admit(None, "a@example.com")
        failed_logins.admit(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", f"{number}@example.com")
    assert len(failed_logins._failures) <= MOST_KEYS
