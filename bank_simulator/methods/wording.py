"""How the bank's pages write days and the time that is left, as the customer's language does."""

from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date, format_timedelta

from bank_simulator.languages import language


def day(seconds: int) -> str:
    """The day of a moment, in seconds since 1970."""
    return _written(datetime.fromtimestamp(seconds, UTC).date())


def written_day(iso: str) -> str:
    """The same of a day such as 2026-11-28."""
    return _written(date.fromisoformat(iso))


def time_left(until: int, now: int) -> str:
    """Minutes, hours or days, one at least: 15 minutes."""
    left = timedelta(seconds=max(1, until - now))
    return str(format_timedelta(left, granularity="minute", threshold=1, locale=language().locale))


def _written(when: date) -> str:
    return str(format_date(when, "long", locale=language().locale))
