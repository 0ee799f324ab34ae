"""Request logs for `stripe logs tail`: the facts of each request of the API while somebody looks on.

They hold no body, no key and no query string; an error's message has lost its card numbers already.
"""

import logging
from typing import Any

import orjson

from kit import clock
from payments.charging.card_brands import without_card_numbers
from payments.scope import Caller
from webhooks.cli import messages, open_sessions

logger = logging.getLogger("florin.stripecli")

LONGEST_PATH = 500
OWN_PATHS = ("/v1/stripecli/",)  # what the CLI asks for itself is of no interest to whoever looks on
ERROR_FIELDS = ("type", "charge", "code", "decline_code", "message", "param")


def tell(who: Caller | None, method: str, path: str, status: int, body: bytes) -> None:
    """Tell the sessions that want it of a request that has been answered. Never raises: the answer stands."""
    if who is None:
        return  # without a good key, it was nobody's
    try:
        wanting = _wanting(who, method, path, status)
        if wanting:
            messages.log(who, _payload(who, method, path, status, body), wanting)
    except Exception:
        logger.exception("request %s could not be logged for the Stripe CLI", who.request_id)


def _wanting(who: Caller, method: str, path: str, status: int) -> list[open_sessions.Listening]:
    if path.startswith(OWN_PATHS):
        return []
    return [
        one
        for one in open_sessions.of(who.account_id, livemode=who.livemode)
        if one.request_logs
        and one.filters.let_pass(method=method, path=path, status=status, address=who.address)
    ]


def _payload(who: Caller, method: str, path: str, status: int, body: bytes) -> str:
    told = {
        "created_at": clock.now(),
        "livemode": who.livemode,
        "method": method,
        "request_id": who.request_id,
        "status": status,
        "url": without_card_numbers(path)[:LONGEST_PATH],
        "error": _error(body) if status >= 400 else {},
    }
    return orjson.dumps(told).decode()


def _error(body: bytes) -> dict[str, Any]:
    told = orjson.loads(body).get("error", {})
    # A parameter's name may be a card's number, too, where a merchant has mixed them up.
    words = {name: told[name] for name in ERROR_FIELDS if isinstance(told.get(name), str)}
    return {name: without_card_numbers(word) for name, word in words.items()}
