"""The countdown of a page whose time is running out: what it shows, and when it speaks."""

from dataclasses import dataclass

from flask import request

from checkout import frames
from checkout.i18n import ngettext
from kit import clock
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.extend import extended_expiry

PREPARED_SECONDS = 3600  # to the end, from which on a page brings its countdown along
SHOWN_SECONDS = 10 * 60  # to the end, from which on it is seen
SPOKEN_MINUTES = (10, 5, 2, 1)  # left, at which it is read out; between them it is silent


@dataclass(frozen=True, slots=True)
class Countdown:
    """What the page knows of its end. `marks` are the sentences to be read out, by the seconds left."""

    seconds_left: int
    sentence: str
    shown: bool
    marks: dict[str, str]
    extend_url: str | None  # None where there is no more time to give
    again_url: str
    extended: bool  # just now, at the customer's wish


def countdown_of(session: CheckoutSession) -> Countdown | None:
    """Return the countdown of a session's page; None while its end is far."""
    left = max(session.expires_at - clock.now(), 0)
    if left > PREPARED_SECONDS:
        return None
    just_now = request.endpoint == "checkout_more_time.prolong"
    longer = extended_expiry(session) is not None
    return Countdown(
        seconds_left=left,
        sentence=minutes_left(-(-left // 60)),
        shown=left <= SHOWN_SECONDS or just_now,
        marks={str(minutes * 60): minutes_left(minutes) for minutes in SPOKEN_MINUTES},
        extend_url=frames.address("checkout_more_time.prolong", session) if longer else None,
        again_url=frames.address("checkout.show", session),
        extended=just_now,
    )


def minutes_left(minutes: int) -> str:
    """Return the sentence about the minutes that are left."""
    return ngettext(
        "This page is open for %(count)s more minute.",
        "This page is open for %(count)s more minutes.",
        minutes,
    )
