"""Reading a card's expiry date as people type it: 04 / 30, 4/30, 0430, 04-2030, 04 2030."""

import re
from datetime import UTC, datetime

from checkout.i18n import N_
from kit import clock
from payments.charging.cards import HORIZON_YEARS

INCOMPLETE = N_("Your card's expiration date is incomplete.")
IN_THE_PAST = N_("Your card's expiration date is in the past.")
BAD_MONTH = N_("Your card's expiration month is invalid.")
BAD_YEAR = N_("Your card's expiration year is invalid.")

_SEPARATED = re.compile(r"([0-9]{1,2})\s*[/.\s-]\s*([0-9]{2}|[0-9]{4})")
_JOINED = re.compile(r"([0-9]{2})([0-9]{2}|[0-9]{4})")


class BadExpiry(ValueError):
    """The text names no date that a card could still be good at; `str()` says why to the buyer."""


def parse_expiry(text: str) -> tuple[int, int]:
    """Return (month, four-digit year) or raise BadExpiry. A card is good until the end of its month (UTC)."""
    found = _SEPARATED.fullmatch(text) or _JOINED.fullmatch(text)
    if not found:
        raise BadExpiry(INCOMPLETE)
    month, year = int(found[1]), int(found[2])
    year += 2000 if len(found[2]) == 2 else 0
    today = datetime.fromtimestamp(clock.now(), UTC)
    if not 1 <= month <= 12:
        raise BadExpiry(BAD_MONTH)
    if year > today.year + HORIZON_YEARS:
        raise BadExpiry(BAD_YEAR)
    if (year, month) < (today.year, today.month):
        raise BadExpiry(IN_THE_PAST)
    return month, year
