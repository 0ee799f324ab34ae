"""What an answer may hold: values of the right types, and nothing that a database can't keep."""

from typing import Any

import orjson

from kit import http
from payments.bank import Unknown

LONGEST_ADDRESS = 2000


def read_document(reply: http.Response | http.Failure) -> dict[str, Any] | Unknown:
    """Return the object that a bank answered with; anything else is no answer."""
    match reply:
        case http.Failure():
            return Unknown(f"{reply.kind}: {reply.detail}")
        case http.Response(status=200, truncated=False):
            try:
                told = orjson.loads(reply.body)
            except orjson.JSONDecodeError:
                return Unknown("the answer is not JSON")
            return told if isinstance(told, dict) else Unknown("the answer is no object")
        case _:
            return Unknown(f"HTTP {reply.status}")


def integer(value: Any) -> int:
    """Return an amount; raises TypeError for anything else."""
    if type(value) is not int or not 0 <= value < 2**63:  # True is an int to isinstance, and 5.0 equals 5
        raise TypeError("not an amount")
    return value


def text(value: Any) -> str:
    """Return a text; raises TypeError for anything else."""
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("not a text")
    return value


def text_or_none(value: Any) -> str | None:
    """Return a text or nothing; raises TypeError for anything else."""
    return None if value is None else text(value)


def mapping(value: Any) -> dict[str, Any]:
    """Return a hash, an empty one for nothing and for a mere id; raises TypeError for anything else."""
    if value is None or isinstance(value, str):
        return {}
    if not isinstance(value, dict):
        raise TypeError("not a hash")
    return value


def web_address(value: Any) -> str:
    """Return where a customer may be sent: an address of the web, and never `javascript:`."""
    address = text(value)
    if not address.startswith(("http://", "https://")) or len(address) > LONGEST_ADDRESS:
        raise TypeError("not an address")
    return address
