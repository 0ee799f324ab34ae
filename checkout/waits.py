"""What a buyer is told who has tried too often: the same, whichever card it was and whichever limit."""

import math

from flask import Response

from checkout.declines import Problem, problem_of
from checkout.i18n import N_, ngettext
from checkout.visits import Refused
from payments.charging import tries

TOO_MANY_CODES = N_("Too many codes were tried in a short time. Please wait a minute, or pay without one.")


def limited(limit: tries.TooManyTries) -> Problem:
    """Return the box above a form that was not sent on to any bank, with the wait that makes room again."""
    minutes = math.ceil((limit.retry_after_seconds or 1) / 60)
    when = ngettext(
        "No money has been taken. This page stays open: please try again in %(count)s minute.",
        "No money has been taken. This page stays open: please try again in %(count)s minutes.",
        minutes,
    )
    return Problem(N_("Too many tries in a short time."), when)


def told_when(response: Response, limit: tries.TooManyTries) -> Response:
    """Return the answer with the wait in seconds in its head, too."""
    response.headers["Retry-After"] = str(limit.retry_after_seconds)
    return response


def why(session_id: str, refused: Refused) -> Problem:
    """Return a decline's reason in words; after too many in a row all read alike, for whoever tests cards."""
    tells = tries.tells_reason(session_id, refused.name)
    return problem_of(refused.code, refused.decline_code) if tells else problem_of(None, None)
