"""Who is calling, on whose behalf and in which mode; set once at each edge and read by every verb."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's or job's identity. `actor` is a key's id, a user's id, `customer` or `system`."""

    account_id: str
    livemode: bool
    actor: str
    request_id: str | None = None
    address: str | None = None
    idempotency_key: str | None = None
    language: str | None = None  # of the customer's page, by BCP 47: a bank's page is to speak it, too
    publishable: bool = False  # a key that any browser may hold: it proves nothing by itself


_current: ContextVar[Caller] = ContextVar("caller")


def caller() -> Caller:
    """Return the present caller; raises LookupError outside any edge, which is a defect."""
    return _current.get()


@contextmanager
def acting_as(who: Caller) -> Iterator[Caller]:
    """Set the caller for the block."""
    token = _current.set(who)
    try:
        yield who
    finally:
        _current.reset(token)


def system(account_id: str, *, livemode: bool) -> Caller:
    """Return the caller for work that Florin does by itself for an account."""
    return Caller(account_id=account_id, livemode=livemode, actor="system")
