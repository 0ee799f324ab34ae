"""What each kind of fault does to one call: to the acting, to the answer, or to the time of either."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from bank_simulator.faults import Strike

logger = logging.getLogger("bank.faults")

# Nothing of it is an answer: HTML, half an answer, bytes, silence, the wrong type, a page without an end.
GARBAGE: tuple[bytes, ...] = (
    b"<html><body><h1>Temporarily out of order</h1></body></html>",
    b'{"object": "authorization", "outcome": "appro',
    bytes(range(256)),
    b"",
    b"[]",
    b'{"outcome": "approved"}',
    b"[" * 5_000,
    b'{"object": "authorization", "reference": "somebody_elses", "outcome": "approved", "amount_minor": 1}',
)
AMOUNTS = ("amount_minor", "captured_minor")
TIMES = ("created",)


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_body(self, body: bytes) -> "Reply":
        kept = tuple(pair for pair in self.headers if pair[0].lower() != "content-length")
        return replace(self, headers=(*kept, ("Content-Length", str(len(body)))), body=body)


Ask = Callable[[], Reply]


def carry_out(strike: Strike, ask: Ask) -> Reply:
    """Answers one call as the rule says; `ask` is the bank itself and may be called never, once or twice."""
    return EFFECTS.get(strike.rule.kind, _acts)(strike, ask)


def _acts(_: Strike, ask: Ask) -> Reply:
    return ask()


def _latency(strike: Strike, ask: Ask) -> Reply:
    time.sleep(strike.rule.seconds)
    return ask()


def _error_500(strike: Strike, ask: Ask) -> Reply:
    return _failure(strike, ask, 500, "internal_error")


def _unavailable_503(strike: Strike, ask: Ask) -> Reply:
    return _failure(strike, ask, 503, "unavailable")


def _closed(_: Strike, __: Ask) -> Reply:
    """The one failure that a caller may take for a no: see docs/bank_simulator.md."""
    return _error(503, "closed")


def _failure(strike: Strike, ask: Ask, status: int, code: str) -> Reply:
    if strike.rule.after:
        ask()
    return _error(status, code)


def _garbage(strike: Strike, ask: Ask) -> Reply:
    return replace(ask(), status=200).with_body(GARBAGE[strike.dice % len(GARBAGE)])


def _wrong_amount(strike: Strike, ask: Ask) -> Reply:
    def off(value: int) -> int:
        return value + 1 + strike.dice % 100

    return _changed(ask(), AMOUNTS, off)


def _duplicate(_: Strike, ask: Ask) -> Reply:
    ask()
    return ask()


def _late(strike: Strike, ask: Ask) -> Reply:
    def act() -> None:
        try:
            ask()
        except Exception:
            logger.exception("what was to be done late could not be done")

    timer = threading.Timer(strike.rule.seconds, act)
    timer.daemon = True
    timer.start()
    return _error(504, "gateway_timeout")


def _clock_skew(strike: Strike, ask: Ask) -> Reply:
    seconds = strike.rule.seconds
    reply = _changed(ask(), TIMES, lambda value: value + int(seconds))
    kept = tuple(pair for pair in reply.headers if pair[0].lower() != "date")
    return replace(reply, headers=(*kept, ("Date", formatdate(time.time() + seconds, usegmt=True))))


EFFECTS: dict[str, Callable[[Strike, Ask], Reply]] = {
    "latency": _latency,
    "error_500": _error_500,
    "unavailable_503": _unavailable_503,
    "closed": _closed,
    "garbage": _garbage,
    "wrong_amount": _wrong_amount,
    "duplicate": _duplicate,
    "late": _late,
    "clock_skew": _clock_skew,
}


def _changed(reply: Reply, names: tuple[str, ...], change: Callable[[int], int]) -> Reply:
    """An answer with some of its whole numbers changed; one without them as it is."""
    try:
        answer: Any = json.loads(reply.body)
    except ValueError:
        return reply
    if not isinstance(answer, dict) or "error" in answer:
        return reply
    touched = {name: change(answer[name]) for name in names if type(answer.get(name)) is int}
    return reply.with_body(json.dumps({**answer, **touched}).encode()) if touched else reply


def _error(status: int, code: str) -> Reply:
    error = {"code": code, "message": "A fault that was asked for.", "field": None}
    body = json.dumps({"error": error}).encode()
    return Reply(status, (("Content-Type", "application/json"),), b"").with_body(body)
