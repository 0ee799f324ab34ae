"""What an address may narrow a list by, as it was typed: read here, or refused in words."""

import re
from datetime import UTC, datetime

from flask import request

from payments.errors import InvalidRequest

LONGEST = 255
NUMBER = re.compile(r"[0-9]{1,18}")
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# As browsers send a date with a time, with and without seconds, and as people type one; all in UTC.
FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
DAY = "%Y-%m-%d"
EXAMPLE = "2026-11-28T18:05:30"


def text(name: str, label: str) -> str | None:
    """Return what was typed into a field, None for nothing; raises InvalidRequest."""
    given = (request.args.get(name) or "").strip()
    if len(given) > LONGEST or CONTROL.search(given):
        raise InvalidRequest(f"{label}: at most {LONGEST} characters, on one line.", param=name)
    return given or None


def one_of(name: str, label: str, choices: tuple[str, ...]) -> str | None:
    """Return a choice, None for none of them; raises InvalidRequest for another word."""
    given = text(name, label)
    if given is not None and given not in choices:
        raise InvalidRequest(f"{label}: choose one of {', '.join(choices)}.", param=name)
    return given


def row_number(name: str) -> int | None:
    """Return the number of a row that a page begins below; raises InvalidRequest."""
    given = text(name, "Page")
    if given is not None and not NUMBER.fullmatch(given):
        raise InvalidRequest("There is no such page. Begin again with the newest.", param=name)
    return None if given is None else int(given)


def moment(name: str, label: str, *, end: bool = False) -> int | None:
    """Return a moment in UTC as seconds, None for none; a day alone is its first or its last second."""
    given = text(name, label)
    if given is None:
        return None
    for form in FORMATS:
        found = _parsed(given, form)
        if found is not None:
            return found + (59 if end and "%S" not in form else 0)
    day = _parsed(given, DAY)
    if day is None:
        message = f"{label}: type a date and a time in UTC, for example {EXAMPLE}."
        raise InvalidRequest(message, param=name)
    return day + (24 * 3600 - 1 if end else 0)


def _parsed(given: str, form: str) -> int | None:
    if not given.isascii():
        return None
    try:
        return int(datetime.strptime(given, form).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
